"""Who may come in: credentials before anything else is looked at, CORS, HEAD, slow bodies."""

import asyncio
from collections.abc import Callable
from typing import Any

from attrs import frozen

from ...bootstrap import UseCases
from ...domain.errors import SightlineError, Unauthenticated
from ...domain.tenancy import Principal
from .cursors import Cursors
from .observe import send_answer
from .problems import RequestTooSlow
from .protocol import App, Message, Receive, Scope, Send

PUBLIC_PATHS = frozenset(
    {
        "/",
        "/docs",
        "/redoc",
        "/openapi.json",
        "/problems",
        "/health/live",
        "/health/ready",
        "/oauth/token",
        "/oauth/revoke",
        "/.well-known/jwks.json",
        "/.well-known/answer-keys.json",
        "/.well-known/oauth-authorization-server",
    }
)
PUBLIC_FOLDERS = ("/assets/", "/problems/")


@frozen
class Authenticated:
    """Lets a request in only with a valid credential, unless it asks for health or documents.

    It stands before routing, so that somebody without a key cannot even learn
    which routes exist.
    """

    app: App
    cases: UseCases
    cursors: Cursors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["cases"] = self.cases
            scope["cursors"] = self.cursors
            if not is_public(scope["path"]):
                try:
                    scope["user"] = await self.cases.authenticate(_credential(scope))
                except SightlineError as error:
                    scope["wrong_credential"] = isinstance(error, Unauthenticated)
                    await send_answer(send, error, scope["request_id"])
                    return
        await self.app(scope, receive, send)


def is_public(path: str) -> bool:
    """Whether an address is for everybody, with or without a credential."""
    return (path.rstrip("/") or "/") in PUBLIC_PATHS or path.startswith(PUBLIC_FOLDERS)


def _credential(scope: Scope) -> str:
    found = []
    for name, value in scope["headers"]:
        if name == b"x-api-key":
            found.append(value)
        elif name == b"authorization":
            scheme, _, token = value.partition(b" ")
            if scheme.lower() != b"bearer":
                raise Unauthenticated("use Authorization: Bearer, or X-API-Key")
            found.append(token.strip())
    if not found:
        raise Unauthenticated("a key or token is required: Authorization: Bearer <it>")
    if any(other != found[0] for other in found):
        raise Unauthenticated("the request carries different credentials")
    text: str = found[0].decode("latin-1")
    return text


@frozen
class Cors:
    """Tells browsers which other origins may read answers (Fetch standard).

    Args:
        app: What is wrapped.
        origins: Exact origins, such as ``https://app.example.com``; empty for none.
    """

    app: App
    origins: frozenset[bytes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.origins:
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"")
        allowed = origin in self.origins
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await _preflight(send, origin if allowed else None)
            return
        # For an answer that is made outside of this, when everything in here has failed.
        told = scope["cors"] = tuple(_cors_headers(origin, allowed))

        async def opened(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *told]
            await send(message)

        await self.app(scope, receive, opened)


def _cors_headers(origin: bytes, allowed: bool) -> list[tuple[bytes, bytes]]:
    vary = [(b"vary", b"Origin")]
    if not allowed:
        return vary
    exposed = (
        b"ETag, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, Age, "
        b"Idempotent-Replayed, Preference-Applied, As-Of-Position, "
        b"Accept-Signature, Content-Digest, Signature, Signature-Input"
    )
    return [
        *vary,
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", exposed),
        (b"cross-origin-resource-policy", b"cross-origin"),
    ]


async def _preflight(send: Send, origin: bytes | None) -> None:
    headers = [(b"vary", b"Origin"), (b"content-length", b"0")]
    if origin is not None:
        names = (
            b"Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, "
            b"X-API-Key, X-Request-Id, Prefer, traceparent, "
            b"Accept-Signature, Content-Digest, Signature, Signature-Input"
        )
        headers += [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
            (b"access-control-allow-headers", names),
            (b"access-control-max-age", b"600"),
        ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


@frozen
class HeadAsGet:
    """Answers HEAD wherever GET is answered, without the content (RFC 9110, 9.3.2)."""

    app: App

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"
        if head:
            scope["method"] = "GET"
            scope["asked_method"] = "HEAD"  # which is what was signed

        async def bare(message: Message) -> None:
            if message["type"] == "http.response.body" and head:
                message["body"] = b""
            elif message["type"] == "http.response.start":
                message["headers"] = [_with_head(*pair) for pair in message["headers"]]
            await send(message)

        await self.app(scope, receive, bare)


def _with_head(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name.lower() != b"allow":
        return name, value
    methods = {method.strip() for method in value.split(b",")}
    return name, b", ".join(sorted(methods | ({b"HEAD"} if b"GET" in methods else set())))


@frozen
class BodyDeadline:
    """Gives a body so many seconds to arrive; no server does (ADR 4).

    Args:
        app: What is wrapped.
        seconds: From the first look at the body to its end. [s]
        time: A monotonic clock. [s]
        streamed: Addresses whose bodies have any length; there every piece has so many seconds.
    """

    app: App
    seconds: float
    time: Callable[[], float]
    streamed: frozenset[str] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (
            scope["method"] in {"GET", "HEAD", "OPTIONS"} and not _signs(scope.get("user"))
        ):
            await self.app(scope, receive, send)
            return
        deadline = self.time() + self.seconds
        complete = False
        streamed = scope["path"].rstrip("/") in self.streamed

        async def timely() -> Any:
            nonlocal complete, deadline
            if complete:
                return await receive()
            if streamed:
                deadline = self.time() + self.seconds
            try:
                async with asyncio.timeout(max(0.0, deadline - self.time())):
                    message = await receive()
            except TimeoutError:
                complete = True
                message_text = f"the body did not arrive within {self.seconds:g} seconds"
                raise RequestTooSlow(message_text) from None
            complete = not message.get("more_body", False)
            return message

        await self.app(scope, timely, send)


def _signs(principal: Principal | None) -> bool:
    """Whether the body is read whatever the method, because its digest may be signed."""
    return principal is not None and principal.signing is not None
