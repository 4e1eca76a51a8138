"""The answer to a funnel, user by user: slow and obvious."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from ...attributes import Attributes
from ...events import Event, Scope, instant, microseconds
from ..patterns import History
from .attempts import Attempt, attempts, depth, reported
from .figures import (
    BreakdownFigures,
    ConversionTimes,
    FunnelFigures,
    OtherRules,
    StepFigures,
    TrendPoint,
)
from .options import EntryRule, StepTouch, Touch
from .rows import Row, Rows
from .tallies import (
    OTHER,
    Durations,
    StepTally,
    bin_width,
    conversion_times,
    kept_values,
    other_rules,
    step_figures,
    trend_points,
)

if TYPE_CHECKING:
    from .query import FunnelQuery


@frozen
class Counted:
    """An attempt that is counted.

    Args:
        attempt: The attempt.
        value: What the breakdown counts it under; None if under nothing.
        undecided: Whether its user may still go further.
    """

    attempt: Attempt
    value: str | None
    undecided: bool


@frozen(eq=False)
class Walker:
    """One user on the way through the steps.

    Args:
        user_id: Who.
        rows: What they did.
        made: All their attempts that are not void.
        counted: The ones that are counted.
    """

    user_id: str
    rows: Rows
    made: tuple[Attempt, ...]
    counted: tuple[Counted, ...]


def funnel_figures(query: "FunnelQuery", history: History, now: datetime) -> FunnelFigures:
    """Everything that is said."""
    walkers = [walker(query, user_id, rows, now) for user_id, rows in users(query, history)]
    counted = [one for walker in walkers for one in walker.counted]
    return FunnelFigures(
        step_figures(query, tallies(query, counted, now)),
        None if query.breakdown is None else _breakdowns(query, walkers, now),
        None if query.trend is None else _trend(query, walkers, now),
        None if query.time_to_convert is None else _times(query, counted),
        None if not query.sensitivity else _sensitivity(query, history, now),
    )


def users(query: "FunnelQuery", history: History) -> Iterator[tuple[str, Rows]]:
    """Users by id, each with the events that the funnel looks at."""
    for user_id, events in history.by_user():
        known = history.attributes(user_id)
        rows = [row for one in events if (row := row_of(query, one, known)) is not None]
        yield user_id, Rows(rows, len(query.patterns))


def row_of(query: "FunnelQuery", event: Event, user: Attributes) -> Row | None:
    """An event as the funnel sees it; None if it does not look at it."""
    at, (first, last) = microseconds(event.timestamp), query.seen_us
    if not first <= at <= last or not query.everything.fits(event, user):
        return None
    fits = sum(one.fits(event, user) << bit for bit, one in enumerate(query.patterns))
    value = "" if query.breakdown is None else query.breakdown.field().text(event, user)
    return Row(at, fits, value)


def walker(query: "FunnelQuery", user_id: str, rows: Rows, now: datetime) -> Walker:
    """One user's attempts."""
    at = microseconds(now)
    made = [one for one in attempts(query, rows) if not one.void]
    counted = tuple(
        Counted(one, _value(query, rows, one), _undecided(query, made, one, at))
        for one in reported(query, made)
    )
    return Walker(user_id, rows, tuple(made), counted)


def tallies(query: "FunnelQuery", counted: Sequence[Counted], now: datetime) -> list[StepTally]:
    """What is counted of each step."""
    return [_tally(query, step, counted, now) for step in range(1, len(query.steps) + 1)]


def _tally(query: "FunnelQuery", step: int, counted: Sequence[Counted], now: datetime) -> StepTally:
    there = [one for one in counted if one.attempt.reached(step)]
    return StepTally(
        len(there),
        sum(one.attempt.open(microseconds(now)) for one in there),
        sum(one.undecided and furthest(query, one.attempt) == step for one in there),
        Durations.of(between(there, query.before(step), step)) if step > 1 else None,
    )


def furthest(query: "FunnelQuery", one: Attempt) -> int:
    """The number of the furthest step that it reached and that is not optional."""
    return query.required_steps[depth(query, one) - 1]


def _undecided(query: "FunnelQuery", made: Sequence[Attempt], one: Attempt, now: int) -> bool:
    mine = [one] if query.entry is EntryRule.RE_ENTER else made
    may_go_on = any(other.cut is None and other.open(now) for other in mine)
    return may_go_on and depth(query, one) < query.required


def between(counted: Sequence[Counted], from_step: int, to_step: int) -> list[int]:
    """How long attempts that reached both steps took from one to the other. [µs]"""
    pairs = [
        (one.attempt.instants[from_step - 1], one.attempt.instants[to_step - 1]) for one in counted
    ]
    return [end - start for start, end in pairs if start is not None and end is not None]


