"""What happened in the last few minutes."""

from datetime import UTC, datetime, timedelta

from attrs import frozen

from ..domain.identifiers import TenantId
from ..domain.questions import QuestionRange
from ..domain.questions.series import (
    Aggregate,
    Direction,
    Measure,
    Order,
    SeriesFigures,
    SeriesQuery,
    Totals,
)
from ..ports.clock import Clock
from .ask_question import AskQuestion

TOP_TYPES = 10
"""So many event types are told."""

_SECOND = timedelta(seconds=1)


@frozen(slots=False)
class TypeActivity:
    """What happened of an event type.

    Args:
        event_type: Its name.
        events: How many events.
        users: How many different users.
    """

    event_type: str
    events: int
    users: int


@frozen(slots=False)
class RealtimeMetrics:
    """What happened in the last stretch of time.

    Args:
        start: Where it begins. [UTC]
        end: Where it ends, exclusive: the second that is under way. [UTC]
        events: How many events.
        users: How many different users.
        top_types: The most frequent event types, at most ten.
        other_types: How many more there are.
        as_of: The ingestion position up to which events were seen.
    """

    start: datetime
    end: datetime
    events: int
    users: int
    top_types: tuple[TypeActivity, ...]
    other_types: int
    as_of: int


@frozen
class ReadRealtimeMetrics:
    """Use case: events, users and the most frequent types up to now."""

    ask_question: AskQuestion
    clock: Clock

    async def __call__(self, tenant: TenantId, timeframe: timedelta) -> RealtimeMetrics:
        """Read.

        Args:
            tenant: Of whose events.
            timeframe: How far back.

        Raises:
            QuestionTooCostly: If it is beyond what the tenant's plan allows.
            Unavailable: If a store does not answer in time.
        """
        # To the second, so that all who look at once look at the same.
        end = self.clock.now().astimezone(UTC).replace(microsecond=0) + _SECOND
        start = end - timeframe
        answer = await self.ask_question(tenant, _question(start, end))
        return _metrics(start, end, answer.figures, answer.as_of)


def _question(start: datetime, end: datetime) -> SeriesQuery:
    return SeriesQuery(
        QuestionRange(start.isoformat(), end.isoformat()),
        (Measure("events"), Measure("users", Aggregate.UNIQUE_USERS)),
        ("event_type",),
        totals=Totals.ROLLUP,
        order=(Order("events", Direction.DESC),),
        limit=TOP_TYPES + 1,
    )


def _metrics(
    start: datetime, end: datetime, found: SeriesFigures, position: int
) -> RealtimeMetrics:
    total, *types = found.rows  # nothing is more frequent than everything
    assert total.level == 1
    return RealtimeMetrics(
        start,
        end,
        int(total.values["events"] or 0),
        int(total.values["users"] or 0),
        tuple(
            TypeActivity(
                one.dimensions["event_type"],
                int(one.values["events"] or 0),
                int(one.values["users"] or 0),
            )
            for one in types
        ),
        found.rows_after,
        position,
    )
