"""Permissions: what a principal may do, named by scopes and bundled in roles.

A scope is ``subject:read`` or ``subject:write``; writing does not include reading.
Nobody can give away what they do not hold, and what concerns every tenant can be
held within the platform's own tenant alone.
"""

from collections.abc import Iterable, Mapping, Set
from enum import StrEnum
from types import MappingProxyType

from ..errors import InvalidInput, ScopesNotHeld
from ..identifiers import TenantId

#: The tenant of those who run the deployment; it is one like any other otherwise.
PLATFORM_TENANT = TenantId("platform")


class Permission(StrEnum):
    """One thing that a principal may do; its value is the scope that grants it."""

    PROPERTIES_READ = "properties:read"
    PROPERTIES_WRITE = "properties:write"
    ENERGY_READ = "energy:read"
    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"
    EVENT_SCHEMAS_WRITE = "event-schemas:write"
    COHORTS_WRITE = "cohorts:write"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    DAILY_METRICS_READ = "daily_metrics:read"
    DAILY_METRICS_WRITE = "daily_metrics:write"
    METRICS_READ = "metrics:read"
    USAGE_READ = "usage:read"
    KEYS_READ = "keys:read"
    KEYS_WRITE = "keys:write"
    AUDIT_READ = "audit:read"
    TENANTS_ADMIN = "tenants:admin"


#: What each scope allows, in a few words.
MEANINGS: Mapping[Permission, str] = MappingProxyType(
    {
        Permission.PROPERTIES_READ: "see properties, their histories, comparisons and scores",
        Permission.PROPERTIES_WRITE: "change properties, histories, policy and health model",
        Permission.ENERGY_READ: "see sites, power and energy",
        Permission.EVENTS_READ: "see events and what is counted of them",
        Permission.EVENTS_WRITE: "send events",
        Permission.EVENT_SCHEMAS_WRITE: "say what the properties of events must look like",
        Permission.COHORTS_WRITE: "save cohorts of users, change and remove them",
        Permission.JOBS_READ: "see jobs in the background",
        Permission.JOBS_WRITE: "ask for jobs and cancel them",
        Permission.USERS_READ: "see what is known of users",
        Permission.USERS_WRITE: "say what is known of users",
        Permission.DAILY_METRICS_READ: "see metrics by the day, with totals",
        Permission.DAILY_METRICS_WRITE: "declare metrics and send their values",
        Permission.METRICS_READ: "see the figures of the serving process",
        Permission.USAGE_READ: "see what the tenant used of its limits",
        Permission.KEYS_READ: "see API keys, without their secrets",
        Permission.KEYS_WRITE: "make, rotate and revoke API keys",
        Permission.AUDIT_READ: "see who did what",
        Permission.TENANTS_ADMIN: "manage every tenant of the deployment",
    }
)

Scopes = frozenset[Permission]


class Role(StrEnum):
    """A bundle of scopes with a name, from the least to the most."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    OPERATOR = "operator"
    ADMIN = "admin"
    PLATFORM = "platform"


_VIEWER = frozenset(
    {
        Permission.PROPERTIES_READ,
        Permission.ENERGY_READ,
        Permission.EVENTS_READ,
        Permission.JOBS_READ,
        Permission.DAILY_METRICS_READ,
    },
)
#: Attributes of users are about people: whoever only looks at figures does not see them.
_ANALYST = _VIEWER | {
    Permission.COHORTS_WRITE,
    Permission.JOBS_WRITE,
    Permission.USAGE_READ,
    Permission.USERS_READ,
}
_OPERATOR = _ANALYST | {
    Permission.PROPERTIES_WRITE,
    Permission.EVENTS_WRITE,
    Permission.USERS_WRITE,
    Permission.DAILY_METRICS_WRITE,
    Permission.EVENT_SCHEMAS_WRITE,
    Permission.METRICS_READ,
}
_ADMIN = _OPERATOR | {Permission.KEYS_READ, Permission.KEYS_WRITE, Permission.AUDIT_READ}

#: What each role may do; every role holds all of the one before.
ROLES: Mapping[Role, Scopes] = MappingProxyType(
    {
        Role.VIEWER: _VIEWER,
        Role.ANALYST: _ANALYST,
        Role.OPERATOR: _OPERATOR,
        Role.ADMIN: _ADMIN,
        Role.PLATFORM: _ADMIN | {Permission.TENANTS_ADMIN},
    }
)

#: What can be held within the platform's tenant alone.
PLATFORM_ONLY: Scopes = frozenset({Permission.TENANTS_ADMIN})


_EVERY: Scopes = frozenset(Permission)
_ORDINARY: Scopes = _EVERY - PLATFORM_ONLY


def holdable(tenant: TenantId) -> Scopes:
    """Everything that a principal of a tenant can be allowed at most."""
    return _EVERY if tenant == PLATFORM_TENANT else _ORDINARY


def granted(wanted: Set[Permission], held: Set[Permission], tenant: TenantId) -> Scopes:
    """What is wanted, if the granter holds all of it and the tenant's principals can.

    Args:
        wanted: What the new credential shall allow; at least one scope.
        held: What whoever grants it may do.
        tenant: Whose credential it will be.

    Raises:
        InvalidInput: If nothing is wanted.
        ScopesNotHeld: If more is wanted than can be given away.
    """
    if not wanted:
        raise InvalidInput("at least one scope is needed", path=("scopes",), code="no_scope")
    if beyond := wanted - (held & holdable(tenant)):
        raise ScopesNotHeld(sorted(beyond))
    return frozenset(wanted)


def scope_text(scopes: Iterable[Permission]) -> str:
    """Scopes as OAuth 2.0 writes them: in order, with spaces between (RFC 6749, 3.3)."""
    return " ".join(sorted(scopes))


def known_scopes(text: str) -> Scopes:
    """The scopes of ours in a text of scopes; names that are not ours say nothing to us."""
    known = {permission.value: permission for permission in Permission}
    return frozenset(known[name] for name in text.split() if name in known)
