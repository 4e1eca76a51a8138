"""Kept health scores in memory; they live and go with the properties."""

from collections.abc import Mapping, Sequence
from datetime import date

from attrs import define, evolve, field

from ...domain.identifiers import PropertyId, TenantId
from ...domain.portfolio.health_selection import (
    HealthFilter,
    HealthPage,
    HealthQuery,
    health_page,
)
from ...domain.portfolio.kept_health import (
    KeptHealth,
    Period,
    PortfolioState,
    PropertyScore,
    Standing,
)
from ...domain.portfolio.portfolio_health import (
    Grouping,
    HealthSummary,
    SummaryRow,
    summary_row,
)
from ...domain.portfolio.selection import PropertyQuery
from ...domain.windows import Interval
from ...ports.health_scores import KeptBuckets, KeptState, Summaries
from .properties import MemoryPropertyRepository


@define
class _Kept:
    scores: dict[PropertyId, PropertyScore] = field(factory=dict)
    standings: dict[PropertyId, Standing] = field(factory=dict)
    buckets: dict[PropertyId, KeptBuckets] = field(factory=dict)
    summaries: Summaries = field(factory=dict)
    state: PortfolioState | None = None
    revision: int = 0

    def forget(self, identifier: PropertyId) -> None:
        self.scores.pop(identifier, None)
        self.standings.pop(identifier, None)
        self.buckets.pop(identifier, None)

    def latest(self) -> Mapping[Interval, date]:
        found: dict[Interval, date] = {}
        for kept in self.buckets.values():
            for line in kept.lines:
                if line.complete:
                    found[line.interval] = max(line.start, found.get(line.interval, line.start))
        return found

    def bucket(
        self, identifier: PropertyId, period: Period | None
    ) -> tuple[float | None, float | None]:
        kept = self.buckets.get(identifier)
        if kept is None or period is None:
            return None, None
        here = (period.interval, period.start)
        found = (o for o in kept.lines if (o.interval, o.start) == here)
        return next(((line.score, line.change) for line in found), (None, None))

    def told(self, period: Period | None) -> list[KeptHealth]:
        return [
            KeptHealth(score, self.standings.get(one), *self.bucket(one, period))
            for one, score in sorted(self.scores.items())
        ]


class MemoryHealthScoreRepository:
    """Keeps the scores of the properties of one repository."""

    def __init__(self, properties: MemoryPropertyRepository) -> None:
        self._properties = properties
        self._tenants: dict[TenantId, _Kept] = {}
        properties.on_remove.append(lambda tenant, one: self._of(tenant).forget(one))

    async def page(self, tenant: TenantId, query: HealthQuery) -> HealthPage:
        kept = self._of(tenant)
        start = query.period.start or kept.latest().get(query.period.interval)
        period = Period(query.period.interval, start) if start else None
        found = evolve(query, limit=None).reference(kept.told(period))
        return health_page(query, found)

    async def one(self, tenant: TenantId, identifier: PropertyId) -> KeptHealth | None:
        kept = self._of(tenant)
        score = kept.scores.get(identifier)
        return KeptHealth(score, kept.standings.get(identifier), None, None) if score else None

    async def rows(
        self, tenant: TenantId, where: HealthFilter, period: Period | None
    ) -> tuple[SummaryRow, ...]:
        told = [one for one in self._of(tenant).told(period) if where.fits(one)]
        there = await self._properties.some(tenant, [one.score.id for one in told])
        return tuple(map(summary_row, told, there))

    async def summary(
        self, tenant: TenantId, interval: Interval, by: Grouping | None
    ) -> HealthSummary | None:
        return self._of(tenant).summaries.get((interval, by))

    async def put_summaries(self, tenant: TenantId, summaries: Summaries) -> None:
        kept = self._of(tenant)
        kept.summaries = dict(summaries)
        kept.revision += 1

    async def unscored(self, tenant: TenantId) -> tuple[PropertyId, ...]:
        owned = (await self._properties.page(tenant, PropertyQuery())).items
        return tuple(one.id for one in owned if one.id not in self._of(tenant).scores)

    async def everything(self, tenant: TenantId) -> tuple[PropertyScore, ...]:
        return tuple(score for _, score in sorted(self._of(tenant).scores.items()))

    async def history_keys(self, tenant: TenantId) -> Mapping[PropertyId, str]:
        return {one: kept.key for one, kept in self._of(tenant).buckets.items()}

    async def put(self, tenant: TenantId, scores: Sequence[PropertyScore]) -> None:
        kept, there = self._of(tenant), await self._properties.some(tenant, [o.id for o in scores])
        present = {subject.id for subject in there}
        for score in scores:
            before = kept.scores.get(score.id)
            if score.id in present and (before is None or score.inputs.supersedes(before.inputs)):
                kept.scores[score.id] = score
        kept.revision += 1

    async def put_buckets(
        self, tenant: TenantId, histories: Mapping[PropertyId, KeptBuckets]
    ) -> None:
        kept, there = self._of(tenant), await self._properties.some(tenant, list(histories))
        for subject in there:
            found = histories[subject.id]
            kept.buckets[subject.id] = KeptBuckets(found.key, tuple(found.lines))
        kept.revision += 1

    async def rank(
        self,
        tenant: TenantId,
        standings: Mapping[PropertyId, Standing] | None,
        state: PortfolioState | None,
    ) -> None:
        kept = self._of(tenant)
        if standings is not None:
            kept.standings = {one: said for one, said in standings.items() if one in kept.scores}
        kept.state = state or kept.state
        kept.revision += 1

    async def state(self, tenant: TenantId) -> KeptState:
        kept = self._of(tenant)
        return KeptState(kept.state, kept.latest(), kept.revision)

    async def behind(self, markets_position: int, day: date) -> tuple[TenantId, ...]:
        found = []
        for tenant in await self._properties.tenants():
            state = self._of(tenant).state
            _, position = await self._properties.comparison_policy(tenant)
            seen = (state.position, state.markets_position, state.day) if state else None
            if seen != (position, markets_position, day):
                found.append(tenant)
        return tuple(found)

    def _of(self, tenant: TenantId) -> _Kept:
        return self._tenants.setdefault(tenant, _Kept())
