"""Score a portfolio ahead of whoever asks: scores, ranks, score histories."""

import asyncio
from collections.abc import Mapping, Sequence
from random import Random

from attrs import evolve, frozen

from ..domain.identifiers import JobId, PropertyId, TenantId
from ..domain.jobs import Job, new_job
from ..domain.portfolio.health_model import HealthModel
from ..domain.portfolio.health_selection import HealthFilter
from ..domain.portfolio.health_thresholds import Thresholds
from ..domain.portfolio.history import BUCKETS_PER_YEAR
from ..domain.portfolio.kept_health import Period, PortfolioState, PropertyScore
from ..domain.portfolio.portfolio_health import (
    Grouping,
    HealthSummary,
    SummaryRow,
    health_summary,
    ranked,
)
from ..domain.portfolio.property import Property
from ..domain.portfolio.selection import PropertyQuery
from ..domain.tenancy import ALPHABET
from ..ports.clock import Clock
from ..ports.health_scores import HealthScoreRepository
from ..ports.jobs import JobRepository
from ..ports.market_benchmarks import MarketBenchmarkGateway
from ..ports.properties import ComparisonPolicyRepository, PropertyRepository
from ..ports.random_text import RandomText
from .make_scores import MakeScores, Sides
from .run_jobs import Progress

KIND = "score_portfolio"

#: So that the same scores give the same rank bands.
_SEED = 1


@frozen
class ScorePortfolio:
    """Job: brings the kept scores of a tenant to where its portfolio is; again is harmless.

    Only what was made of something else than there is now is made anew: the scores of
    changed properties, of those in markets with newer data, all of them after a change of
    the model, and once a day, because the age of market data is part of the interval. Then
    the portfolio is ranked, the score histories follow, and the rank bands last.

    Args:
        properties: Where the properties are kept.
        policies: Where the position of the portfolio is.
        markets: Where the position of what is known of markets is.
        scores: Where scores are kept.
        make: Makes scores.
        clock: What time it is.
        at_once: Properties that are scored and kept together.
    """

    properties: PropertyRepository
    policies: ComparisonPolicyRepository
    markets: MarketBenchmarkGateway
    scores: HealthScoreRepository
    make: MakeScores
    clock: Clock
    at_once: int = 400

    async def __call__(self, job: Job, progress: Progress) -> Mapping[str, object]:
        """Score; the result counts the properties, and what was made anew."""
        return await self.bring(job.tenant, progress)

    async def bring(self, tenant: TenantId, progress: Progress) -> Mapping[str, object]:
        """Bring the scores of a tenant to where its portfolio is."""
        # Positions come first: the scores may be made of newer facts than these say, never older.
        markets_position = await self.markets.position()
        _, position = await self.policies.comparison_policy(tenant)
        subjects = (await self.properties.page(tenant, PropertyQuery())).items
        kept = {score.id: score for score in await self.scores.everything(tenant)}
        versions = {score.inputs.model_version for score in kept.values()}
        markets = {subject.market_id for subject in subjects}
        sides = await self.make.sides(tenant, markets, versions)
        model = sides.model
        made, present = await self._score(tenant, subjects, kept, sides, progress)
        before = (await self.scores.state(tenant)).state
        state = PortfolioState(
            position, markets_position, model.version, sides.day, self.clock.now(), 0, ""
        )
        changed = made > 0 or before is None or not before.same_scores(state)
        if changed:
            found = await asyncio.to_thread(ranked, model, present, None)
            await self.scores.rank(tenant, found.standings, None)
        await progress(0.5, f"{len(present)} properties ranked")
        histories = await self._histories(tenant, subjects, sides, progress)
        await self._finish(tenant, model, present, before, state, anew=changed or histories > 0)
        return {"properties": len(subjects), "scored": made, "histories": histories}

    async def _finish(
        self,
        tenant: TenantId,
        model: HealthModel,
        present: Sequence[PropertyScore],
        before: PortfolioState | None,
        state: PortfolioState,
        *,
        anew: bool,
    ) -> None:
        """Rank bands and summaries, and the state last: who reads it finds all of it."""
        if before and not anew:
            same = evolve(before, markets_position=state.markets_position)
            await self.scores.rank(tenant, None, same)
            return
        found = await asyncio.to_thread(ranked, model, present, Random(_SEED))
        await self._sum_up(tenant, model.thresholds)
        state = evolve(state, draws=found.draws, profile_test=found.profile_test)
        await self.scores.rank(tenant, found.standings, state)

    async def _score(
        self,
        tenant: TenantId,
        subjects: Sequence[Property],
        kept: Mapping[PropertyId, PropertyScore],
        sides: Sides,
        progress: Progress,
    ) -> tuple[int, Sequence[PropertyScore]]:
        present = dict(kept)
        wanted = [
            subject
            for subject in subjects
            if subject.id not in kept or sides.outdate(subject, kept[subject.id].inputs)
        ]
        for start in range(0, len(wanted), self.at_once):
            some = wanted[start : start + self.at_once]
            made = await self.make.scores(tenant, some, sides, kept)
            await self.scores.put(tenant, made)
            present.update((score.id, score) for score in made)
            done = min(start + self.at_once, len(wanted))
            await progress(0.5 * done / len(wanted), f"{done} of {len(wanted)} scores")
        there = {subject.id for subject in subjects}
        return len(wanted), [score for one, score in present.items() if one in there]

    async def _histories(
        self,
        tenant: TenantId,
        subjects: Sequence[Property],
        sides: Sides,
        progress: Progress,
    ) -> int:
        keys = await self.scores.history_keys(tenant)
        wanted = [
            subject
            for subject in subjects
            if keys.get(subject.id) != sides.inputs(subject).history_key
        ]
        for start in range(0, len(wanted), self.at_once):
            some = wanted[start : start + self.at_once]
            await self.scores.put_buckets(tenant, await self.make.histories_of(tenant, some, sides))
            done = min(start + self.at_once, len(wanted))
            await progress(0.5 + 0.4 * done / len(wanted), f"{done} of {len(wanted)} histories")
        return len(wanted)

    async def _sum_up(self, tenant: TenantId, thresholds: Thresholds) -> None:
        latest = (await self.scores.state(tenant)).latest
        summaries = {}
        for interval in BUCKETS_PER_YEAR:
            start = latest.get(interval)
            period = Period(interval, start) if start else None
            rows = await self.scores.rows(tenant, HealthFilter(), period)
            found = await asyncio.to_thread(_summaries, thresholds, rows)
            summaries.update({(interval, by): summary for by, summary in found.items()})
        await self.scores.put_summaries(tenant, summaries)


def _summaries(
    thresholds: Thresholds, rows: Sequence[SummaryRow]
) -> Mapping[Grouping | None, HealthSummary]:
    return {by: health_summary(thresholds, rows, by) for by in (None, *Grouping)}


@frozen
class ScheduleScoring:
    """Chore: a scoring for every tenant whose scores are behind its portfolio."""

    scores: HealthScoreRepository
    markets: MarketBenchmarkGateway
    jobs: JobRepository
    clock: Clock
    random_text: RandomText

    async def __call__(self) -> None:
        """Ask for those that are due; call it often, in any number of processes."""
        now = self.clock.now()
        for tenant in await self.scores.behind(await self.markets.position(), now.date()):
            identifier = JobId(self.random_text.draw(ALPHABET, 16))
            job = new_job(tenant, identifier, KIND, key="portfolio", arguments={}, now=now)
            await self.jobs.enqueue(job)
