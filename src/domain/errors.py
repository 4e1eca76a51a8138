"""Everything that can go wrong, as a caller may meet it.

::

    SightlineError
    ├── InvalidInput (ValueError)      the caller can mend it
    │   ├── InvalidFields              several fields at once, each with its path
    │   ├── InvalidWindow
    │   ├── QuestionTooCostly          more events than the plan lets one question look at
    │   ├── TooManyUsers               a filter by attributes fits more than can be named
    │   ├── UnknownMetric
    │   ├── UnknownStatistic
    │   ├── UnknownTimezone
    │   ├── RequestKeyMissing          neither the request nor its events can be told again
    │   └── RequestKeyReused           the key was used for another request
    ├── NotFound (LookupError)
    │   ├── PropertyNotFound
    │   ├── MarketNotFound
    │   ├── CircuitNotFound
    │   ├── SensorNotFound
    │   ├── LocationNotFound
    │   ├── OrganizationNotFound
    │   ├── BrandNotFound
    │   ├── UserNotFound
    │   ├── MetricNotFound
    │   ├── TenantNotFound
    │   ├── ApiKeyNotFound
    │   ├── JobNotFound
    │   ├── HealthModelNotFound
    │   ├── EventNotFound
    │   ├── EventSchemaNotFound
    │   └── CohortNotFound
    ├── Unauthenticated                no key, or one that is not valid
    │   └── SignatureInvalid           a signature is there that does not hold
    │       └── SignatureRequired      the key signs, and the request is not signed
    ├── TokenRefused                   the token endpoint says no, in the words of OAuth 2.0
    ├── Forbidden
    │   ├── PermissionMissing          the credential lacks a scope
    │   ├── OtherTenant                what is named is not the credential's own
    │   ├── ScopesNotHeld              nobody gives away what they do not hold
    │   ├── TenantSuspended            until it is resumed
    │   └── TenantClosed               for good
    ├── Conflict
    │   ├── PropertyExists
    │   ├── MetricBuiltIn              nobody declares it otherwise
    │   ├── MetricInUse                a ratio is made of it
    │   ├── TenantExists
    │   ├── TenantEnded                a closed tenant does not change any more
    │   ├── PlatformTenantFixed        whoever locks it out could not be let in again
    │   ├── ApiKeyExists
    │   ├── ApiKeyEnded                too late to rotate it
    │   ├── VersionMismatch            somebody else changed it first
    │   ├── EventConflicts             an event id was kept with other content
    │   ├── RequestUnderWay            the first request with this key is not answered yet
    │   ├── SchemaBreaks               a minor change was expected, and it is a major one
    │   ├── TooManySchemas
    │   ├── TooManyCohorts
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
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from .events.schema_changes import SchemaChange


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


class QuestionTooCostly(InvalidInput):
    """A question may have to look at more events than the tenant's plan allows.

    Args:
        estimate: Events that lie within its reach.
        limit: Most events that one question may look at.
    """

    def __init__(self, estimate: int, limit: int) -> None:
        super().__init__(
            f"about {estimate} events would have to be looked at, and your plan allows {limit}; "
            "ask of a shorter range or of fewer event types",
            code="too_costly",
        )
        self.estimate = estimate
        self.limit = limit


class TooManyUsers(InvalidInput):
    """A filter by attributes of users fits more of them than can be named one by one."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"more than {limit} users fit the filter by their attributes; narrow it",
            code="too_many_users",
        )
        self.limit = limit


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


class UserNotFound(_Missing):
    """The tenant knows no attributes of such a user."""

    what = "user"


class MetricNotFound(_Missing):
    """The tenant declared no such metric."""

    what = "metric"


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


class EventNotFound(_Missing):
    """The tenant sent no such event, or it was erased."""

    what = "event"


class EventSchemaNotFound(_Missing):
    """The tenant never registered a schema of this event type, or not this version of it."""

    what = "event schema"


class CohortNotFound(_Missing):
    """The tenant saved no such cohort, or removed it."""

    what = "cohort"


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


class OtherTenant(Forbidden):
    """The request names another organization than its credential belongs to."""

    def __init__(self) -> None:
        super().__init__("org_id names another organization than your credential's own")


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


class MetricBuiltIn(Conflict):
    """The metric is computed from events; its name cannot be declared otherwise."""

    def __init__(self, name: str) -> None:
        super().__init__(f"'{name}' is computed from your events; declare yours by another name")
        self.name = name


class MetricInUse(Conflict):
    """Ratios are made of the metric, so that it must go on adding up."""

    def __init__(self, name: str, ratios: Sequence[str]) -> None:
        super().__init__(f"'{name}' is part of {', '.join(ratios[:20])}; it must stay a sum")
        self.name = name
        self.ratios = tuple(ratios)


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


class SchemaBreaks(Conflict):
    """A minor change of an event schema was expected, but it may refuse what was valid.

    Args:
        event_type: Whose schema it is.
        version: The version that it would become.
        changes: What changed, the breaking parts first.
    """

    def __init__(self, event_type: str, version: str, changes: "Sequence[SchemaChange]") -> None:
        super().__init__(
            f"this change of the schema of {event_type!r} is breaking: it would become {version}"
        )
        self.event_type = event_type
        self.version = version
        self.changes = tuple(changes)


class TooManySchemas(Conflict):
    """The tenant has as many event schemas in force as it may have."""

    def __init__(self, most: int) -> None:
        super().__init__(f"there are {most} event schemas in force already; retire one first")
        self.most = most


class TooManyCohorts(Conflict):
    """The tenant has saved as many cohorts as it may."""

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} cohorts are saved already; remove one first")
        self.most = most


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


@frozen
class EventConflict:
    """An event whose id was kept before with other content.

    Args:
        index: Its place in the request, from 0.
        event_id: The id.
        fields: Where the two differ.
    """

    index: int
    event_id: str
    fields: tuple[str, ...]


class EventConflicts(Conflict):
    """Event ids were kept before with other content; nothing of the request is kept.

    Args:
        conflicts: Each of them.
    """

    def __init__(self, conflicts: Sequence[EventConflict]) -> None:
        told = [
            f"event {one.index} ({one.event_id[:64]!r}) differs in {', '.join(one.fields)}"
            for one in conflicts[:5]
        ]
        more = [f"and {len(conflicts) - 5} more"] if len(conflicts) > 5 else []
        super().__init__("ids that were kept before: " + "; ".join(told + more))
        self.conflicts = tuple(conflicts)


class RequestUnderWay(Conflict):
    """The first request with this idempotency key is not answered yet; try again."""

    def __init__(self) -> None:
        super().__init__("the first request with this idempotency key is still under way")


class RequestKeyReused(InvalidInput):
    """The idempotency key was used for a request that asked something else."""

    def __init__(self) -> None:
        super().__init__(
            "this idempotency key was used for another request; take a new one",
            path=("Idempotency-Key",),
            code="key_reused",
        )


class RequestKeyMissing(InvalidInput):
    """Nothing would tell the request from the same one sent again."""

    def __init__(self) -> None:
        super().__init__(
            "send an Idempotency-Key, or an event_id with every event: without either, "
            "events that are sent again would count twice",
            path=("Idempotency-Key",),
            code="key_missing",
        )
