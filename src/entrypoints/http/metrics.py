"""Metrics by the day: declared, sent, summed up."""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

from datetime import date as Day  # noqa: N812  (a field below is called date)

from attrs import frozen
from litestar import Controller, Response, get, post, put
from litestar.params import FromPath

from ...domain.metrics import (
    MetricDeclaration,
    MetricDefinition,
    MetricsSummary,
    MetricValue,
    SummaryQuestion,
)
from ...domain.outcomes import Outcome
from ...domain.tenancy import CostClass
from .conditional import expected_version, versioned
from .events import own_organization
from .inputs import Call, described
from .properties import ETAG, IF_MATCH


@frozen
class MetricEntry(MetricValue):
    """One figure of one metric on one day.

    Args:
        date: The calendar day, in the years 1970 to 2199.
        metric_name: A metric that you declared, but not as a ratio.
        value: The figure, within ±10^18. [the metric's unit]
        org_id: Your organization; may be left out.
    """

    org_id: str | None = None


@frozen
class MetricEntries:
    """Figures of metrics.

    Args:
        metrics: 1 to 1,000, taken in order: the last one of a metric and day counts.
        org_id: Your organization; may be left out.
    """

    metrics: tuple[MetricEntry, ...]
    org_id: str | None = None


@frozen(slots=False)
class RecordedMetric:
    """What became of one figure.

    Args:
        date: The day.
        metric_name: The metric.
        outcome: `created`, `changed`, or `unchanged` if it was the same already.
    """

    date: Day
    metric_name: str
    outcome: Outcome


@frozen(slots=False)
class RecordedMetrics:
    """What became of figures.

    Args:
        items: One per figure, in the order sent.
    """

    items: tuple[RecordedMetric, ...]


@frozen(slots=False)
class MetricDefinitions:
    """Every metric there is.

    Args:
        items: By name, the built-in ones among them.
    """

    items: tuple[MetricDefinition, ...]


@frozen
class SummaryParameters:
    """Which metrics on which days."""

    start_date: Day = described("First day.", example="2026-03-01")
    end_date: Day = described(
        "Last day, which belongs to the range; at most 400 days.", example="2026-03-28"
    )
    metrics: tuple[str, ...] = described(
        "Which metrics, at most 20, repeated or with commas between; all of them if left out.",
        default=(),
        example=["revenue", "orders"],
        repeatable=True,
    )
    org_id: str | None = described(
        "Your organization; may be left out.", default=None, max_length=64
    )


class MetricController(Controller):
    """Figures of your metrics."""

    path = "/api/v1/metrics"
    tags = ("Metrics",)

    @post(
        "/",
        operation_id="recordMetrics",
        needs="daily_metrics:write",
        takes=MetricEntries,
        cost_class=CostClass.BULK,
        status_code=200,
    )
    async def record(self, request: Call) -> RecordedMetrics:
        """Send up to 1,000 figures, all of them or none.

        There is one figure per metric and day, so sending one again replaces it, and sending
        the same again changes nothing. A metric must be declared first, for nobody but you
        knows how its days add up.
        """
        body = await request.payload(MetricEntries)
        for named in {body.org_id, *(one.org_id for one in body.metrics)}:
            own_organization(request, named)
        outcomes = await request.cases.record_metrics(request.tenant, body.metrics)
        pairs = zip(body.metrics, outcomes, strict=True)
        return RecordedMetrics(
            tuple(RecordedMetric(one.date, one.metric_name, became) for one, became in pairs)
        )

    @get(
        "/summary",
        operation_id="getMetricsSummary",
        needs="daily_metrics:read",
        asks=SummaryParameters,
        cost_class=CostClass.HEAVY,
    )
    async def summary(self, request: Call) -> MetricsSummary:
        """Metrics by the day, with totals.

        Every day of the range has a row; one without a figure says `missing`. The total says
        how it was made, and of how many days; where days do not add up there is none, with
        the reason. The total of a ratio is the ratio of totals, never a mean of ratios.
        """
        asked = request.parameters(SummaryParameters)
        own_organization(request, asked.org_id)
        question = SummaryQuestion(asked.start_date, asked.end_date, asked.metrics)
        return await request.cases.summarize_metrics(request.tenant, question)


class MetricDefinitionController(Controller):
    """Your metrics and how they add up."""

    path = "/api/v1/metric-definitions"
    tags = ("Metrics",)

    @get("/", operation_id="listMetricDefinitions", needs="daily_metrics:read")
    async def list_definitions(self, request: Call) -> MetricDefinitions:
        """Every metric, yours and the built-in ones, in one answer."""
        return MetricDefinitions(await request.cases.list_metrics(request.tenant))

    @get(
        "/{metric_name:str}",
        operation_id="getMetricDefinition",
        needs="daily_metrics:read",
        answer_headers=ETAG,
        cacheable=True,
    )
    async def show(self, request: Call, metric_name: FromPath[str]) -> Response[MetricDefinition]:
        """One metric and how its days add up."""
        found = await request.cases.show_metric(request.tenant, metric_name)
        return versioned(request, found, found.version)

    @put(
        "/{metric_name:str}",
        operation_id="replaceMetricDefinition",
        needs="daily_metrics:write",
        takes=MetricDeclaration,
        answer_headers=ETAG,
        may_fail=(409, 412),
        request_headers=IF_MATCH,
    )
    async def declare(
        self, request: Call, metric_name: FromPath[str]
    ) -> Response[MetricDefinition]:
        """Say what a metric is and how its days add up; again, to say it otherwise.

        Names are a lower-case letter and up to 63 of a-z, 0-9, `_`, `.` and `-`. Figures that
        were sent stay; they are added up as the metric says when you ask.
        """
        expected = expected_version(request)
        wanted = await request.payload(MetricDeclaration)
        made = await request.cases.declare_metric(request.tenant, metric_name, wanted, expected)
        return versioned(request, made, made.version)
