"""Everything that can go wrong, as a caller may meet it.

::

    SightlineError
    ├── InvalidInput (ValueError)      the caller can mend it
    │   ├── InvalidFields              several fields at once, each with its path
    │   ├── InvalidWindow
    │   ├── UnknownMetric
    │   ├── UnknownStatistic
    │   └── UnknownTimezone
    ├── NotFound (LookupError)
    │   ├── PropertyNotFound
    │   ├── MarketNotFound
    │   ├── CircuitNotFound
    │   ├── SensorNotFound
    │   ├── LocationNotFound
    │   ├── OrganizationNotFound
    │   ├── BrandNotFound
    │   ├── TenantNotFound
    │   ├── ApiKeyNotFound
    │   ├── JobNotFound
    │   └── HealthModelNotFound
    ├── Unauthenticated                no key, or one that is not valid
    │   └── SignatureInvalid           a signature is there that does not hold
    │       └── SignatureRequired      the key signs, and the request is not signed
    ├── TokenRefused                   the token endpoint says no, in the words of OAuth 2.0
    ├── Forbidden
    │   ├── PermissionMissing          the credential lacks a scope
    │   ├── ScopesNotHeld              nobody gives away what they do not hold
    │   ├── TenantSuspended            until it is resumed
    │   └── TenantClosed               for good
    ├── Conflict
    │   ├── PropertyExists
    │   ├── TenantExists
    │   ├── TenantEnded                a closed tenant does not change any more
    │   ├── PlatformTenantFixed        whoever locks it out could not be let in again
    │   ├── ApiKeyExists
    │   ├── ApiKeyEnded                too late to rotate it
    │   ├── VersionMismatch            somebody else changed it first
    │   ├── JobEnded                   too late to cancel it
    │   └── LeaseLost                  the job was cancelled, or another worker has it
    ├── QuotaExceeded
    └── Unavailable                    try again later
        ├── AuditUnavailable           it cannot be put on record
        └── MarketUnavailable
            └── ComparisonIncomplete   half of the answer: the property without its market
"""

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen


class SightlineError(Exception):
    """Any error that Sightline raises on purpose."""


@frozen
class Flaw:
    """One thing wrong with one field of an input.

    Args:
        path: Where it is, from the root of the input; integers index lists.
        code: Stable name of the rule that was broken.
        message: What is wrong and what would be right, for a person.
    """

    path: tuple[str | int, ...]
    code: str
    message: str


class InvalidInput(SightlineError, ValueError):
    """The input breaks a rule; ``flaws`` says where and which."""

    def __init__(
        self, message: str, *, path: Sequence[str | int] = (), code: str = "invalid"
    ) -> None:
        super().__init__(message)
        self.flaws: tuple[Flaw, ...] = (Flaw(tuple(path), code, message),)


class InvalidFields(InvalidInput):
    """Several rules are broken, or one inside a larger input."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        said = [f"{'.'.join(map(str, flaw.path)) or 'input'}: {flaw.message}" for flaw in flaws[:5]]
        more = [f"and {len(flaws) - 5} more"] if len(flaws) > 5 else []
        super().__init__("; ".join(said + more))
        self.flaws = tuple(flaws)


class InvalidWindow(InvalidInput):
    """A stretch of time that cannot be: reversed, too long, naive or out of range."""


class UnknownMetric(InvalidInput):
    """Metric names that the catalogue does not know."""

    def __init__(self, names: Sequence[str], known: Sequence[str]) -> None:
        listed = ", ".join(repr(name[:64]) for name in names[:20])
        super().__init__(
            f"unknown metrics: {listed}; known are {', '.join(known)}",
            path=("metrics",),
            code="unknown_metric",
        )
        self.names = tuple(names)


class UnknownStatistic(InvalidInput):
    """Names of figures that no report has."""

    def __init__(self, names: Sequence[str], known: Sequence[str]) -> None:
        listed = ", ".join(repr(name[:64]) for name in names[:20])
        super().__init__(
            f"unknown statistics: {listed}; known are {', '.join(known)}",
            path=("statistics",),
            code="unknown_statistic",
        )
        self.names = tuple(names)


class UnknownTimezone(InvalidInput):
    """A name that the IANA time zone database does not hold."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"unknown time zone {name[:64]!r}; use an IANA name such as 'America/New_York'",
            path=("timezone",),
            code="unknown_timezone",
        )


