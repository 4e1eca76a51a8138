"""Secrets are compared in constant time: `==` tells by its duration how much was guessed."""

import ast
import re
from collections.abc import Iterator

from .project import modules, tree

#: Names of what must not be guessed bit by bit.
_SECRET = re.compile(
    r"(^|_)(key|token|secret|signature|digest|credential|password|mac|hash|commitment|tag)s?$"
)
#: Comparisons of things that are only called so, with the reason.
ALLOWED = {
    ("memory/api_keys", "key.digest in self._by_digest"): "digests under a secret of the server",
    ("memory/event_log", "request.key in log.requests"): "idempotency keys, which are no secrets",
    ("memory/event_log", "digest != request.digest"): "of what was asked, by whoever asked it",
    ("sql/event_appending", "request.key in self.requests"): "idempotency keys, as above",
    ("sql/event_appending", "digest == request.digest"): "of what was asked, as above",
    ("sql/api_keys", "api_keys.c.digest == digest"): "a condition in SQL, digests as above",
    ("sql/api_keys", "api_keys.c.id == key"): "a condition in SQL on the public part of a key",
    ("sql/api_keys", "api_keys.c.id == use.key"): "a condition in SQL on the public part",
    ("sql/jobs", "_C.key == job.key"): "what makes two jobs the same",
    ("duckdb/power_facts", "circuit in keys"): "circuits that ever reported",
    ("sql/power_readings", "name not in keys"): "columns of a primary key",
    ("sql/power_readings", "key not in days"): "circuit and day",
    ("application/keep_signing_keys", "key not in old"): "our own keys among each other",
    (
        "application/score_portfolio",
        "keys.get(subject.id) != sides.inputs(subject).history_key",
    ): "of what a history was made",
    ("tenancy/signatures", "one.parameter('tag') == TAG"): "what a signature is for, in public",
    ("tenancy/signatures", "name in _DIGESTS"): "names of algorithms",
    ("http/conditional", "tag in wanted"): "an ETag, which is public",
    ("entrypoints/structuring", "tag not in members"): "names of kinds",
}
_EQUALITY = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)


def comparisons(module: ast.AST) -> Iterator[str]:
    """Comparisons for equality of something that is called like a secret."""
    for node in ast.walk(module):
        if (
            isinstance(node, ast.Compare)
            and any(isinstance(one, _EQUALITY) for one in node.ops)
            and any(_SECRET.search(_name(side).lower()) for side in (node.left, *node.comparators))
        ):
            yield ast.unparse(node)


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=inner) | ast.Subscript(value=inner) | ast.Await(value=inner):
            return _name(inner)
    return ""


def test_secrets_are_compared_in_constant_time() -> None:
    found = {
        ("/".join((module.parts[-2], module.stem)), comparison)
        for module in modules("src")
        if "testing" not in module.parts
        for comparison in comparisons(tree(module))
    }
    assert found == ALLOWED.keys()


def test_such_a_comparison_would_be_found() -> None:
    for text in (
        "given == self.client_secret",
        "key.digest != make_digest(x)",
        "token in known",
        "hmac.digest(a, b, c) == await signature",
    ):
        assert list(comparisons(ast.parse(text))) == [text]
    for text in ("hmac.compare_digest(secret, given)", "status == 200", "secret is None"):
        assert not list(comparisons(ast.parse(text)))