def _value(query: "FunnelQuery", rows: Rows, one: Attempt) -> str | None:
    """What a breakdown by users or by steps counts an attempt under."""
    if query.breakdown is None:
        return None
    touch = query.breakdown.attribution
    if query.breakdown.scope is Scope.USER:
        return rows.rows[0].value
    if isinstance(touch, StepTouch):
        place = one.places[touch.step - 1]
        return None if place is None else rows.rows[place].value
    named = [row.value for row in rows.rows if row.fits & query.step_bits and row.value]
    return "" if not named else named[-1 if touch is Touch.LAST_TOUCH else 0]


def _breakdowns(
    query: "FunnelQuery", walkers: Sequence[Walker], now: datetime
) -> tuple[BreakdownFigures, ...]:
    assert query.breakdown is not None
    if query.by_event_value:
        kept = kept_values(entering_values(query, walkers), query.breakdown.limit)
        counted = list(by_value(query, walkers, kept, now))
    else:
        counted = [one for walker in walkers for one in walker.counted if one.value is not None]
        kept = kept_values(Counter(one.value or "" for one in counted), query.breakdown.limit)
        counted = [one if one.value in kept else evolve(one, value=None) for one in counted]
    groups = [(value, [one for one in counted if one.value == value]) for value in kept]
    others = [one for one in counted if one.value is None]
    return (
        *(BreakdownFigures(v, False, _steps(query, some, now)) for v, some in groups),
        *((BreakdownFigures(OTHER, True, _steps(query, others, now)),) if others else ()),
    )


def _steps(
    query: "FunnelQuery", counted: Sequence[Counted], now: datetime
) -> tuple[StepFigures, ...]:
    return step_figures(query, tallies(query, counted, now))


def entering_values(query: "FunnelQuery", walkers: Sequence[Walker]) -> Counter[str]:
    """How many users have an event that could open an attempt, by the value that it carries."""
    first, last = query.entered_us
    found: Counter[str] = Counter()
    for one in walkers:
        entering = (row for row in one.rows.rows if row.fits & query.entry_bits)
        found.update({row.value for row in entering if first <= row.at <= last})
    return found


def by_value(
    query: "FunnelQuery", walkers: Sequence[Walker], kept: Sequence[str], now: datetime
) -> Iterator[Counted]:
    """The attempts of each value over the events that carry it; None for all other values."""
    for one in walkers:
        for value in (*kept, None):
            rows = [
                row for row in one.rows.rows
                if (row.value == value if value is not None else row.value not in kept)
            ]  # fmt: skip
            alone = walker(query, one.user_id, Rows(rows, len(query.patterns)), now)
            yield from (evolve(attempt, value=value) for attempt in alone.counted)


def _trend(
    query: "FunnelQuery", walkers: Sequence[Walker], now: datetime
) -> tuple[TrendPoint, ...]:
    axis = query.axis()
    assert axis is not None
    counts = Counter(one for walker in walkers for one in trended(query, walker))
    entered = [counts[at, False] for at in range(len(axis))]
    return trend_points(query, entered, [counts[at, True] for at in range(len(axis))], now)


def trended(query: "FunnelQuery", one: Walker) -> set[tuple[int, bool]]:
    """In which intervals a user entered an attempt that reached the first step of the trend, and
    in which one that reached the last (True)."""
    axis, (from_step, to_step) = query.axis(), query.trended
    assert axis is not None
    found = set()
    for attempt in one.made:
        if attempt.reached(from_step):
            at = axis.index(instant(attempt.entered))
            assert at is not None
            found |= {(at, False), (at, attempt.reached(to_step))}
    return found


def _times(query: "FunnelQuery", counted: Sequence[Counted]) -> ConversionTimes:
    return times_figures(query, between(counted, *query.timed))


def times_figures(query: "FunnelQuery", times: Sequence[int]) -> ConversionTimes:
    """What is said of the times between two steps, in any order. [µs]"""
    assert query.time_to_convert is not None
    bins = query.time_to_convert.bins
    shortest, longest = min(times, default=0), max(times, default=0)
    width = bin_width(shortest, longest, bins)
    counts = Counter(min((one - shortest) // width, bins - 1) for one in times)
    return conversion_times(query, Durations.of(times), shortest, counts, width)


def _sensitivity(query: "FunnelQuery", history: History, now: datetime) -> tuple[OtherRules, ...]:
    return tuple(
        OtherRules(
            entry, effect, tuple(one.count for one in funnel_figures(other, history, now).steps)
        )
        for entry, effect, other in other_rules(query)
    )