class NotFound(SightlineError, LookupError):
    """There is no such thing for this tenant."""


class _Missing(NotFound):
    """A thing looked up by id."""

    what = "thing"

    def __init__(self, identifier: object) -> None:
        super().__init__(f"there is no {self.what} {str(identifier)[:64]!r}")
        self.identifier = identifier


class PropertyNotFound(_Missing):
    """The tenant has no such property."""

    what = "property"


class MarketNotFound(_Missing):
    """The market API does not know the market."""

    what = "market"


class CircuitNotFound(_Missing):
    """The tenant has no such circuit."""

    what = "circuit"


class SensorNotFound(_Missing):
    """The tenant has no such electric sensor."""

    what = "electric sensor"


class LocationNotFound(_Missing):
    """The tenant has no such location."""

    what = "location"


class OrganizationNotFound(_Missing):
    """The tenant has no such organization."""

    what = "organization"


class BrandNotFound(_Missing):
    """The tenant has no such brand."""

    what = "brand"


class TenantNotFound(_Missing):
    """The deployment has no such tenant."""

    what = "tenant"


class ApiKeyNotFound(_Missing):
    """The tenant has no such API key."""

    what = "API key"


class JobNotFound(_Missing):
    """The tenant has no such job; those that ended are forgotten after a while."""

    what = "job"


class HealthModelNotFound(_Missing):
    """The tenant never had a health model of this version."""

    what = "health model"


class Unauthenticated(SightlineError):
    """The request carries no credential, or one that is not valid."""


class SignatureInvalid(Unauthenticated):
    """The request is signed, but not rightly: the detail says what is wrong with the signature."""


class SignatureRequired(SignatureInvalid):
    """The key signs its requests, and this one is not signed; Accept-Signature says what to sign.

    Args:
        key: Id of the key.
        algorithm: How it signs.
        components: What a signature of this request must cover.
        tag: Marks the signatures that are meant for us.
    """

    def __init__(self, key: str, algorithm: str, components: Sequence[str], tag: str) -> None:
        super().__init__(
            f"this key signs its requests: one signature tagged {tag!r} is required, "
            f"by {algorithm}, over {', '.join(components)}"
        )
        self.key = key
        self.algorithm = algorithm
        self.components = tuple(components)
        self.tag = tag


class TokenRefused(SightlineError):
    """The token endpoint gives no token.

    Args:
        reason: One of the codes of RFC 6749, 5.2.
        message: The same for a person.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Forbidden(SightlineError):
    """The principal may not do this."""


class PermissionMissing(Forbidden):
    """The credential is valid but lacks the scope that this operation needs.

    Args:
        scope: The scope that is needed.
    """

    def __init__(self, scope: str) -> None:
        super().__init__(f"this needs the scope '{scope}', which your credential does not have")
        self.scope = scope


class ScopesNotHeld(Forbidden):
    """More was to be granted than may be: scopes that the granter or the tenant cannot hold.

    Args:
        scopes: Those that cannot be granted.
    """

    def __init__(self, scopes: Sequence[str]) -> None:
        listed = ", ".join(f"'{scope}'" for scope in scopes)
        super().__init__(f"{listed} cannot be granted: nobody gives away what they do not hold")
        self.scopes = tuple(scopes)


class TenantSuspended(Forbidden):
    """The credential is right, but its tenant is suspended; it works again once that is resumed."""

    def __init__(self, identifier: object) -> None:
        super().__init__(f"tenant {identifier} is suspended; its operator can resume it")
        self.identifier = identifier


class TenantClosed(Forbidden):
    """The credential's tenant was closed, for good."""

    def __init__(self, identifier: object) -> None:
        super().__init__(f"tenant {identifier} is closed")
        self.identifier = identifier


class Conflict(SightlineError):
    """The change does not fit the present state."""


