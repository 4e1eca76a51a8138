"""The HTTP application."""

import time
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from attrs import field, frozen
from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ControllerRouterHandler

from ...bootstrap import UseCases
from ...domain.events import LARGEST_BODY
from ...ports.telemetry import Telemetry
from . import limits, openapi, permission_matrix, problems
from .access import Authenticated, BodyDeadline, Cors, HeadAsGet
from .admission import AdmissionOptions
from .audit import Audited, Peers
from .audit_log import AuditController
from .cursors import Cursors
from .dashboard import Dashboard, exported
from .documents import DocumentsController
from .energy import EnergyController
from .event_bulk import EventBulkController
from .event_schemas import EventSchemaController
from .events import EventController
from .health import HealthController
from .health_models import HealthModelController
from .inputs import MAX_BODY_BYTES, Call
from .jobs import JobController, MarketRefreshController
from .keys import CallerController, KeyController
from .market_performance import MarketPerformanceController
from .metrics import MetricController, MetricDefinitionController
from .oauth import OAuthController
from .observe import Observe
from .peers import PeerLimited, Proxies
from .portfolio_health import PortfolioHealthController
from .portfolio_scores import PortfolioScoresController
from .properties import PropertyController
from .property_health import PropertyHealthController
from .protocol import App
from .questions_attribution import AttributionController
from .questions_cohorts import CohortController
from .questions_funnel import FunnelController
from .questions_retention import RetentionController
from .questions_series import SeriesController
from .signed import Signed
from .tenants import TenantController
from .usage import UsageController
from .users import UserController

CONTROLLERS: tuple[ControllerRouterHandler, ...] = (
    HealthController,
    DocumentsController,
    PropertyController,
    MarketPerformanceController,
    PropertyHealthController,
    HealthModelController,
    PortfolioHealthController,
    PortfolioScoresController,
    EnergyController,
    EventController,
    EventBulkController,
    AttributionController,
    FunnelController,
    UserController,
    MetricController,
    MetricDefinitionController,
    EventSchemaController,
    RetentionController,
    CohortController,
    SeriesController,
    JobController,
    MarketRefreshController,
    AuditController,
    KeyController,
    CallerController,
    OAuthController,
    UsageController,
    TenantController,
)


#: Addresses whose bodies have any length: each piece of them has the deadline of a body.
STREAMED = frozenset({"/api/v1/events/bulk"})


@frozen
class EdgeOptions:
    """How the edge behaves.

    Args:
        cors_origins: Origins that browsers may call from.
        body_deadline_seconds: Time for a body to arrive. [s]
        admission: How many requests are under way and wait.
        trusted_proxies: Whose word about the caller's address is taken.
        origin: Scheme and authority that callers sign; None takes them from each request.
        dashboard: Folder of the exported dashboard; None for none.
    """

    cors_origins: tuple[str, ...] = ()
    body_deadline_seconds: float = 10.0
    admission: AdmissionOptions = field(factory=AdmissionOptions)
    trusted_proxies: Proxies = ()
    origin: str | None = None
    dashboard: Path | None = None


def create_app(
    cases: UseCases, telemetry: Telemetry, secret: bytes, options: EdgeOptions = EdgeOptions()
) -> App:
    """Serve use cases over HTTP.

    Args:
        cases: What can be done.
        telemetry: What is counted.
        secret: The server's secret, to seal page cursors and hide addresses with.
        options: How the edge behaves.
    """
    return guarded(framework(telemetry), cases, telemetry, secret, options)


def guarded(
    app: App, cases: UseCases, telemetry: Telemetry, secret: bytes, options: EdgeOptions
) -> App:
    """Everything that stands in front of the routes, outermost last."""
    peers = Peers(secret)
    app = Signed(app, cases.check_signature, cases.sign_answer, LARGEST_BODY, options.origin)
    app = BodyDeadline(app, options.body_deadline_seconds, time.monotonic, STREAMED)
    admission = options.admission
    app = limits.Limited(app, cases, telemetry, admission.gates(), admission.pause_seconds)
    app = Audited(app, cases.record_audit, peers)
    app = Authenticated(app, cases, Cursors(secret))
    app = PeerLimited(app, cases, telemetry, peers, options.trusted_proxies)
    app = Dashboard(app, exported(options.dashboard) if options.dashboard else {})
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
        before_request=limits.admit,
        exception_handlers=problems.handlers(),
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
        state=State({"telemetry": telemetry}),
    )
    permission_matrix.check(app)
    openapi.name_parameters(app)
    limits.classify(app)
    app.state.methods = openapi.methods(app)
    app.state.openapi = cache(partial(openapi.document, app))  # takes as long as all else here
    return app
