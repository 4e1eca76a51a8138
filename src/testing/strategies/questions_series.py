"""Series and cubes with any of their parts, over the events of `question_histories`."""

from datetime import timedelta
from typing import Literal

from hypothesis import strategies as st

from ...domain.questions import EventPattern, Grain, History, QuestionRange, WeekStart
from ...domain.questions.series import (
    Aggregate,
    Direction,
    Measure,
    Order,
    RangeRounding,
    SeriesQuery,
    Totals,
)
from .question_histories import (
    EVENT_TYPES,
    event_patterns,
    question_conditions,
    question_histories,
    question_ranges,
)

DIMENSIONS = ("properties.channel", "user.role", "event_type", "properties.amount")

_TRAILING = (timedelta(hours=7), timedelta(days=1), timedelta(days=2), timedelta(days=7))


def series_histories() -> st.SearchStrategy[History]:
    """Histories that mostly have enough events for something to add up."""
    return question_histories(least=8) | question_histories(least=8) | question_histories()


@st.composite
def measures(draw: st.DrawFn, name: str = "m", active: bool = True) -> Measure:
    """Measures of every kind.

    Args:
        draw: Given by Hypothesis.
        name: What it is called.
        active: Whether it may be `active_users`.
    """
    known = [one for one in Aggregate if active or one is not Aggregate.ACTIVE_USERS]
    aggregate = draw(st.sampled_from(known))
    pattern = draw(st.sampled_from((EventPattern(), None))) or draw(event_patterns())
    counted = aggregate in {Aggregate.COUNT, Aggregate.UNIQUE_USERS, Aggregate.ACTIVE_USERS}
    trails = aggregate is Aggregate.ACTIVE_USERS
    return Measure(
        name,
        aggregate,
        pattern.event_type,
        None if counted else draw(st.sampled_from(("amount", "amount", "channel"))),
        pattern.filters,
        draw(st.sampled_from(_TRAILING)) if trails else None,
    )


@st.composite
def series_queries(draw: st.DrawFn) -> SeriesQuery:
    """Series with any of their parts."""
    interval = draw(st.sampled_from((None, Grain.DAY, *Grain)))
    asked, compared = draw(_ranges(interval))
    cumulative = interval is not None and draw(st.booleans())
    names = draw(st.sampled_from((("m",), ("m",), ("b", "a"), ("m", "z", "k"))))
    found = tuple(draw(measures(name, active=not cumulative)) for name in names)
    dimensions = draw(st.lists(st.sampled_from(DIMENSIONS), max_size=2, unique=True).map(tuple))
    known = ("start", *dimensions, *names)
    return SeriesQuery(
        asked,
        found,
        dimensions,
        interval,
        draw(st.sampled_from(WeekStart)),
        draw(question_conditions()) if draw(st.integers(0, 4)) == 4 else None,
        cumulative,
        draw(st.sampled_from(RangeRounding)) if interval else RangeRounding.NONE,
        compared,
        draw(st.sampled_from(Totals)),
        draw(_orders(known)),
        draw(st.sampled_from((1, 5, 1_000, 10_000))),
        draw(st.sampled_from((0, 0, 0, 2))),
    )


def _orders(known: tuple[str, ...]) -> st.SearchStrategy[tuple[Order, ...]]:
    one = st.builds(Order, st.sampled_from(known), st.sampled_from(Direction))
    return st.lists(one, max_size=2, unique_by=lambda order: order.by).map(tuple)


@st.composite
def _ranges(
    draw: st.DrawFn, interval: Grain | None
) -> tuple[QuestionRange, Literal["previous_period"] | QuestionRange | None]:
    """A range, and what it is compared with; neither has so many intervals that it is slow."""
    short = interval in {Grain.MINUTE}
    known = question_ranges().filter(lambda one: not short or _hours(one) <= 6)
    asked = draw(known)
    other = draw(known)
    there = QuestionRange(other.start, other.end, asked.timezone)
    compared: Literal["previous_period"] | QuestionRange | None = draw(
        st.sampled_from((None, None, "previous_period", there))
    )
    return asked, compared


def _hours(asked: QuestionRange) -> float:
    return asked.window.seconds / 3_600


@st.composite
def day_series(draw: st.DrawFn) -> SeriesQuery:
    """Series that the figures of days could answer, and some that they just cannot."""
    first = draw(st.integers(25, 31))
    last = draw(st.integers(first, 31))
    zone = draw(st.sampled_from(("UTC", "UTC", "Europe/Berlin")))
    asked = QuestionRange(f"2026-03-{first}", f"2026-03-{last}", zone)
    aggregates = (Aggregate.COUNT, Aggregate.UNIQUE_USERS)
    types = draw(st.none() | st.sampled_from(EVENT_TYPES))
    found: list[Measure] = [Measure("m", draw(st.sampled_from(aggregates)), types)]
    cumulative = draw(st.booleans())
    if not cumulative and draw(st.booleans()):
        trailing = draw(st.sampled_from(_TRAILING))
        found.append(Measure("a", Aggregate.ACTIVE_USERS, trailing=trailing))
    grains = (Grain.DAY, Grain.WEEK, Grain.MONTH, Grain.HOUR)
    interval = Grain.DAY if cumulative else draw(st.none() | st.sampled_from(grains))
    return SeriesQuery(
        asked,
        tuple(found),
        (),
        interval,
        cumulative=cumulative,
        compare_to="previous_period" if draw(st.booleans()) else None,
        totals=draw(st.sampled_from(Totals)),
    )
