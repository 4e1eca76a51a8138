"""Funnels and histories that tests write by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve

from sightline.domain.attributes import Attributes
from sightline.domain.events import Event
from sightline.domain.questions import History, QuestionRange
from sightline.domain.questions.funnel import FunnelQuery, FunnelStep

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = QuestionRange("2026-03-01", "2026-03-01")
LATER = MIDNIGHT + timedelta(days=30)


def funnel(*types: str | FunnelStep, window: float = 10, **options: Any) -> FunnelQuery:
    """A funnel of steps of these types; the window in seconds."""
    steps = tuple(FunnelStep(one) if isinstance(one, str) else one for one in types)
    return evolve(FunnelQuery(DAY, steps, window * SECOND), **options)


def history(
    *rows: tuple[float, str] | tuple[float, str, Attributes],
    user: str = "u",
    users: dict[str, Attributes] | None = None,
) -> History:
    """What a user did: seconds after midnight, type, and properties."""
    return History(_events(rows, user), users or {})


def of_users(**rows: Sequence[tuple[float, str]]) -> History:
    """What several users did."""
    return History(tuple(one for user, some in rows.items() for one in _events(some, user)))


def counts(query: FunnelQuery, told: History, now: datetime = LATER) -> list[int]:
    """Users of each step."""
    return [step.count for step in query.reference(told, now).steps]


def _events(rows: Sequence[tuple[Any, ...]], user: str) -> tuple[Event, ...]:
    events = []
    for position, (at, kind, *rest) in enumerate(rows, 1):
        when = MIDNIGHT + at * SECOND
        properties = rest[0] if rest else {}
        events.append(
            Event(f"{user}{position}", user, kind, when, properties, when, None, position)
        )
    return tuple(events)
