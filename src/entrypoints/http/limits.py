"""What a request costs, paid before any work is done, and told in header fields (ADR 18).

References:
    draft-ietf-httpapi-ratelimit-headers-11: RateLimit-Policy, RateLimit and problem types.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, frozen
from litestar import Litestar, Request, Response

from ...bootstrap import UseCases
from ...domain.errors import QuotaExceeded
from ...domain.tenancy import MICROSECONDS, Allowance, CostClass, Decision, Principal
from ...ports.telemetry import Telemetry
from . import inputs, openapi
from .admission import Gate, turned_away
from .observe import send_answer
from .problems import MEDIA_TYPE, answer
from .protocol import App, Message, Receive, Scope, Send

_BY_METHOD = {"GET": CostClass.READ}


def classify(app: Litestar) -> None:
    """Give every route its cost class, once at start: as declared, or by its method."""
    for _, method, handler in openapi.operations(app):
        handler.opt.setdefault("cost_class", _BY_METHOD.get(method, CostClass.WRITE))


async def admit(call: Request[Any, Any, Any]) -> Response[Any] | None:
    """Before every handler: pay, wait for a place, then whatever `inputs.admit` asks for."""
    visit: _Visit | None = call.scope.get("visit")  # type: ignore[assignment]
    if visit is not None:
        handler: Any = call.scope["route_handler"]
        refusal = await visit.enter(
            handler.opt.get("cost_class", CostClass.READ), handler.operation_id
        )
        if refusal is not None:
            return refusal
    return await inputs.admit(call)


@frozen
class Limited:
    """Stands behind authentication: whoever came in pays for what they ask.

    Which route it is turns out inside the framework, in `admit`; what no route
    answers (404, 405) is paid for as a read when the answer sets out.

    Args:
        app: What is wrapped.
        cases: Who is charged and counted.
        telemetry: Told of refusals.
        gates: Per cost class, how many may be under way; none for those that always pass.
        jitter: Spreads those that come again. [0..1)
    """

    app: App
    cases: UseCases
    telemetry: Telemetry
    gates: Mapping[CostClass, Gate]
    jitter: Callable[[], float] = random.random

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal = scope.get("user")
        if principal is None or scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visit = scope["visit"] = _Visit(self, principal, scope["request_id"])
        refused = False

        async def opened(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                if not visit.charged:
                    error = await visit.charge(CostClass.READ)
                    if error is not None:
                        refused = True
                        await send_answer(send, error, visit.request_id, visit.fields)
                        return
                message["headers"] = [*message["headers"], *visit.fields]
            if not refused:
                await send(message)

        try:
            await self.app(scope, receive, opened)
        finally:
            if visit.gate is not None:
                visit.gate.leave()


Fields = tuple[tuple[bytes, bytes], ...]


@define
class _Visit:
    """One request on its way: what it paid, and the place that it holds."""

    door: Limited
    principal: Principal
    request_id: str
    charged: bool = False
    fields: Fields = ()
    gate: Gate | None = None
    cost: int = 0
    weight: int = 1

    async def enter(self, cost_class: CostClass, operation: str | None) -> Response[Any] | None:
        """The refusal, or None once the request has paid and has a place."""
        error = await self.charge(cost_class)
        if error is not None:
            made = answer(error, self.request_id)
            return Response(
                made.body, status_code=429, headers=dict(made.headers), media_type=MEDIA_TYPE
            )
        gate = self.door.gates.get(cost_class)
        if gate is not None:
            if not await gate.enter(self.principal.tenant, self.cost, self.weight):
                self.door.telemetry.count("admission.refused", cost_class=cost_class)
                body, headers = turned_away(self.request_id, self.door.jitter)
                return Response(body, status_code=503, headers=headers, media_type=MEDIA_TYPE)
            self.gate = gate
        if operation is not None:
            self.door.cases.meter_usage.count(self.principal, operation, self.cost)
        return None

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
