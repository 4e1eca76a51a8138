"""Which role may call which operation, read from the routes themselves.

The table in ``docs/permissions.md`` is what `document` writes, so it cannot say
anything that the routes do not do.
"""

from collections.abc import Iterator

from attrs import frozen
from litestar import Litestar

from ...domain.tenancy import MEANINGS, PLATFORM_TENANT, ROLES, Permission, Role
from .openapi import operations

_HEAD = f"""\
# Permissions

What each role may do. `sightline permissions` writes this page from the routes; the test suite
holds it to them and calls every operation with every role. Keys and tokens carry scopes; a role is
a name for a bundle of them. A credential without the scope of an operation gets 403 and is told
which one it lacks; a thing of another tenant is 404, whatever the scopes. `platform` can be held
within the tenant `{PLATFORM_TENANT}` alone.
"""


class UndeclaredPermission(RuntimeError):
    """A route says neither which scope it needs nor that it is public, so nothing is served."""


@frozen
class Rule:
    """Who may call an operation.

    Args:
        operation: Its name.
        method: Its method.
        path: Its path, as a template.
        public: Whether it needs no credential at all.
        needs: The scope that it needs; None if any credential will do.
    """

    operation: str
    method: str
    path: str
    public: bool
    needs: Permission | None

    def allows(self, role: Role) -> bool:
        """Whether a role may call it."""
        return self.public or self.needs is None or self.needs in ROLES[role]


def check(app: Litestar) -> None:
    """Refuse to serve routes of which nobody decided who may call them.

    Raises:
        UndeclaredPermission: If a route declares nothing, both, or no scope that there is.
    """
    for path, method, handler in operations(app):
        public, declared = bool(handler.opt.get("public")), "needs" in handler.opt
        needed = handler.opt.get("needs")
        if public is declared or (needed is not None and needed not in set(Permission)):
            message = (
                f"{method} {path} must declare needs= a scope there is, needs=None or public=True"
            )
            raise UndeclaredPermission(message)


def rules(app: Litestar) -> tuple[Rule, ...]:
    """Who may call what, by path and method; without the documents and what they load."""
    return tuple(sorted(_rules(app), key=lambda rule: (rule.path, rule.method)))


def _rules(app: Litestar) -> Iterator[Rule]:
    for path, method, handler in operations(app):
        if not handler.opt.get("hidden"):
            public, needed = bool(handler.opt.get("public")), handler.opt.get("needs")
            need = None if needed is None else Permission(needed)
            yield Rule(str(handler.operation_id), method, path, public, need)


def document(app: Litestar) -> str:
    """The tables of ``docs/permissions.md``. [Markdown]"""
    roles = tuple(Role)
    lines = [_HEAD, "## Scopes and roles", "", _row("scope", "allows to", *roles)]
    lines.append(_row("---", "---", *(":-:" for _ in roles)))
    for scope in Permission:
        held = ("✓" if scope in ROLES[role] else "" for role in roles)
        lines.append(_row(f"`{scope}`", MEANINGS[scope], *held))
    lines += ["", "## Operations", "", _row("operation", "address", "scope", *roles)]
    lines.append(_row("---", "---", "---", *(":-:" for _ in roles)))
    for rule in rules(app):
        need = "public" if rule.public else f"`{rule.needs}`" if rule.needs else "any credential"
        allowed = ("✓" if rule.allows(role) else "" for role in roles)
        lines.append(_row(rule.operation, f"`{rule.method} {rule.path}`", need, *allowed))
    return "\n".join(lines) + "\n"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
