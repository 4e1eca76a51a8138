"""Is the process alive, and may requests be sent to it?"""

from collections.abc import Mapping
from typing import Any, Literal

from attrs import frozen
from litestar import Controller, Response, get

from ... import __version__
from ...domain.tenancy import CostClass
from .inputs import Call


@frozen(slots=False)
class Alive:
    """The process answers.

    Args:
        status: Always ``alive``.
        version: Version of Sightline.
    """

    status: Literal["alive"]
    version: str


@frozen(slots=False)
class Ready:
    """Whether requests may be sent here.

    Args:
        status: ``ready``, or ``not_ready`` with the HTTP status 503.
        checks: Per thing that must answer: ``ok``, or why it is not ready.
    """

    status: Literal["ready", "not_ready"]
    checks: Mapping[str, str]


class HealthController(Controller):
    """Health of the process."""

    tags = ("Operations",)

    @get("/health/live", operation_id="getLiveness", public=True)
    async def live(self) -> Alive:
        """Whether the process answers; it asks nothing else. If it fails, restart the process."""
        return Alive("alive", __version__)

    @get("/health/ready", operation_id="getReadiness", public=True, may_fail=(503,))
    async def ready(self, request: Call) -> Response[Ready]:
        """Whether requests may be sent here, and if not, what is not ready and why."""
        problems = await request.cases.check_readiness()
        broken = any(problems.values())
        answer = Ready(
            "not_ready" if broken else "ready",
            {name: problem or "ok" for name, problem in problems.items()},
        )
        return Response(answer, status_code=503 if broken else 200)

    @get(
        "/metrics",
        operation_id="getMetrics",
        cost_class=CostClass.ADMIN,
        needs="metrics:read",
        makes="text/plain",
        media_type="text/plain",
    )
    async def metrics(self, request: Call) -> Response[bytes]:
        """Figures of this process in the format of Prometheus."""
        telemetry: Any = request.app.state.telemetry
        body, media_type = telemetry.exposition()
        return Response(body, media_type=media_type.partition("; charset")[0])
