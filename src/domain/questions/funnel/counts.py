"""What is counted of a funnel, as a multiset that adds up over users."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from enum import Enum, auto
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from ...errors import Flaw, InvalidFields
from ...events import microseconds
from ..patterns import History
from .answer import (
    Counted,
    Walker,
    between,
    by_value,
    entering_values,
    furthest,
    times_figures,
    trended,
    users,
    walker,
)
from .figures import BreakdownFigures, FunnelFigures, OtherRules, StepFigures
from .tallies import (
    OTHER,
    Durations,
    StepTally,
    kept_values,
    other_rules,
    step_figures,
    trend_points,
)

if TYPE_CHECKING:
    from .query import FunnelQuery


class FunnelPart(Enum):
    """What of a funnel is counted."""

    REACHED = auto()
    OPEN = auto()
    UNDECIDED = auto()
    TOOK = auto()
    VALUE = auto()
    ENTERED = auto()
    CONVERTED = auto()
    TIMED = auto()
    OTHERWISE = auto()


@frozen
class FunnelCount:
    """What is counted once.

    Args:
        part: What it is of: a step that was reached, is still open or undecided; the time since
            the step before; how frequent a value is; the trend; times between two steps; steps
            under other rules.
        step: The number of the step, from 1; 0 where it is of none.
        at: The time [µs], the number of the interval, or that of the other rules.
        value: The value of the breakdown; None for the whole.
    """

    part: FunnelPart
    step: int = 0
    at: int = 0
    value: str | None = None


def funnel_counts(query: "FunnelQuery", history: History, now: datetime) -> Counter[FunnelCount]:
    """What is counted of a history."""
    walkers = [walker(query, user_id, rows, now) for user_id, rows in users(query, history)]
    counted = [one for each in walkers for one in each.counted]
    found = Counter(_of_steps(query, (evolve(one, value=None) for one in counted), now))
    if query.breakdown is not None:
        found.update(_of_values(query, walkers, counted, now))
    if query.trend is not None:
        for one in walkers:
            found.update(
                FunnelCount(FunnelPart.CONVERTED if out else FunnelPart.ENTERED, at=at)
                for at, out in trended(query, one)
            )
    if query.time_to_convert is not None:
        times = between(counted, *query.timed)
        found.update(FunnelCount(FunnelPart.TIMED, at=time) for time in times)
    if query.sensitivity:
        found += _otherwise(query, history, now)
    return found


def concluded_funnel(
    query: "FunnelQuery", counts: Counter[FunnelCount], now: datetime
) -> FunnelFigures:
    """The figures that counts come to.

    Raises:
        InvalidFields: If there is one funnel per value over the events that carry it, and more
            values than are told apart: the funnel of all others is no sum.
    """
    axis = query.axis()
    return FunnelFigures(
        _steps(query, counts, {None}),
        None if query.breakdown is None else _breakdowns(query, counts),
        None
        if axis is None
        else trend_points(
            query,
            [counts[FunnelCount(FunnelPart.ENTERED, at=at)] for at in range(len(axis))],
            [counts[FunnelCount(FunnelPart.CONVERTED, at=at)] for at in range(len(axis))],
            now,
        ),
        None
        if query.time_to_convert is None
        else times_figures(query, [*_times(counts, FunnelPart.TIMED, 0, {None})]),
        None if not query.sensitivity else _other_rules(query, counts),
    )


def _of_steps(
    query: "FunnelQuery", counted: Iterable[Counted], now: datetime
) -> Iterator[FunnelCount]:
    at = microseconds(now)
    for one in counted:
        for step in range(1, len(query.steps) + 1):
            if one.attempt.reached(step):
                yield FunnelCount(FunnelPart.REACHED, step, value=one.value)
                if one.attempt.open(at):
                    yield FunnelCount(FunnelPart.OPEN, step, value=one.value)
                if one.undecided and furthest(query, one.attempt) == step:
                    yield FunnelCount(FunnelPart.UNDECIDED, step, value=one.value)
                if step > 1:
                    for time in between([one], query.before(step), step):
                        yield FunnelCount(FunnelPart.TOOK, step, time, one.value)


def _of_values(
    query: "FunnelQuery", walkers: list[Walker], counted: list[Counted], now: datetime
) -> Iterator[FunnelCount]:
    if query.by_event_value:
        frequency = entering_values(query, walkers)
        counted = list(by_value(query, walkers, tuple(frequency), now))
    else:
        frequency = Counter(one.value for one in counted if one.value is not None)
    for value in frequency.elements():
        yield FunnelCount(FunnelPart.VALUE, value=value)
    yield from _of_steps(query, (one for one in counted if one.value is not None), now)


def _otherwise(query: "FunnelQuery", history: History, now: datetime) -> Counter[FunnelCount]:
    found: Counter[FunnelCount] = Counter()
    for at, (_, _, other) in enumerate(other_rules(query)):
        for one, count in funnel_counts(other, history, now).items():
            if one.part is FunnelPart.REACHED:
                found[FunnelCount(FunnelPart.OTHERWISE, one.step, at)] += count
    return found


def _steps(
    query: "FunnelQuery", counts: Counter[FunnelCount], values: Collection[str | None]
) -> tuple[StepFigures, ...]:
    """What is said of the steps of all of some values together."""

    def total(part: FunnelPart, step: int) -> int:
        return sum(counts[FunnelCount(part, step, value=value)] for value in values)

    return step_figures(
        query,
        [
            StepTally(
                total(FunnelPart.REACHED, step),
                total(FunnelPart.OPEN, step),
                total(FunnelPart.UNDECIDED, step),
                Durations.of([*_times(counts, FunnelPart.TOOK, step, values)]),
            )
            for step in range(1, len(query.steps) + 1)
        ],
    )


def _times(
    counts: Counter[FunnelCount], part: FunnelPart, step: int, values: Collection[str | None]
) -> Iterator[int]:
    for one, count in counts.items():
        if one.part is part and one.step == step and one.value in values:
            yield from [one.at] * count


def _breakdowns(query: "FunnelQuery", counts: Counter[FunnelCount]) -> tuple[BreakdownFigures, ...]:
    assert query.breakdown is not None
    frequency = {
        one.value: count
        for one, count in counts.items()
        if one.part is FunnelPart.VALUE and one.value is not None
    }
    kept = kept_values(frequency, query.breakdown.limit)
    others = frequency.keys() - {*kept}
    if others and query.by_event_value:
        message = f"there are {len(frequency)} values, and the funnel of all others is no sum"
        raise InvalidFields([Flaw(("breakdown", "limit"), "does_not_add_up", message)])
    told = [BreakdownFigures(one, False, _steps(query, counts, {one})) for one in kept]
    if others:
        told.append(BreakdownFigures(OTHER, True, _steps(query, counts, others)))
    return tuple(told)


def _other_rules(query: "FunnelQuery", counts: Counter[FunnelCount]) -> tuple[OtherRules, ...]:
    steps = range(1, len(query.steps) + 1)
    return tuple(
        OtherRules(
            entry,
            effect,
            tuple(counts[FunnelCount(FunnelPart.OTHERWISE, step, at)] for step in steps),
        )
        for at, (entry, effect, _) in enumerate(other_rules(query))
    )
