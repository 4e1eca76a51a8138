"""The HTTP application."""

import time
from collections.abc import Sequence

from attrs import frozen
from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ControllerRouterHandler

from ...bootstrap import UseCases
from ...ports.telemetry import Telemetry
from . import openapi, permission_matrix, problems
from .access import Authenticated, BodyDeadline, Cors, HeadAsGet
from .cursors import Cursors
from .documents import DocumentsController
from .energy import EnergyController
from .health import HealthController
from .inputs import MAX_BODY_BYTES, Call, admit
from .jobs import JobController, MarketRefreshController
from .keys import CallerController, KeyController
from .market_performance import MarketPerformanceController
from .oauth import OAuthController
from .observe import Observe
from .properties import PropertyController
from .property_health import PropertyHealthController
from .protocol import App

CONTROLLERS: tuple[ControllerRouterHandler, ...] = (
    HealthController,
    DocumentsController,
    PropertyController,
    MarketPerformanceController,
    PropertyHealthController,
    EnergyController,
    JobController,
    MarketRefreshController,
    KeyController,
    CallerController,
    OAuthController,
)


@frozen
class EdgeOptions:
    """How the edge behaves.

    Args:
        cors_origins: Origins that browsers may call from.
        body_deadline_seconds: Time for a body to arrive. [s]
    """

    cors_origins: tuple[str, ...] = ()
    body_deadline_seconds: float = 10.0


def create_app(
    cases: UseCases, telemetry: Telemetry, secret: bytes, options: EdgeOptions = EdgeOptions()
) -> App:
    """Serve use cases over HTTP.

    Args:
        cases: What can be done.
        telemetry: What is counted.
        secret: The server's secret, to seal page cursors with.
        options: How the edge behaves.
    """
    return guarded(framework(telemetry), cases, telemetry, secret, options)


def guarded(
    app: App, cases: UseCases, telemetry: Telemetry, secret: bytes, options: EdgeOptions
) -> App:
    """Everything that stands in front of the routes, outermost last."""
    app = BodyDeadline(app, options.body_deadline_seconds, time.monotonic)
    app = Authenticated(app, cases, Cursors(secret))
    app = HeadAsGet(app)
    app = Cors(app, frozenset(origin.encode() for origin in options.cors_origins))
    return Observe(app, telemetry)


def framework(
    telemetry: Telemetry, controllers: Sequence[ControllerRouterHandler] = CONTROLLERS
) -> Litestar:
    """Routes, guards and error answers, without what stands in front of them.

    Raises:
        UndeclaredPermission: If a route does not say who may call it.
    """
    app = Litestar(
        route_handlers=controllers,
        request_class=Call,
        before_request=admit,
        exception_handlers=problems.handlers(),
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
        state=State({"telemetry": telemetry}),
    )
    permission_matrix.check(app)
    openapi.name_parameters(app)
    app.state.methods = openapi.methods(app)
    app.state.openapi = openapi.document(app)
    return app
