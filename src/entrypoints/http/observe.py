"""The outermost wrapper: request id, trace, log line, figures and security headers."""

import os
import re
import time
from collections.abc import Mapping

import structlog
from attrs import frozen

from ...ports.telemetry import FinishedRequest, Telemetry
from ...ports.tracing import TraceContext, current_trace
from .problems import MEDIA_TYPE, answer
from .protocol import App, Message, Receive, Scope, Send

_log = structlog.get_logger()

#: Version ff and ids of nothing but zeros are not valid (W3C Trace Context, 3.2.2).
_TRACEPARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?"
)
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

#: On every answer; a route may set its own Cache-Control or Content-Security-Policy.
HEADERS: Mapping[bytes, bytes] = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"server": b"sightline",
    b"strict-transport-security": b"max-age=31536000; includeSubDomains",
    b"x-content-type-options": b"nosniff",
}
_DEFAULTS = tuple(HEADERS.items())


@frozen
class Observe:
    """Watches every request, whatever becomes of it."""

    app: App
    telemetry: Telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        method = scope["method"]
        request_id = _identify(scope)
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _completed(message["headers"], request_id)
            await send(message)

        self.telemetry.active_requests(1)
        try:
            await self.app(scope, receive, watched)
        except Exception:  # the outermost edge: whatever it was is told and answered
            _log.exception("request_failed", request_id=request_id)
            if status:
                raise  # too late to answer otherwise: the connection must break
            await send_answer(watched, RuntimeError(), request_id, scope.get("cors", ()))
        finally:
            self.telemetry.active_requests(-1)
            self._report(scope, method, status or 499, time.perf_counter() - started)

    def _report(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        principal = scope.get("user")
        trace = current_trace.get()
        self.telemetry.request_finished(
            FinishedRequest(
                method if method in _METHODS else "_OTHER",
                scope.get("path_template") or "unmatched",
                status,
                seconds,
                scope["request_id"],
                trace.trace_id if trace else "",
                principal.tenant if principal else None,
                principal.id if principal else None,
            )
        )


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


async def send_answer(
    send: Send, error: Exception, request_id: str, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    """Answer with a problem from outside the framework."""
    made = answer(error, request_id)
    named = [(name.encode(), value.encode()) for name, value in made.headers.items()]
    await send_made(send, made.status, made.body, (*named, *headers))


async def send_made(
    send: Send, status: int, body: bytes, headers: tuple[tuple[bytes, bytes], ...]
) -> None:
    """Answer with a problem that is written already."""
    described = (b"content-type", _MEDIA_TYPE), (b"content-length", str(len(body)).encode())
    start = {"type": "http.response.start", "status": status, "headers": [*described, *headers]}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})


_MEDIA_TYPE = MEDIA_TYPE.encode()


def _identify(scope: Scope) -> str:
    """Give the request its id and its place in a trace."""
    request_id = trace_id = flags = None
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            request_id = value.decode()
        elif name == b"traceparent" and (found := _TRACEPARENT.fullmatch(value)):
            trace_id, flags = found[1].decode(), found[2].decode()
    fresh = os.urandom(24).hex()
    trace = TraceContext(trace_id or fresh[:32], fresh[32:], flags or "00")
    current_trace.set(trace)
    scope["request_id"] = request_id or trace.trace_id
    return request_id or trace.trace_id


def _completed(headers: list[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
    named = {name for name, _ in headers}
    trace = current_trace.get()
    extra = [(b"x-request-id", request_id.encode())]
    if trace is not None:
        extra.append((b"traceparent", trace.traceparent.encode()))
    return [*headers, *(pair for pair in _DEFAULTS if pair[0] not in named), *extra]
