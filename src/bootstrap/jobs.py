"""What does the jobs, and what comes by the clock."""

import asyncio
import random
from collections.abc import Mapping
from types import MappingProxyType

from ..adapters.telemetry.logs import tell_failure
from ..application import refresh_markets, score_portfolio
from ..application.issue_tokens import PruneTokens
from ..application.manage_jobs import PruneJobs
from ..application.prune_request_keys import PruneRequestKeys
from ..application.record_audit import SettleAudit
from ..application.refresh_markets import RefreshMarkets
from ..application.request_market_refresh import ScheduleMarketRefreshes
from ..application.run_jobs import Chore, Handler, RunJobs
from ..application.score_portfolio import ScheduleScoring, ScorePortfolio
from ..application.sign_messages import PruneNonces
from ..domain.tenancy import (
    ALPHABET,
)
from .adapters import Adapters
from .cases import make_scores, market_refresh_request, use_cases


def job_runner(
    adapters: Adapters, handlers: Mapping[str, Handler] = MappingProxyType({})
) -> RunJobs:
    """What does the jobs, and asks for those that come by the clock.

    Args:
        adapters: What it works with.
        handlers: Jobs of the edge, by their kind.
    """
    queue, clock = adapters.job_queue, adapters.clock
    followed = adapters.followed_markets
    schedule = ScheduleMarketRefreshes(followed, queue, market_refresh_request(adapters), clock)
    return RunJobs(
        queue=queue,
        clock=clock,
        telemetry=adapters.telemetry,
        worker=adapters.random_text.draw(ALPHABET, 16),
        handlers={
            refresh_markets.KIND: RefreshMarkets(followed, adapters.markets),
            score_portfolio.KIND: _score_portfolio(adapters),
            **handlers,
        },
        chores=(
            Chore(schedule, every_seconds=60),
            Chore(_schedule_scoring(adapters), every_seconds=2),
            Chore(PruneJobs(queue, clock), every_seconds=3600),
            Chore(SettleAudit(adapters.audit_log, clock), every_seconds=60),
            Chore(use_cases(adapters).sign_audit_heads, every_seconds=60),
            Chore(
                PruneTokens(adapters.refresh_families, adapters.revocations, clock),
                every_seconds=3600,
            ),
            Chore(PruneRequestKeys(adapters.event_log, clock), every_seconds=3600),
            Chore(PruneNonces(adapters.nonces, clock), every_seconds=300),
        ),
        on_failure=tell_failure,
        sleep=asyncio.sleep,
        jitter=random.random,
        without=adapters.tenants.inactive,
    )


def _score_portfolio(adapters: Adapters) -> ScorePortfolio:
    return ScorePortfolio(
        adapters.properties,
        adapters.comparison_policies,
        adapters.markets,
        adapters.health_scores,
        make_scores(adapters),
        adapters.clock,
    )


def _schedule_scoring(adapters: Adapters) -> ScheduleScoring:
    return ScheduleScoring(
        adapters.health_scores,
        adapters.markets,
        adapters.jobs,
        adapters.clock,
        adapters.random_text,
    )
