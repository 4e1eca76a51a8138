"""Signed requests for keys that sign, and signed answers for callers that ask (ADR 25).

Innermost: whoever calls is known and has paid, the route is matched, so that a refusal is on
record as what was asked for. The whole body is read here, because its digest is what is signed.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define, field, frozen

from ...application.sign_messages import CheckSignature, SignAnswer
from ...domain.errors import SightlineError, SignatureInvalid
from ...domain.identifiers import KeyId
from ...domain.tenancy import ApiKey, Principal
from ...domain.tenancy.signatures import HttpMessage
from .observe import send_answer
from .problems import BodyTooLarge
from .protocol import App, Message, Receive, Scope, Send


@frozen
class Signed:
    """Refuses what a key that signs has not signed; signs answers with ``Accept-Signature``.

    The check itself runs where a route begins (`before_route`); what no route answers (404,
    405) is checked as the answer sets out. Answers that come in pieces are not signed: what
    is signed is known before it is sent.

    Args:
        app: What is wrapped.
        check: Checks a request.
        sign: Signs an answer.
        largest_body: Most bytes of a signed request. [bytes]
        origin: Scheme and authority that callers see, such as ``https://api.example.com``;
            None takes them from the request.
    """

    app: App
    check: CheckSignature
    sign: SignAnswer
    largest_body: int
    origin: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["signed"] = self
            principal = scope.get("user")
            if principal is not None:
                if any(name == b"accept-signature" for name, _ in scope["headers"]):
                    send = _SignedAnswer(send, self.message(scope), self.sign)
                if principal.signing is not None:
                    call = _SignedCall(self, scope, receive, send)
                    scope["signed_call"] = call
                    receive, send = call.receive, call.send
        await self.app(scope, receive, send)

    async def of_client(self, scope: Any, key: ApiKey, body: bytes) -> None:
        """Check a request that carries its key elsewhere than others do.

        Raises:
            SignatureInvalid: If it is not signed as the key signs.
            Unavailable: If that cannot be found out.
        """
        if key.signing is not None:
            await self.check(key.tenant, key.id, key.signing, self.message(scope), body)

    def message(self, scope: Scope) -> HttpMessage:
        """A request as its sender saw it."""
        fields = tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in scope["headers"]
        )
        origin = self.origin or f"{scope.get('scheme', 'http')}://{dict(fields).get('host', '')}"
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        target = f"{origin}{path.partition('?')[0]}" + (f"?{query}" if query else "")
        # HEAD was turned into GET on the way, but HEAD is what was signed.
        method: str = scope.get("asked_method") or scope["method"]
        return HttpMessage(method, target, fields)


async def before_route(scope: Any) -> None:
    """Check the signature of a request, if its key signs; called when its route is known.

    Raises:
        SignatureInvalid: If it does not hold, or is missing and required.
        BodyTooLarge: If the body is larger than that of a signed request may be.
        Unavailable: If that cannot be found out.
    """
    call = scope.get("signed_call")
    if call is not None:
        await call.check()


@define(eq=False)
class _SignedCall:
    """One request of a key that signs, on its way."""

    door: Signed
    scope: Scope
    _receive: Receive
    _send: Send
    _checked: bool = field(default=False, init=False)
    _read: list[Message] = field(factory=list, init=False)
    _refused: bool = field(default=False, init=False)

    async def check(self) -> None:
        if self._checked:
            return
        self._checked = True
        principal: Principal = self.scope["user"]
        assert principal.signing is not None
        body = await _whole_body(self._receive, self.door.largest_body)
        self._read.append({"type": "http.request", "body": body, "more_body": False})
        request = self.door.message(self.scope)
        await self.door.check(
            principal.tenant, KeyId(principal.id), principal.signing, request, body
        )

    async def receive(self) -> Message:
        """The body as if it came now; after it, what else there is."""
        return self._read.pop() if self._read else await self._receive()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not self._checked:
            try:
                await self.check()
            except SightlineError as error:
                self._refused = True
                await send_answer(self._send, error, self.scope["request_id"])
        if not self._refused:
            await self._send(message)


@define
class _SignedAnswer:
    """Holds the head of an answer back until its body is there, and signs both."""

    send: Send
    request: HttpMessage
    sign: Callable[[HttpMessage, int, bytes], tuple[tuple[str, str], ...]]
    _held: list[Message] = field(factory=list, init=False)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._held.append(message)
            return
        if self._held:
            start = self._held.pop()
            if not message.get("more_body", False):
                made = self.sign(self.request, start["status"], message.get("body", b""))
                extra = [(name.encode(), value.encode()) for name, value in made]
                start = {**start, "headers": [*start["headers"], *extra]}
            await self.send(start)
        await self.send(message)


async def _whole_body(receive: Callable[[], Awaitable[Message]], largest: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise SignatureInvalid("the caller left before the body was there")
        body += message.get("body", b"")
        if len(body) > largest:
            raise BodyTooLarge(f"the body of a signed request may have at most {largest} bytes")
        if not message.get("more_body", False):
            return bytes(body)
