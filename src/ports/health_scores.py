"""Kept health scores: lists of them, what they were made of, and how far they have come."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from ..domain.identifiers import PropertyId, TenantId
from ..domain.portfolio.health_selection import HealthFilter, HealthPage, HealthQuery
from ..domain.portfolio.kept_health import (
    KeptHealth,
    Period,
    PortfolioState,
    PropertyScore,
    Standing,
)
from ..domain.portfolio.portfolio_health import Grouping, HealthSummary, SummaryRow
from ..domain.portfolio.portfolio_scoring import BucketLine
from ..domain.windows import Interval


class KeptBuckets(NamedTuple):
    """The score history of one property.

    Args:
        key: What it was made of (`ScoreInputs.history_key`).
        lines: Every bucket of months, quarters and years that has a score.
    """

    key: str
    lines: Sequence[BucketLine]


class KeptState(NamedTuple):
    """How far the scores of a tenant have come.

    Args:
        state: Up to where everything is kept; None until that is so for the first time.
        latest: Per interval the start of its latest complete bucket; empty without histories.
        revision: Grows with every change of anything that is kept; 0 for nothing.
    """

    state: PortfolioState | None
    latest: Mapping[Interval, date]
    revision: int


Summaries = Mapping[tuple[Interval, Grouping | None], HealthSummary]
"""The summaries of a whole portfolio, by the interval of their changes and by grouping."""


class HealthScoreRepository(Protocol):
    """The scores of every tenant, seen by one tenant at a time.

    Scores go with their property: what is removed has none, and none is kept of
    what is not there. Every method may raise Unavailable if the store does not answer.
    """

    async def page(self, tenant: TenantId, query: HealthQuery) -> HealthPage:
        """The scores that `query.reference` picks, with the change over its period.

        The latest complete bucket of the state stands for a period without a start.
        """

    async def one(self, tenant: TenantId, identifier: PropertyId) -> KeptHealth | None:
        """The score of one property, without a change; None while there is none."""

    async def rows(
        self, tenant: TenantId, where: HealthFilter, period: Period | None
    ) -> tuple[SummaryRow, ...]:
        """What a summary needs of the scores that fit, in the order of ids.

        Args:
            tenant: Whose scores.
            where: Which of them.
            period: Of the changes; None leaves every change out.
        """

    async def summary(
        self, tenant: TenantId, interval: Interval, by: Grouping | None
    ) -> HealthSummary | None:
        """The kept summary of the whole portfolio over its latest period; None without one."""

    async def put_summaries(self, tenant: TenantId, summaries: Summaries) -> None:
        """Put the summaries of the whole portfolio in the place of those that were there."""

    async def unscored(self, tenant: TenantId) -> tuple[PropertyId, ...]:
        """The properties of which no score is kept yet, ascending."""

    async def everything(self, tenant: TenantId) -> tuple[PropertyScore, ...]:
        """Every score, in the order of ids."""

    async def history_keys(self, tenant: TenantId) -> Mapping[PropertyId, str]:
        """Of every property that has a score history, what it was made of."""

    async def put(self, tenant: TenantId, scores: Sequence[PropertyScore]) -> None:
        """Keep scores, each unless one that saw more is there (`ScoreInputs.supersedes`).

        A standing stays until the portfolio is ranked again.
        """

    async def put_buckets(
        self, tenant: TenantId, histories: Mapping[PropertyId, KeptBuckets]
    ) -> None:
        """Put score histories in the place of those that were there."""

    async def rank(
        self,
        tenant: TenantId,
        standings: Mapping[PropertyId, Standing] | None,
        state: PortfolioState | None,
    ) -> None:
        """Put every standing of a tenant in the place of those that were there.

        Args:
            tenant: Whose standings.
            standings: Properties that are not named have none afterwards; None where all of
                them are still right.
            state: How far everything has come by that; None while more is to be done.
        """

    async def state(self, tenant: TenantId) -> KeptState:
        """How far everything has come."""

    async def behind(self, markets_position: int, day: date) -> tuple[TenantId, ...]:
        """Tenants with properties whose portfolio, markets or day is not that of their state."""
