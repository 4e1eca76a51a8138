"""The one place where errors become HTTP answers (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from inspect import cleandoc
from typing import Any

import msgspec
import structlog
from attrs import frozen
from litestar import Request, Response
from litestar.exceptions import HTTPException

from ...domain import errors
from ...domain.structured_fields import InnerList, Item, Value

MEDIA_TYPE = "application/problem+json"
PATH = "/problems/"

_log = structlog.get_logger()


class InvalidParameters(errors.InvalidFields):
    """Query parameters are unknown, repeated, missing or malformed."""


class MethodNotAllowed(errors.SightlineError):
    """The route exists, but not with this method; Allow names those it has."""


class RequestTooSlow(errors.SightlineError):
    """The request's body did not arrive in time."""


class BodyTooLarge(errors.SightlineError):
    """The request's body is larger than this route takes."""


class UnreadableBody(errors.SightlineError):
    """The request's body is not JSON."""


class UnsupportedMediaType(errors.SightlineError):
    """The request's body is declared as something other than JSON."""


class ReducedCapacity(errors.Unavailable):
    """Too many requests of this kind are under way; this one waited its turn in vain."""


class CallerLeft(errors.SightlineError):
    """The client closed its connection before the answer was there; nobody reads this."""


class NotAcceptable(errors.SightlineError):
    """The client accepts none of the types that this route can answer with."""