class PropertyExists(Conflict):
    """The tenant already has a property with this id."""

    def __init__(self, identifier: object) -> None:
        super().__init__(f"property {identifier} exists already")
        self.identifier = identifier


class TenantExists(Conflict):
    """The deployment already has a tenant with this id."""

    def __init__(self, identifier: object) -> None:
        super().__init__(f"tenant {identifier} exists already")
        self.identifier = identifier


class TenantEnded(Conflict):
    """The tenant is closed, so that it cannot be changed any more."""

    def __init__(self, identifier: object) -> None:
        super().__init__(f"tenant {identifier} is closed, which is for good")
        self.identifier = identifier


class PlatformTenantFixed(Conflict):
    """The platform's own tenant cannot be limited, suspended or closed: nobody could undo it."""

    def __init__(self, identifier: object) -> None:
        super().__init__(f"tenant {identifier} administers the others; nobody could undo this")
        self.identifier = identifier


class ApiKeyExists(Conflict):
    """The key's id or its text is in use already."""

    def __init__(self, identifier: object) -> None:
        super().__init__(f"API key {identifier} exists already, or another key has its text")
        self.identifier = identifier


class ApiKeyEnded(Conflict):
    """The key has expired, or was rotated already."""

    def __init__(self, identifier: object) -> None:
        super().__init__(f"API key {identifier} has ended, or has a successor already")
        self.identifier = identifier


class VersionMismatch(Conflict):
    """The thing was changed since the caller read it."""

    def __init__(self, expected: int, actual: int) -> None:
        super().__init__(f"the version is {actual} now, not {expected}; read it again")
        self.expected = expected
        self.actual = actual


class JobEnded(Conflict):
    """The job is done or has failed, so that it cannot be cancelled."""

    def __init__(self, identifier: object, state: str) -> None:
        super().__init__(f"job {identifier} has ended already: {state}")
        self.identifier = identifier
        self.state = state


class LeaseLost(Conflict):
    """The job was cancelled, or another worker has taken it over."""

    def __init__(self, identifier: object) -> None:
        super().__init__(f"job {identifier} is no longer held by this worker")
        self.identifier = identifier


class QuotaExceeded(SightlineError):
    """The caller has used up what it may use for now.

    Args:
        policies: Names of the limits that refuse the request.
        retry_after_seconds: When the same request would pass, if nobody else spends. [s]
    """

    def __init__(self, policies: Sequence[str], retry_after_seconds: int) -> None:
        super().__init__(
            f"used up for now: {', '.join(policies)}; try again in {retry_after_seconds} s"
        )
        self.policies = tuple(policies)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(SightlineError):
    """Something outside does not answer; the same request may succeed later."""

    def __init__(self, message: str, *, retry_after_seconds: int = 5) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class AuditUnavailable(Unavailable):
    """What was asked for cannot be put on record now; the detail says whether it was done."""


class MarketUnavailable(Unavailable):
    """Neither the market API nor anything kept of it can answer.

    Args:
        reasons: Why each rung of the ladder failed, most recent first.
        since: When the market was last read, if ever.
    """

    def __init__(
        self,
        market: object,
        reasons: Sequence[str] = (),
        *,
        since: datetime | None = None,
        retry_after_seconds: int = 5,
    ) -> None:
        super().__init__(
            f"no data of market {market} can be had now",
            retry_after_seconds=retry_after_seconds,
        )
        self.market = market
        self.reasons = tuple(reasons)
        self.since = since


class ComparisonIncomplete(MarketUnavailable):
    """A property is known but nothing of its market can be had now.

    The half of the answer that there is travels with the error, so that an edge
    can show it beside what is missing.

    Args:
        cause: Why the market is unavailable.
        property: The property.
        missing: Keys of the metrics that could not be compared.
    """

    def __init__(self, cause: MarketUnavailable, property: object, missing: Sequence[str]) -> None:  # noqa: A002
        super().__init__(
            cause.market,
            cause.reasons,
            since=cause.since,
            retry_after_seconds=cause.retry_after_seconds,
        )
        self.property = property
        self.missing = tuple(missing)
