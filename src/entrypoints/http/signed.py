"""Signed requests for keys that ask for it, and signed answers for callers that do.

Stands between the credentials and the deadline for bodies: the whole body is read
here, because its digest is what is signed.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from attrs import define, field, frozen

from ...domain.errors import SightlineError, Unauthenticated
from ...domain.structured_fields import Value
from ...domain.tenancy import Principal
from ...domain.tenancy.signatures import (
    TAG,
    TOLERANCE_SECONDS,
    HttpMessage,
    VerificationKey,
    accepted,
    content_digest,
    covered_by,
    signed,
)
from ...ports.clock import Clock
from ...ports.nonces import NonceMemory
from ...ports.signer import Signer
from .observe import send_answer
from .problems import BodyTooLarge
from .protocol import App, Message, Receive, Scope, Send

#: What the signature of an answer covers.
_ANSWER = ("@status", "content-digest", "@method;req", "@target-uri;req")
#: Longer than a signature can be old and made in the future, together.
_REMEMBERED = timedelta(seconds=2 * TOLERANCE_SECONDS)


@frozen
class Signed:
    """Refuses what a key that signs has not signed; signs answers with ``Accept-Signature``.

    Answers that come in pieces are not signed: what is signed is known before it is sent.

    Args:
        app: What is wrapped.
        keys: What the signatures of a principal are checked with; None if it need not sign.
        nonces: Which were used lately.
        signer: Signs answers, and checks Ed25519.
        clock: Tells what is too old.
        largest_body: Most bytes of a signed request. [bytes]
        origin: Scheme and authority that callers see, such as ``https://api.example.com``;
            None takes them from the request.
    """

    app: App
    keys: Callable[[Principal], Awaitable[VerificationKey | None]]
    nonces: NonceMemory
    signer: Signer
    clock: Clock
    largest_body: int
    origin: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal = scope.get("user") if scope["type"] == "http" else None
        if principal is None:
            await self.app(scope, receive, send)
            return
        request = self._request(scope)
        if request.field("accept-signature") is not None:
            send = _SignedAnswer(send, request, self.signer, self.clock)
        try:
            key = await self.keys(principal)
            if key is not None:
                body = await _whole_body(receive, self.largest_body)
                await self._check(request, body, key)
                receive = _again(body, receive)
        except SightlineError as error:
            await send_answer(send, error, scope["request_id"])
            return
        await self.app(scope, receive, send)

    async def _check(self, request: HttpMessage, body: bytes, key: VerificationKey) -> None:
        now = self.clock.now()
        nonce = accepted(request, body, key, now.timestamp(), self.signer.checks)
        # Last, so that nobody without the key can use nonces up.
        if not await self.nonces.first_use(key.id, nonce, now, now + _REMEMBERED):
            raise Unauthenticated("the nonce of the signature was used before")

    def _request(self, scope: Scope) -> HttpMessage:
        fields = tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in scope["headers"]
        )
        named = dict(fields)
        origin = self.origin or f"{scope.get('scheme', 'http')}://{named.get('host', '')}"
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        target = f"{origin}{path.partition('?')[0]}" + (f"?{query}" if query else "")
        # HEAD was turned into GET on the way, but HEAD is what was signed.
        method: str = scope.get("asked_method") or scope["method"]
        return HttpMessage(method, target, fields)


@define
class _SignedAnswer:
    """Holds the head of an answer back until its body is there, and signs both."""

    send: Send
    request: HttpMessage
    signer: Signer
    clock: Clock
    _held: list[Message] = field(factory=list, init=False)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._held.append(message)
            return
        if self._held:
            start = self._held.pop()
            if not message.get("more_body", False):
                start = self._with_signature(start, message.get("body", b""))
            await self.send(start)
        await self.send(message)

    def _with_signature(self, start: Message, body: bytes) -> Message:
        digest = ("content-digest", content_digest(body))
        request = self.request
        answer = HttpMessage(
            request.method, request.target_uri, (digest,), start["status"], request
        )
        created = int(self.clock.now().timestamp())
        parameters: dict[str, Value] = {"created": created, "keyid": self.signer.key_id, "tag": TAG}
        headers = signed(answer, covered_by(_ANSWER, parameters), self.signer.sign)
        extra = [(name.encode(), value.encode()) for name, value in (digest, *headers)]
        return {**start, "headers": [*start["headers"], *extra]}


async def _whole_body(receive: Receive, largest: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Unauthenticated("the caller left before the body was there")
        body += message.get("body", b"")
        if len(body) > largest:
            raise BodyTooLarge(f"the body of a signed request may have at most {largest} bytes")
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body as if it came now; after it, what else there is."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message
