"""What a request costs, paid before any work is done, and told in header fields (ADR 18).

References:
    draft-ietf-httpapi-ratelimit-headers-11: RateLimit-Policy, RateLimit and problem types.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, field, frozen
from litestar import Litestar, Request, Response

from ...bootstrap import UseCases
from ...domain.errors import QuotaExceeded
from ...domain.tenancy import MICROSECONDS, Allowance, CostClass, Decision, Principal
from ...ports.telemetry import Telemetry
from . import inputs, openapi
from .admission import Gate, turned_away
from .observe import send_answer, send_made
from .problems import MEDIA_TYPE, answer
from .protocol import App, Message, Receive, Scope, Send

_BY_METHOD = {"GET": CostClass.READ}
#: What the framework finds out about an address.
_FACTS = ("route_handler", "path_template", "path_params")
_BODY = frozenset({b"content-length", b"transfer-encoding"})
_NO_BODY: Message = {"type": "http.request", "body": b"", "more_body": False}
#: So many addresses of requests that were refused are remembered, if they are not too long.
_CROWDED, _LONGEST_PATH = 1_000, 256


def classify(app: Litestar) -> None:
    """Give every route its cost class, once at start: as declared, or by its method."""
    for _, method, handler in openapi.operations(app):
        handler.opt.setdefault("cost_class", _BY_METHOD.get(method, CostClass.WRITE))


async def admit(call: Request[Any, Any, Any]) -> Response[Any] | None:
    """Before every handler: pay, wait for a place, then whatever `inputs.admit` asks for."""
    visit: _Visit | None = call.scope.get("visit")  # type: ignore[assignment]
    if visit is not None:
        handler: Any = call.scope["route_handler"]
        cost_class = handler.opt.get("cost_class", CostClass.READ)
        room = handler.opt.get("room", cost_class)
        refusal = await visit.enter(cost_class, room, handler.operation_id)
        if refusal is not None:
            return refusal
    return await inputs.admit(call)


@frozen
class _Route:
    """Where requests went that were refused, as the framework found out."""

    cost_class: CostClass
    room: str
    facts: Mapping[str, Any]


@frozen
class Limited:
    """Stands behind authentication: whoever came in pays for what they ask.

    Which route it is turns out inside the framework, in `admit`; what no route
    answers (404, 405) is paid for as a read when the answer sets out. While there is
    too much to do, requests for an address that was refused before are refused here,
    on the same terms: refusing must take as little as possible from those inside. For
    the same reason refusals are held back a moment, for clients that would come again at
    once.

    Args:
        app: What is wrapped.
        cases: Who is charged and counted.
        telemetry: Told of refusals.
        gates: Per cost class and for questions, how many may be under way; none for those that
            always pass.
        pause_seconds: How long a refusal is held back. [s]
        jitter: Spreads those that come again. [0..1)
    """

    app: App
    cases: UseCases
    telemetry: Telemetry
    gates: Mapping[str, Gate]
    pause_seconds: float = 0.0
    jitter: Callable[[], float] = random.random
    crowded: dict[tuple[str, str], _Route] = field(factory=dict, init=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal = scope.get("user")
        if principal is None or scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visit = scope["visit"] = _Visit(self, scope, receive, principal)
        if visit.place in self.crowded and await visit.is_refused_at_once(send):
            return
        refused = False

        async def opened(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                refused = visit.left
                if not visit.charged:
                    error = await visit.charge(CostClass.READ)
                    if error is not None:
                        refused = True
                        await send_answer(send, error, scope["request_id"], visit.fields)
                        return
                message["headers"] = [*message["headers"], *visit.fields]
            if not refused:
                await send(message)

        try:
            await self.app(scope, visit.receive, opened)
        finally:
            if visit.gate is not None:
                visit.gate.leave()


Fields = tuple[tuple[bytes, bytes], ...]


@define(eq=False)
class _Visit:
    """One request on its way: what it paid, and the place that it holds."""

    door: Limited
    scope: Scope
    _receive: Receive
    principal: Principal
    place: tuple[str, str] = field(init=False)
    charged: bool = field(default=False, init=False)
    fields: Fields = field(default=(), init=False)
    gate: Gate | None = field(default=None, init=False)
    cost: int = field(default=0, init=False)
    weight: int = field(default=1, init=False)
    left: bool = field(default=False, init=False)
    _watched: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.place = self.scope["method"], self.scope["path"]  # the framework changes the path

    async def is_refused_at_once(self, send: Send) -> bool:
        """Pay, and answer with a refusal if that or the wait for a place has no prospect."""
        if self._is_signed():
            return False  # both the request and the answer are looked at further in
        route = self.door.crowded[self.place]
        error = await self.charge(route.cost_class)
        if error is None and not self._is_hopeless(route.room):
            return False
        self.scope.update(route.facts)
        await asyncio.sleep(self.door.pause_seconds)
        if error is not None:
            await send_answer(send, error, self.scope["request_id"], self.fields)
            return True
        body, retry_after = self._turned_away(route.cost_class)
        headers = (b"retry-after", retry_after.encode()), *self.fields
        await send_made(send, 503, body, headers)
        return True

    async def enter(
        self, cost_class: CostClass, room: str, operation: str | None
    ) -> Response[Any] | None:
        """The refusal, or None once the request has paid and has a place."""
        error = None if self.charged else await self.charge(cost_class)
        if error is not None or self._is_hopeless(room):
            self._remember(cost_class, room)
            await asyncio.sleep(self.door.pause_seconds)
            return self._refusal(cost_class, error)
        gate = self.door.gates.get(room)
        if gate is not None:
            departure = self._departure if gate.is_full and self._is_without_body() else None
            if not await gate.enter(self.principal.tenant, self.cost, self.weight, departure):
                return self._refusal(cost_class, None)
            self.gate = gate
        if operation is not None:
            self.door.cases.meter_usage.count(self.principal, operation, self.cost)
        return None

    async def receive(self) -> Message:
        """What the caller sends, as if nobody had looked whether they are still there."""
        if self._watched:
            self._watched = False
            return dict(_NO_BODY)
        return await self._receive()

    async def charge(self, cost_class: CostClass) -> QuotaExceeded | None:
        """Pay; why not, if the tenant or its key cannot."""
        plan, decision = await self.door.cases.limit_tenant(self.principal, cost_class)
        limit = plan.classes[cost_class]
        self.charged, self.cost, self.weight = True, limit.cost, plan.weight
        allowances: Sequence[Allowance] = (limit.tenant, limit.key)
        if plan.quota is not None:
            allowances = (*allowances, plan.quota)
        self.fields = fields(allowances, decision)
        if decision.allowed:
            return None
        self.door.telemetry.count("limits.refused", cost_class=cost_class)
        return exceeded(decision, self.door.jitter)

    def _is_hopeless(self, room: str) -> bool:
        gate = self.door.gates.get(room)
        return gate is not None and not gate.admits(self.principal.tenant)

    def _refusal(self, cost_class: CostClass, error: QuotaExceeded | None) -> Response[Any]:
        if self.left:
            self.door.telemetry.count("admission.left", cost_class=cost_class)
            return Response(None, status_code=499)  # which nobody is there to get
        if error is not None:
            made = answer(error, self.scope["request_id"])
            status, body, headers = 429, made.body, dict(made.headers)
        else:
            body, retry_after = self._turned_away(cost_class)
            status, headers = 503, {"retry-after": retry_after}
        return Response(body, status_code=status, headers=headers, media_type=MEDIA_TYPE)

    def _turned_away(self, cost_class: CostClass) -> tuple[bytes, str]:
        self.door.telemetry.count("admission.refused", cost_class=cost_class)
        return turned_away(self.scope["request_id"], self.door.jitter)

    def _remember(self, cost_class: CostClass, room: str) -> None:
        crowded = self.door.crowded
        if len(self.place[1]) > _LONGEST_PATH:
            return
        if len(crowded) >= _CROWDED:
            del crowded[next(iter(crowded))]
        crowded[self.place] = _Route(cost_class, room, {name: self.scope[name] for name in _FACTS})

    def _is_without_body(self) -> bool:
        scope = self.scope
        return scope["method"] == "GET" and not any(name in _BODY for name, _ in scope["headers"])

    def _is_signed(self) -> bool:
        return self.principal.signing is not None or any(
            name == b"accept-signature" for name, _ in self.scope["headers"]
        )

    async def _departure(self) -> None:
        self._watched = True
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.left = True


def fields(allowances: Sequence[Allowance], decision: Decision) -> Fields:
    """RateLimit-Policy and RateLimit.

    `t` tells the seconds until everything is back; of a limit that refuses,
    until the same request would pass. On a refusal only such limits are told.
    """
    policies = [f'"{one.name}";q={one.quota};w={one.window_seconds}' for one in allowances]
    states = [
        f'"{name}";r={remaining};t={-(-(reset if allowed else wait) // MICROSECONDS)}'
        for name, allowed, remaining, reset, wait in decision.verdicts
        if decision.allowed or not allowed
    ]
    return (
        (b"ratelimit-policy", ", ".join(policies).encode()),
        (b"ratelimit", ", ".join(states).encode()),
    )


def exceeded(decision: Decision, jitter: Callable[[], float]) -> QuotaExceeded:
    """Why a request is refused, and when to come again: never too early, and not all at once."""
    seconds = -(-decision.wait // MICROSECONDS)
    return QuotaExceeded(decision.violated, seconds + int(jitter() * (2 + seconds // 5)))