#: error class -> (slug, title, status). The most specific class counts.
PROBLEMS: Mapping[type[errors.SightlineError], tuple[str, str, HTTPStatus]] = {
    errors.SightlineError: ("internal", "Internal error", HTTPStatus.INTERNAL_SERVER_ERROR),
    errors.InvalidInput: ("invalid-input", "Invalid input", HTTPStatus.UNPROCESSABLE_ENTITY),
    errors.InvalidFields: ("invalid-input", "Invalid input", HTTPStatus.UNPROCESSABLE_ENTITY),
    InvalidParameters: ("invalid-input", "Invalid input", HTTPStatus.UNPROCESSABLE_ENTITY),
    errors.InvalidWindow: ("invalid-window", "Invalid window", HTTPStatus.UNPROCESSABLE_ENTITY),
    errors.QuestionTooCostly: (
        "question-too-costly",
        "Question too costly",
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
    errors.TooManyUsers: ("too-many-users", "Too many users", HTTPStatus.UNPROCESSABLE_ENTITY),
    errors.UnknownMetric: ("unknown-metric", "Unknown metric", HTTPStatus.UNPROCESSABLE_ENTITY),
    errors.UnknownStatistic: (
        "unknown-statistic",
        "Unknown statistic",
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
    errors.UnknownTimezone: (
        "unknown-timezone",
        "Unknown time zone",
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
    errors.RequestKeyMissing: (
        "idempotency-key-missing",
        "Idempotency key missing",
        HTTPStatus.BAD_REQUEST,
    ),
    errors.RequestKeyReused: (
        "idempotency-key-reused",
        "Idempotency key reused",
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
    errors.EventSchemaNotFound: (
        "event-schema-not-found",
        "Event schema not found",
        HTTPStatus.NOT_FOUND,
    ),
    errors.SchemaBreaks: ("schema-breaks", "Schema change is breaking", HTTPStatus.CONFLICT),
    errors.TooManySchemas: ("too-many-schemas", "Too many schemas", HTTPStatus.CONFLICT),
    errors.CohortNotFound: ("cohort-not-found", "Cohort not found", HTTPStatus.NOT_FOUND),
    errors.TooManyCohorts: ("too-many-cohorts", "Too many cohorts", HTTPStatus.CONFLICT),
    errors.NotFound: ("not-found", "Not found", HTTPStatus.NOT_FOUND),
    errors.PropertyNotFound: ("property-not-found", "Property not found", HTTPStatus.NOT_FOUND),
    errors.MarketNotFound: ("market-not-found", "Market not found", HTTPStatus.NOT_FOUND),
    errors.CircuitNotFound: ("circuit-not-found", "Circuit not found", HTTPStatus.NOT_FOUND),
    errors.SensorNotFound: ("sensor-not-found", "Sensor not found", HTTPStatus.NOT_FOUND),
    errors.LocationNotFound: ("location-not-found", "Location not found", HTTPStatus.NOT_FOUND),
    errors.OrganizationNotFound: (
        "organization-not-found",
        "Organization not found",
        HTTPStatus.NOT_FOUND,
    ),
    errors.BrandNotFound: ("brand-not-found", "Brand not found", HTTPStatus.NOT_FOUND),
    errors.UserNotFound: ("user-not-found", "User not found", HTTPStatus.NOT_FOUND),
    errors.MetricNotFound: ("metric-not-found", "Metric not found", HTTPStatus.NOT_FOUND),
    errors.TenantNotFound: ("tenant-not-found", "Tenant not found", HTTPStatus.NOT_FOUND),
    errors.ApiKeyNotFound: ("api-key-not-found", "API key not found", HTTPStatus.NOT_FOUND),
    errors.JobNotFound: ("job-not-found", "Job not found", HTTPStatus.NOT_FOUND),
    errors.HealthModelNotFound: (
        "health-model-not-found",
        "Health model not found",
        HTTPStatus.NOT_FOUND,
    ),
    errors.EventNotFound: ("event-not-found", "Event not found", HTTPStatus.NOT_FOUND),
    errors.Unauthenticated: ("unauthenticated", "Unauthenticated", HTTPStatus.UNAUTHORIZED),
    errors.SignatureInvalid: ("signature-invalid", "Signature invalid", HTTPStatus.UNAUTHORIZED),
    errors.SignatureRequired: (
        "signature-required",
        "Signature required",
        HTTPStatus.UNAUTHORIZED,
    ),
    errors.TokenRefused: ("token-refused", "Token refused", HTTPStatus.BAD_REQUEST),
    errors.Forbidden: ("forbidden", "Forbidden", HTTPStatus.FORBIDDEN),
    errors.PermissionMissing: ("permission-missing", "Permission missing", HTTPStatus.FORBIDDEN),
    errors.OtherTenant: ("other-tenant", "Another organization", HTTPStatus.FORBIDDEN),
    errors.ScopesNotHeld: ("scopes-not-held", "Scopes not held", HTTPStatus.FORBIDDEN),
    errors.TenantSuspended: ("tenant-suspended", "Tenant suspended", HTTPStatus.FORBIDDEN),
    errors.TenantClosed: ("tenant-closed", "Tenant closed", HTTPStatus.FORBIDDEN),
    errors.Conflict: ("conflict", "Conflict", HTTPStatus.CONFLICT),
    errors.TenantExists: ("tenant-exists", "Tenant exists", HTTPStatus.CONFLICT),
    errors.TenantEnded: ("tenant-ended", "Tenant has ended", HTTPStatus.CONFLICT),
    errors.PlatformTenantFixed: (
        "platform-tenant-fixed",
        "The platform's tenant is fixed",
        HTTPStatus.CONFLICT,
    ),
    errors.ApiKeyExists: ("api-key-exists", "API key exists", HTTPStatus.CONFLICT),
    errors.ApiKeyEnded: ("api-key-ended", "API key ended", HTTPStatus.CONFLICT),
    errors.MetricBuiltIn: ("metric-built-in", "Metric is built in", HTTPStatus.CONFLICT),
    errors.MetricInUse: ("metric-in-use", "Metric is in use", HTTPStatus.CONFLICT),
    errors.PropertyExists: ("property-exists", "Property exists", HTTPStatus.CONFLICT),
    errors.LeaseLost: ("lease-lost", "Lease lost", HTTPStatus.CONFLICT),
    errors.JobEnded: ("job-ended", "Job ended", HTTPStatus.CONFLICT),
    errors.EventConflicts: ("event-conflict", "Event id reused", HTTPStatus.CONFLICT),
    errors.RequestUnderWay: ("request-under-way", "Request under way", HTTPStatus.CONFLICT),
    errors.VersionMismatch: (
        "version-mismatch",
        "Changed since it was read",
        HTTPStatus.PRECONDITION_FAILED,
    ),
    errors.QuotaExceeded: ("quota-exceeded", "Quota exceeded", HTTPStatus.TOO_MANY_REQUESTS),
    ReducedCapacity: (
        "temporary-reduced-capacity",
        "Temporarily reduced capacity",
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
    errors.Unavailable: ("unavailable", "Unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
    errors.AuditUnavailable: (
        "audit-unavailable",
        "Not on record",
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
    errors.MarketUnavailable: (
        "market-unavailable",
        "Market data unavailable",
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
    errors.ComparisonIncomplete: (
        "market-unavailable",
        "Market data unavailable",
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
    MethodNotAllowed: ("method-not-allowed", "Method not allowed", HTTPStatus.METHOD_NOT_ALLOWED),
    RequestTooSlow: ("request-too-slow", "Request too slow", HTTPStatus.REQUEST_TIMEOUT),
    BodyTooLarge: ("body-too-large", "Body too large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    UnreadableBody: ("unreadable-body", "Unreadable body", HTTPStatus.BAD_REQUEST),
    UnsupportedMediaType: (
        "unsupported-media-type",
        "Unsupported media type",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ),
    CallerLeft: ("caller-left", "Caller left", HTTPStatus.REQUEST_TIMEOUT),
    NotAcceptable: ("not-acceptable", "Not acceptable", HTTPStatus.NOT_ACCEPTABLE),
}

#: slug -> address under which the kind is registered with IANA, instead of ours
#: (draft-ietf-httpapi-ratelimit-headers-11, 7.3).
REGISTERED: Mapping[str, str] = {
    slug: f"https://iana.org/assignments/http-problem-types#{slug}"
    for slug in ("quota-exceeded", "temporary-reduced-capacity")
}


@frozen(slots=False)
class FieldProblem:
    """One thing wrong with one field of a request.

    Args:
        pointer: JSON pointer into the body, or null when a parameter is meant.
        parameter: Name of the query parameter, or null when the body is meant.
        code: Stable name of the rule that was broken.
        detail: What is wrong and what would be right.
    """

    pointer: str | None
    parameter: str | None
    code: str
    detail: str


@frozen(slots=False)
class Problem:
    """Why a request was not answered as asked (RFC 9457).

    Args:
        type: Stable address of this kind of problem, relative to the API or registered with IANA.
        title: What the kind is called.
        status: The HTTP status.
        detail: What happened this time.
        request_id: Names this request in logs; quote it when asking for help.
        errors: Everything wrong with the request, where that is the problem.
    """

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: tuple[FieldProblem, ...] = ()


@frozen(slots=False)
class ProblemKind:
    """A kind of problem that the API can answer with.

    Args:
        type: Its address, relative to the API.
        title: What it is called.
        status: The HTTP status.
        meaning: When it happens.
    """

    type: str
    title: str
    status: int
    meaning: str


def kinds() -> tuple[ProblemKind, ...]:
    """Every kind of problem, by address; where classes share one, the widest explains it."""
    found: dict[str, ProblemKind] = {}
    for error, (slug, title, status) in PROBLEMS.items():
        meaning = cleandoc(error.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        found.setdefault(slug, ProblemKind(PATH + slug, title, status, meaning))
    return tuple(found[slug] for slug in sorted(found))


@frozen
class Answer:
    """A problem as an HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def answer(error: Exception, request_id: str, parameters: Sequence[str] | None = None) -> Answer:
    """The answer to a request that failed.

    Args:
        error: Why it failed.
        request_id: Which request it was.
        parameters: The query parameters of the route, to tell a flaw of a
            parameter from one of the body; None if nothing is known of the route.
    """
    if isinstance(error, errors.SightlineError) and type(error) is not errors.SightlineError:
        return _ours(error, request_id, parameters)
    if isinstance(error, HTTPException) and error.status_code < 500:
        return _frameworks(error, request_id)
    title = "Internal error"
    detail = "Something went wrong here, not in your request. Quote the request id."
    return _render("internal", title, HTTPStatus.INTERNAL_SERVER_ERROR, detail, request_id)


def handlers() -> dict[type[Exception] | int, Any]:
    """Exception handlers for Litestar."""
    return {errors.SightlineError: _handle, HTTPException: _handle, Exception: _handle}


def _handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    handler = request.scope.get("route_handler")
    names = handler.opt.get("parameter_names") if handler is not None else None
    request_id = str(request.scope.get("request_id", ""))
    made = answer(error, request_id, names)
    if made.status >= 500 and not isinstance(error, errors.Unavailable):
        _log.error("request_failed", request_id=request_id, exc_info=error)
    return Response(
        made.body, status_code=made.status, headers=dict(made.headers), media_type=MEDIA_TYPE
    )


def _ours(
    error: errors.SightlineError, request_id: str, parameters: Sequence[str] | None
) -> Answer:
    slug, title, status = next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)
    headers: dict[str, str] = {}
    extra: dict[str, Any] = {}
    if isinstance(error, errors.InvalidInput):
        names = [str(flaw.path[0]) for flaw in error.flaws if flaw.path]
        known = names if isinstance(error, InvalidParameters) else parameters
        extra["errors"] = [field_problem(flaw, known) for flaw in error.flaws[:100]]
    if isinstance(error, errors.EventConflicts):
        extra["errors"] = [_conflict(one) for one in error.conflicts[:100]]
    if isinstance(error, errors.SchemaBreaks):
        extra |= {"version": error.version, "changes": _changes(error)}
    if isinstance(error, errors.QuotaExceeded):
        extra["violated-policies"] = list(error.policies)
    if isinstance(error, errors.Unavailable | errors.QuotaExceeded):
        headers["retry-after"] = str(error.retry_after_seconds)
    if isinstance(error, errors.Unauthenticated):
        headers["www-authenticate"] = 'Bearer realm="sightline"'
    if isinstance(error, errors.SignatureRequired):
        extra["needed_components"] = list(error.components)
        headers["accept-signature"] = _wanted_signature(error)
    if isinstance(error, errors.PermissionMissing):
        headers["www-authenticate"] = (
            f'Bearer realm="sightline", error="insufficient_scope", scope="{error.scope}"'
        )
        extra["needed_scope"] = error.scope
    if isinstance(error, errors.MarketUnavailable):
        extra |= _partial(error)
    return _render(slug, title, status, _plain(str(error)[:2000]), request_id, headers, extra)


def _wanted_signature(error: errors.SignatureRequired) -> str:
    """What to sign, as RFC 9421, 5.1 asks for it."""
    parameters: dict[str, Value] = {
        "created": True,
        "nonce": True,
        "alg": error.algorithm,
        "keyid": error.key,
        "tag": error.tag,
    }
    return f"sig1={InnerList(tuple(map(Item, error.components)), parameters)}"


def _partial(error: errors.MarketUnavailable) -> dict[str, Any]:
    """What can be said although the market cannot be asked (requirement P8)."""
    known: dict[str, Any] = {"missing": ["market"], "reasons": list(error.reasons)}
    if isinstance(error, errors.ComparisonIncomplete):
        known["property"] = error.property
        known["missing"] += [f"metrics.{metric}" for metric in error.missing]
    return known


def field_problem(flaw: errors.Flaw, parameters: Sequence[str] | None = None) -> FieldProblem:
    """A flaw as answers tell it."""
    if flaw.path and parameters is not None and flaw.path[0] in parameters:
        return FieldProblem(None, str(flaw.path[0]), flaw.code, flaw.message)
    return FieldProblem(pointer(flaw.path), None, flaw.code, _plain(flaw.message))


def pointer(path: Sequence[str | int]) -> str:
    """A path as a JSON pointer, in the form of a fragment (RFC 6901, 6)."""
    steps = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return _plain("#" + "".join("/" + step for step in steps))


def _changes(error: errors.SchemaBreaks) -> list[dict[str, Any]]:
    return [
        {
            "pointer": pointer(one.path),
            "breaking": one.breaking,
            "detail": _plain(one.message),
        }
        for one in error.changes
    ]


def _conflict(conflict: errors.EventConflict) -> FieldProblem:
    fields = ", ".join(conflict.fields)
    detail = f"an event with the id {conflict.event_id[:64]!r} was kept with other {fields}"
    return FieldProblem(f"#/events/{conflict.index}", None, "event_conflict", _plain(detail))


def _plain(text: str) -> str:
    # The name of a field may hold half a character (JSON allows "\ud800"); an answer may not.
    return text.encode(errors="replace").decode()


#: Litestar's own refusals: its texts may echo the request, so ours are used.
_REFUSALS: Mapping[int, errors.SightlineError] = {
    400: UnreadableBody("the request is not readable"),
    404: errors.NotFound("there is no such route"),
    405: MethodNotAllowed("this route has no such method"),
    413: BodyTooLarge("the body is too large"),
}


def _frameworks(error: HTTPException, request_id: str) -> Answer:
    made = _ours(_REFUSALS.get(error.status_code, _REFUSALS[400]), request_id, None)
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if "allow" not in headers:
        return made
    return Answer(made.status, {"allow": headers["allow"]}, made.body)


def _render(  # noqa: PLR0917  in the order of the document
    slug: str,
    title: str,
    status: HTTPStatus,
    detail: str,
    request_id: str,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Answer:
    document: dict[str, Any] = {
        "type": REGISTERED.get(slug, PATH + slug),
        "title": title,
        "status": int(status),
        "detail": detail,
        "request_id": request_id,
    }
    return Answer(int(status), headers or {}, msgspec.json.encode(document | dict(extra or {})))
