"""From what an engine counts to what the answer says."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from ...events import microseconds
from .figures import ConversionTimes, HistogramBin, StepFigures, TrendPoint
from .options import EntryRule, ExclusionEffect, StepOrder

if TYPE_CHECKING:
    from .query import FunnelQuery

SECOND = 1_000_000
"""One second. [µs]"""

OTHER = "Other"
"""What all values beyond the limit of a breakdown are called."""


@frozen
class Durations:
    """Times, as far as their mean and median need them.

    Args:
        count: How many.
        total: Their sum. [µs]
        middle: The two in the middle, the same one twice if their number is odd. [µs]
    """

    count: int
    total: int
    middle: tuple[int, int]

    @staticmethod
    def of(times: Sequence[int]) -> "Durations | None":
        """Of times in any order; None of none. [µs]"""
        if not times:
            return None
        ordered, half = sorted(times), len(times) // 2
        return Durations(len(times), sum(times), (ordered[(len(times) - 1) // 2], ordered[half]))

    @property
    def median_seconds(self) -> float:
        """The middle. [s]"""
        return sum(self.middle) / (2 * SECOND)

    @property
    def average_seconds(self) -> float:
        """The mean. [s]"""
        return self.total / (self.count * SECOND)


@frozen
class StepTally:
    """What is counted of one step: see `StepFigures`.

    Args:
        count: Attempts that reached it.
        still_open: Those whose window has not ended.
        undecided: Those that got just this far, and may still go further.
        durations: The times since the step before; None of none.
    """

    count: int
    still_open: int
    undecided: int
    durations: Durations | None


def step_figures(query: "FunnelQuery", tallies: Sequence[StepTally]) -> tuple[StepFigures, ...]:
    """What is said of each step."""
    first = tallies[0].count
    named = query.order is not StepOrder.UNORDERED
    return tuple(
        StepFigures(
            number,
            step.event_type if named else None,
            tally.count,
            share(tally.count, first),
            share(tally.count, tallies[query.before(number) - 1].count),
            tally.durations.median_seconds if tally.durations else None,
            tally.durations.average_seconds if tally.durations else None,
            tally.still_open,
            tally.undecided,
        )
        for number, (step, tally) in enumerate(zip(query.steps, tallies, strict=True), 1)
    )


def share(part: int, whole: int) -> float | None:
    """A part of a whole; None of nothing."""
    return part / whole if whole else None


def trend_points(
    query: "FunnelQuery", entered: Sequence[int], converted: Sequence[int], now: datetime
) -> tuple[TrendPoint, ...]:
    """What is said of each interval of entry."""
    axis = query.axis()
    assert axis is not None
    ended = [microseconds(now) > query.last_of(microseconds(end) - 1) for end in axis.bounds[1:]]
    rows = zip(axis.starts, entered, converted, ended, strict=True)
    return tuple(TrendPoint(at, into, out, share(out, into), done) for at, into, out, done in rows)


def bin_width(shortest: int, longest: int, bins: int) -> int:
    """How wide the bins of a histogram are: whole seconds, 60 where all times are one. [µs]"""
    return -(-(longest - shortest) // (bins * SECOND)) * SECOND or 60 * SECOND


def conversion_times(
    query: "FunnelQuery", durations: Durations | None, shortest: int, counts: Mapping[int, int],
    width: int,
) -> ConversionTimes:  # fmt: skip
    """What is said of the times between two steps.

    Args:
        query: The funnel.
        durations: The times; None of none.
        shortest: The shortest one. [µs]
        counts: How many fall into each bin, from 0.
        width: How wide a bin is. [µs]
    """
    from_step, to_step = query.timed
    if durations is None:
        return ConversionTimes(from_step, to_step, 0, None, None, ())
    assert query.time_to_convert is not None
    bounds = [(shortest + at * width) / SECOND for at in range(query.time_to_convert.bins + 1)]
    bins = tuple(
        HistogramBin(bounds[at], bounds[at + 1], counts.get(at, 0)) for at in range(len(bounds) - 1)
    )
    median, average = durations.median_seconds, durations.average_seconds
    return ConversionTimes(from_step, to_step, durations.count, median, average, bins)


def kept_values(frequency: Mapping[str, int], limit: int) -> tuple[str, ...]:
    """The values that are told apart: the most frequent ones; of equal ones the first by text."""
    return tuple(sorted(frequency, key=lambda value: (-frequency[value], value))[:limit])


def other_rules(
    query: "FunnelQuery",
) -> tuple[tuple[EntryRule, ExclusionEffect | None, "FunnelQuery"], ...]:
    """The funnel under every other pair of an entry rule and an effect of exclusions."""
    plain = evolve(query, breakdown=None, trend=None, time_to_convert=None, sensitivity=False)
    found = []
    for entry in EntryRule:
        for effect in ExclusionEffect if query.exclusions else (None,):
            exclusions = tuple(
                one if effect is None else evolve(one, effect=effect) for one in query.exclusions
            )
            if (entry, exclusions) != (query.entry, query.exclusions):
                found.append((entry, effect, evolve(plain, entry=entry, exclusions=exclusions)))
    return tuple(found)
