"""Every operation of somebody who came in goes on record (ADR 20).

A change is on record before it begins and its outcome before it is answered; a
read is taken down as it is answered and is durable a tenth of a second later.
What strangers tried stands in the log lines only: it has no tenant.
"""

import hashlib
import hmac
import os
import re
from typing import Any, Protocol

from attrs import define, evolve, field, frozen

from ...application.record_audit import RecordAudit
from ...domain.errors import AuditUnavailable
from ...domain.governance import AuditEntry, AuditOutcome, Personal, legible, outcome_of
from ...domain.identifiers import TenantId
from ...domain.tenancy import Principal
from ...ports.tracing import current_trace
from .observe import send_answer
from .protocol import App, Message, Receive, Scope, Send

#: What a route says in ``audit=`` if its method does not say it.
READ, CHANGE = "read", "change"
_KINDS = {"GET": READ, "OPTIONS": None}
_PROBLEM = re.compile(rb'"type":"/problems/([a-z0-9-]{1,64})"')
_PEERS_REMEMBERED = 4096


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


def actor_of(principal: Principal) -> tuple[str, str, str]:
    """Kind, id and name of whoever calls, as the log tells of them."""
    return principal.kind.value, principal.id, principal.name


@define
class Peers:
    """Addresses as a record may hold them: the same one looks the same, and none can be read.

    Args:
        secret: The server's secret.
    """

    secret: bytes = field(repr=False)
    _known: dict[str, str] = field(factory=dict, init=False)

    def hidden(self, address: str) -> str:
        """The first 64 bits of a keyed hash of an address, in hex."""
        found = self._known.get(address)
        if found is None:
            if len(self._known) >= _PEERS_REMEMBERED:
                self._known.clear()
            message = b"audit peer\x00" + address.encode(errors="replace")
            found = hmac.digest(self.secret, message, hashlib.sha256)[:8].hex()
            self._known[address] = found
        return found


@frozen
class Audited:
    """Puts on record what is asked of the application; stands right behind the credentials."""

    app: App
    recorder: RecordAudit
    peers: Peers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope.get("user") is None:
            await self.app(scope, receive, send)
            return
        call = _AuditedCall(scope, receive, send, self.recorder, self.peers)
        scope["audit"] = call
        try:
            await self.app(scope, receive if scope["method"] == "GET" else call.receive, call.send)
        except Exception:  # whatever it was goes on record, and on its way
            await call.broke()
            raise
        finally:
            call.left()


def concerns(scope: Any, tenant: TenantId) -> None:
    """Have this request put on record with another tenant as well, of which it is known to exist.

    The intent of a change stands with the caller's tenant alone.
    """
    call = scope.get("audit")
    if call is not None and tenant != call.scope["user"].tenant:
        call.concerned = tenant


async def before_change(scope: Any) -> None:
    """Keep that a change is about to be made; called when it is known which, and by whom.

    Raises:
        AuditUnavailable: If it cannot be kept; then nothing may be changed.
    """
    call = scope.get("audit")
    if call is not None:
        await call.intend()


@define(eq=False)
class _AuditedCall:
    """One request on its way."""

    scope: Scope
    _receive: Receive
    _send: Send
    recorder: RecordAudit
    peers: Peers
    concerned: TenantId | None = field(default=None, init=False)
    _at: Any = field(init=False)
    _body: _Hash | None = field(default=None, init=False)
    _intent: str | None = field(default=None, init=False)
    _held: Message | None = field(default=None, init=False)
    _recorded: bool = field(default=False, init=False)
    _closed: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._at = self.recorder.clock.now()

    async def receive(self) -> Message:
        message = await self._receive()
        if chunk := message.get("body"):
            if self._body is None:
                self._body = hashlib.sha256()
            self._body.update(chunk)
        return message

    async def intend(self) -> None:
        if self._kind() != CHANGE:
            return
        intent = os.urandom(12).hex()
        self._intent = intent
        try:
            await self.recorder.begin(self._entry(0, None))
        except AuditUnavailable:
            self._intent, self._recorded = None, True  # nothing is done: nothing to record
            raise

    async def send(self, message: Message) -> None:
        if self._recorded:
            if not self._closed:
                await self._send(message)
        elif message["type"] == "http.response.start":
            if message["status"] >= 400:
                self._held = message  # the body says which problem it is
            elif await self._on_record(message["status"], None):
                await self._send(message)
        elif self._held is not None:
            start, self._held = self._held, None
            found = _PROBLEM.search(message.get("body", b"")[:500])
            problem = found[1].decode() if found else None
            if await self._on_record(start["status"], problem):
                await self._send(start)
                await self._send(message)

    async def broke(self) -> None:
        """What was done ended in an error that nobody answered: Observe will, with 500."""
        if not self._recorded:
            await self._on_record(500, "internal", answered=False)

    def left(self) -> None:
        """Whoever asked has left, or nothing came: it is recorded all the same."""
        if self._recorded:
            return
        self._recorded = True
        if self._kind() is not None:
            for entry in self._entries(499, None):
                self.recorder.forsake(entry)

    async def _on_record(self, status: int, problem: str | None, *, answered: bool = True) -> bool:
        """Record the outcome; if that fails, answer so in its place."""
        self._recorded = True
        kind = self._kind()
        try:
            if kind == CHANGE:
                await self.recorder.conclude(*self._entries(status, problem))
            elif kind == READ:
                for entry in self._entries(status, problem):
                    self.recorder.note(entry)
        except AuditUnavailable as error:
            self._closed = True
            if answered:
                await send_answer(self._send, error, self.scope["request_id"])
            return False
        return True

    def _kind(self) -> str | None:
        handler = self.scope.get("route_handler")
        method = self.scope["method"]
        if handler is None:
            return None if method == "OPTIONS" else READ  # nothing was there to be changed
        if handler.opt.get("public"):
            return None
        found: str | None = handler.opt.get("audit") or _KINDS.get(method, CHANGE)
        return found

    def _entries(self, status: int, problem: str | None) -> tuple[AuditEntry, ...]:
        entry = self._entry(status, problem)
        if self.concerned is None:
            return (entry,)
        # Of its own salt, so that neither chain tells anything of the other's.
        copy = evolve(entry, tenant=self.concerned, salt=self.recorder.salt(), intent=None)
        return entry, copy

    def _entry(self, status: int, problem: str | None) -> AuditEntry:
        scope = self.scope
        principal: Principal = scope["user"]
        handler = scope.get("route_handler")
        actor_kind, actor_id, actor_name = actor_of(principal)
        client = scope.get("client")
        peer = self.peers.hidden(client[0]) if client else ""
        trace = current_trace.get()
        object_kind, object_id = _object(scope.get("path_params"))
        return AuditEntry(
            principal.tenant,
            self._at,
            actor_kind,
            Personal(legible(actor_id), actor_name, peer),
            self.recorder.salt(),
            "unmatched" if handler is None else handler.operation_id,
            object_kind,
            object_id,
            AuditOutcome.UNKNOWN if status == 499 else outcome_of(status),
            status,
            problem,
            scope["request_id"],
            "" if trace is None else trace.trace_id,
            None if self._body is None else self._body.hexdigest(),
            self._intent,
        )


def _object(path_parameters: dict[str, Any] | None) -> tuple[str | None, str | None]:
    """What the address names: the last of its parameters."""
    if not path_parameters:
        return None, None
    name, value = next(reversed(path_parameters.items()))
    return name.removesuffix("_id"), legible(str(value))
