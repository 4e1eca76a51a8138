"""Show a portfolio's scores, each as new as what it is made of."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date

from attrs import evolve, frozen

from ..domain.identifiers import PropertyId, TenantId
from ..domain.portfolio.health_list import PortfolioHealth, RankingState, listed_health
from ..domain.portfolio.health_selection import HealthQuery
from ..domain.portfolio.kept_health import KeptHealth, Period, PortfolioState
from ..domain.portfolio.portfolio_health import Grouping, HealthSummary, health_summary
from ..domain.windows import Interval
from ..ports.clock import Clock
from ..ports.health_scores import HealthScoreRepository
from ..ports.market_benchmarks import MarketBenchmarkGateway
from ..ports.properties import ComparisonPolicyRepository, PropertyRepository
from .make_scores import MakeScores


@frozen
class ShowPortfolioHealth:
    """Use case: a page of scores with their places and, if asked for, what they come to.

    Scores are kept ahead by `ScorePortfolio`. While that has not caught up with a change,
    a reading scores what it shows anew and says so.

    Args:
        properties: Where the properties are kept.
        policies: Where the position of the portfolio is.
        markets: Where the position of what is known of markets is.
        scores: Where scores are kept.
        make: Makes scores.
        clock: What day it is.
        most_at_once: Properties without any score that a reading scores at once; if there are
            more, they are left to the job.
    """

    properties: PropertyRepository
    policies: ComparisonPolicyRepository
    markets: MarketBenchmarkGateway
    scores: HealthScoreRepository
    make: MakeScores
    clock: Clock
    most_at_once: int = 200

    async def __call__(
        self, tenant: TenantId, query: HealthQuery, by: Grouping | None, *, summary: bool
    ) -> PortfolioHealth:
        """Show.

        Raises:
            Unavailable: If the record store does not answer.
        """
        kept = await self.scores.state(tenant)
        state = kept.state
        current = state is not None and await self._is_current(tenant, state)
        pending, first = (0, ()) if current else await self._score_missing(tenant)
        period = _period(query, kept.latest)
        page = await self.scores.page(tenant, query)
        items, made = page.items, frozenset(first)
        if not current and items:
            items, renewed = await self._renewed(tenant, items)
            made |= renewed
        return PortfolioHealth(
            tuple(listed_health(one, recomputed=one.score.id in made) for one in items),
            page.next,
            period,
            await self._summary(tenant, query, period, by, current=current) if summary else None,
            _ranking(state, pending, current=current),
        )

    async def _is_current(self, tenant: TenantId, state: PortfolioState) -> bool:
        _, position = await self.policies.comparison_policy(tenant)
        day = self.clock.now().date()
        return state.current(position, await self.markets.position(), day)

    async def _score_missing(self, tenant: TenantId) -> tuple[int, Sequence[PropertyId]]:
        """Score the few that have no score at all; how many are left to the job, and which not."""
        missing = await self.scores.unscored(tenant)
        if not missing or len(missing) > self.most_at_once:
            return len(missing), ()
        subjects = await self.properties.some(tenant, missing)
        sides = await self.make.sides(tenant, {one.market_id for one in subjects})
        await self.scores.put(tenant, await self.make.scores(tenant, subjects, sides, {}))
        return 0, missing

    async def _renewed(
        self, tenant: TenantId, items: tuple[KeptHealth, ...]
    ) -> tuple[tuple[KeptHealth, ...], frozenset[PropertyId]]:
        """The same scores, those that are outdated made and kept anew."""
        kept = {one.score.id: one.score for one in items}
        subjects = await self.properties.some(tenant, list(kept))
        versions = {score.inputs.model_version for score in kept.values()}
        sides = await self.make.sides(tenant, {one.market_id for one in subjects}, versions)
        outdated = [one for one in subjects if sides.outdate(one, kept[one.id].inputs)]
        made = {one.id: one for one in await self.make.scores(tenant, outdated, sides, kept)}
        if made:
            await self.scores.put(tenant, list(made.values()))
        renewed = (evolve(one, score=made.get(one.score.id, one.score)) for one in items)
        return tuple(renewed), frozenset(made)

    async def _summary(
        self,
        tenant: TenantId,
        query: HealthQuery,
        period: Period | None,
        by: Grouping | None,
        *,
        current: bool,
    ) -> HealthSummary:
        if current and query.where.everything and query.period.start is None:
            kept = await self.scores.summary(tenant, query.period.interval, by)
            if kept is not None:
                return kept
        thresholds = (await self.make.models.current(tenant)).model.thresholds
        rows = await self.scores.rows(tenant, query.where, period)
        return await asyncio.to_thread(health_summary, thresholds, rows, by)


def _period(query: HealthQuery, latest: Mapping[Interval, date]) -> Period | None:
    interval = query.period.interval
    start = query.period.start or latest.get(interval)
    return Period(interval, start) if start else None


def _ranking(state: PortfolioState | None, pending: int, *, current: bool) -> RankingState:
    if state is None:
        return RankingState(False, pending, None, None, None, 0, None)
    return RankingState(
        current,
        pending,
        state.position,
        state.ranked_at,
        state.day,
        state.draws,
        state.profile_test,
    )
