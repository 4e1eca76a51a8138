"""Log lines: one JSON object each, or text for people; never a secret."""

import logging
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import msgspec
import structlog
from structlog.typing import Processor

from ... import __version__
from ...ports.telemetry import FinishedRequest
from ...ports.tracing import current_trace

Event = MutableMapping[str, Any]

#: Short names as the code writes them, and as OpenTelemetry calls the same things.
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "method": "http.request.method",
        "route": "http.route",
        "status": "http.response.status_code",
        "tenant": "tenant.id",
        "key": "actor.id",
        "timestamp": "ts",
    }
)
_SECRET_FIELDS = frozenset(
    {"api_key", "authorization", "body", "cookie", "credential", "password", "secret", "token"}
)
_KEY = re.compile(r"sl_(?:live|test|rt)_[0-9A-Za-z_-]+|eyJ[0-9A-Za-z_-]+\.[0-9A-Za-z_.-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: Libraries that write whole addresses, or a line for every call.
_TALKATIVE = ("alembic", "httpcore", "httpx", "sqlalchemy")


def start_logging(level: str, form: str) -> None:
    """Send every log line of the process to standard error.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        form: ``json`` for one object a line, ``console`` for people.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redacted,
    ]
    last: list[Processor] = (
        [named, structlog.processors.JSONRenderer()]
        if form == "json"
        else [one_line, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    numeric = getattr(logging, level.upper())
    structlog.configure(
        processors=[*shared, *last],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        foreign_pre_chain=shared,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=numeric, force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(numeric, logging.WARNING))


def tell_failure(what: str, error: BaseException) -> None:
    """Write down what went wrong where nobody waits for an answer."""
    trace = current_trace.get()
    known = {"trace_id": trace.trace_id} if trace else {}
    structlog.get_logger().error("job_failed", what=what, exc_info=error, **known)


def tell_warning(event: str, **facts: object) -> None:
    """Write down what an operator should see to, though everything goes on.

    Nowhere before `start_logging`: a command's standard output is its answer.
    """
    if structlog.is_configured():
        structlog.get_logger().warning(event, **facts)


def request_lines(level: str, form: str) -> Callable[[FinishedRequest], None]:
    """What writes the line of every request.

    The line is made by hand: its fields hold nothing that a caller could have
    written, and structlog's chain takes 20 µs, this two.
    """
    if level not in {"debug", "info"}:
        return lambda finished: None
    if form != "json":
        return _tell
    encode = msgspec.json.Encoder().encode

    def write(finished: FinishedRequest) -> None:
        line = {
            "service.name": "sightline",
            "service.version": __version__,
            "ts": datetime.now(UTC),
            "level": "info",
            "event": "request_finished",
            "http.request.method": finished.method,
            "http.route": finished.route,
            "http.response.status_code": finished.status,
            "duration_ms": round(finished.seconds * 1000, 3),
            "request_id": finished.request_id,
            "trace_id": finished.trace_id,
        }
        if finished.tenant is not None:
            line |= {"tenant.id": finished.tenant, "actor.id": finished.key}
        sys.stderr.write(encode(line).decode() + "\n")

    return write


def _tell(finished: FinishedRequest) -> None:
    fields = finished._asdict()
    seconds = fields.pop("seconds")
    structlog.get_logger().info("request_finished", duration_ms=round(seconds * 1000, 3), **fields)


def redacted(_: Any, __: str, event: Event) -> Event:
    """Take out what is secret by its name or by its form."""
    for name, value in event.items():
        if name.lower() in _SECRET_FIELDS:
            event[name] = "[redacted]"
        elif isinstance(value, str) and ("sl_" in value or "eyJ" in value):
            event[name] = _KEY.sub(_hidden, value)
    return event


def _hidden(found: re.Match[str]) -> str:
    return "sl_[redacted]" if found[0].startswith("sl_") else "eyJ[redacted]"


def named(_: Any, __: str, event: Event) -> Event:
    """Call the fields what OpenTelemetry calls them; leave out what is not known."""
    renamed = {NAMES.get(name, name): value for name, value in event.items() if value is not None}
    return {"service.name": "sightline", "service.version": __version__, **renamed}


def one_line(_: Any, __: str, event: Event) -> Event:
    """Escape control characters, so that no caller can write a line of its own."""
    known = {name: value for name, value in event.items() if value is not None}
    for name, value in known.items():
        if isinstance(value, str) and name != "exception":
            known[name] = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", value)
    return known
