"""Declare metrics, take their values in, sum them up."""

from collections.abc import Mapping, Sequence

from attrs import frozen

from ..domain.errors import InvalidFields, InvalidInput, MetricNotFound
from ..domain.identifiers import TenantId
from ..domain.metrics import (
    BUILT_IN,
    MOST_VALUES_AT_ONCE,
    MetricDeclaration,
    MetricDefinition,
    MetricsSummary,
    MetricValue,
    SummaryQuestion,
    undeclared_flaws,
)
from ..domain.outcomes import Outcome
from ..ports.clock import Clock
from ..ports.daily_figures import DailyFigures
from ..ports.event_log import EventLog
from ..ports.metrics import MetricDefinitionRepository, MetricValueRepository


@frozen
class ListMetrics:
    """Use case: every metric there is."""

    definitions: MetricDefinitionRepository

    async def __call__(self, tenant: TenantId) -> tuple[MetricDefinition, ...]:
        """List, by name, the built-in ones among them."""
        every = (*await self.definitions.definitions(tenant), *BUILT_IN.values())
        return tuple(sorted(every, key=lambda one: one.name))


@frozen
class ShowMetric:
    """Use case: one metric."""

    definitions: MetricDefinitionRepository

    async def __call__(self, tenant: TenantId, name: str) -> MetricDefinition:
        """Show.

        Raises:
            MetricNotFound: If it is neither declared nor built in.
        """
        known = {**await _known(self.definitions, tenant), **BUILT_IN}
        if name not in known:
            raise MetricNotFound(name)
        return known[name]


@frozen
class DeclareMetric:
    """Use case: say what a metric is and how its days add up."""

    definitions: MetricDefinitionRepository
    clock: Clock

    async def __call__(
        self,
        tenant: TenantId,
        name: str,
        wanted: MetricDeclaration,
        expected: int | None,
    ) -> MetricDefinition:
        """Declare.

        Raises:
            InvalidFields: If it cannot be declared so.
            MetricBuiltIn: If the name is that of a built-in metric.
            MetricInUse: If it would no longer be a sum, but a ratio is made of it.
            VersionMismatch: If it has another version than the expected one.
        """
        return await self.definitions.declare(tenant, name, wanted, expected, self.clock.now())


@frozen
class RecordMetrics:
    """Use case: values of metrics, each in the place of one of the same day."""

    definitions: MetricDefinitionRepository
    kept: MetricValueRepository

    async def __call__(
        self, tenant: TenantId, values: Sequence[MetricValue]
    ) -> tuple[Outcome, ...]:
        """Record all of them, in order, or none.

        Raises:
            InvalidInput: If there are none or more than 1,000.
            InvalidFields: If a metric is not declared, or is computed.
        """
        if not 1 <= len(values) <= MOST_VALUES_AT_ONCE:
            message = f"must hold 1 to {MOST_VALUES_AT_ONCE} values, not {len(values)}"
            raise InvalidInput(message, path=("metrics",), code="length")
        known = await _known(self.definitions, tenant)
        if flaws := list(undeclared_flaws(known, values)):
            raise InvalidFields(flaws)
        return await self.kept.record(tenant, values)


@frozen
class SummarizeMetrics:
    """Use case: metrics by the day, with totals."""

    definitions: MetricDefinitionRepository
    kept: MetricValueRepository
    figures: DailyFigures
    log: EventLog

    async def __call__(self, tenant: TenantId, question: SummaryQuestion) -> MetricsSummary:
        """Sum up.

        Raises:
            UnknownMetric: If a name is neither declared nor built in.
            InvalidInput: If all of them are asked for and they are too many.
            Unavailable: If what they are computed from does not answer.
        """
        plan = question.plan(await _known(self.definitions, tenant))
        first, last = question.first, question.last
        stored = await self.kept.values(tenant, plan.stored, first, last)
        if not plan.computed:
            return plan.summary(tenant, stored)
        # Asked first: what was acknowledged until now is either counted or pending.
        acknowledged = await self.log.position(tenant)
        computed = await self.figures.daily(tenant, plan.computed, first, last)
        return plan.summary(tenant, stored, computed, acknowledged)


async def _known(
    definitions: MetricDefinitionRepository, tenant: TenantId
) -> Mapping[str, MetricDefinition]:
    return {one.name: one for one in await definitions.definitions(tenant)}
