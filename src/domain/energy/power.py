"""Energy, coverage and peaks from readings, exact and in whole numbers.

Energy is kept in watt-milliseconds and time in milliseconds, so that sums over
time and over circuits come out the same in every order and every grouping.

A summary is *closed*: readings outside its window that reach into it, or that
end a reading inside it, have been taken into account. Neighbouring summaries
therefore simply add up.

References:
    Hold rule: last observation carried forward with a limit, as `time_weight('LOCF')`
    in TimescaleDB. Coincidence, diversity and load factor, demand: Gönen, *Electric
    Power Distribution Engineering*, 3rd ed., section 2.2.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from operator import mul, sub

from attrs import frozen

from ..windows import TimeWindow
from .readings import HOLD, HoldRule, PowerSeries, milliseconds

QUARTER_HOUR_MS = 900_000
_NOTHING_HELD = -1


@frozen
class PowerSummary:
    """What one circuit did in one window; adds to its neighbours without loss.

    Args:
        energy_watt_ms: Energy by the hold rule. [W·ms]
        covered_ms: Time in which a reading was held. [ms]
        readings: Number of readings in the window.
        sum_of_readings_w: Their plain sum. [W]
        peak_w: Highest power held at any instant, or None if none was. [W]
    """

    energy_watt_ms: int
    covered_ms: int
    readings: int
    sum_of_readings_w: int
    peak_w: int | None

    def merged(self, other: "PowerSummary") -> "PowerSummary":
        """Both together; the order and the grouping of merges make no difference."""
        return merged((self, other))


EMPTY = PowerSummary(0, 0, 0, 0, None)
"""The summary of no readings; merging it changes nothing."""


def merged(summaries: Iterable[PowerSummary]) -> PowerSummary:
    """All together."""
    parts = list(summaries)
    return PowerSummary(
        sum(one.energy_watt_ms for one in parts),
        sum(one.covered_ms for one in parts),
        sum(one.readings for one in parts),
        sum(one.sum_of_readings_w for one in parts),
        max((one.peak_w for one in parts if one.peak_w is not None), default=None),
    )


@frozen
class QuarterHours:
    """Summaries of consecutive quarter hours of one circuit, in columns.

    Quarter hours are counted in UTC from 1970; they tile the buckets of every
    zone whose offset is a multiple of fifteen minutes.

    Args:
        first: Number of the first quarter hour.
        energies: Energy of each. [W·ms]
        covered: Covered time of each. [ms]
        readings: Number of readings of each.
        sums: Sum of the readings of each. [W]
        peaks: Highest power held in each, or -1. [W]
    """

    first: int
    energies: Sequence[int]
    covered: Sequence[int]
    readings: Sequence[int]
    sums: Sequence[int]
    peaks: Sequence[int]

    def summary(self, start: int, stop: int) -> PowerSummary:
        """The quarter hours from the start-th up to the stop-th of these, together."""
        peak = max(self.peaks[start:stop], default=_NOTHING_HELD)
        return PowerSummary(
            sum(self.energies[start:stop]),
            sum(self.covered[start:stop]),
            sum(self.readings[start:stop]),
            sum(self.sums[start:stop]),
            None if peak == _NOTHING_HELD else peak,
        )


@frozen
class Coincidence:
    """What several circuits drew at once.

    Args:
        peak_w: Highest sum of the powers held at any one instant, or None if
            none was held. [W]
        covered_ms: Time in which at least one circuit held a reading. [ms]
    """

    peak_w: int | None
    covered_ms: int


@frozen
class Held:
    """Stretches of time in which readings hold, in columns: ordered, apart, none empty.

    Args:
        begins: First instants. [ms]
        untils: First instants after them. [ms]
        watts: The power held in each. [W]
    """

    begins: Sequence[int]
    untils: Sequence[int]
    watts: Sequence[int]


def held(series: PowerSeries, start_ms: int, end_ms: int, rule: HoldRule = HOLD) -> Held:
    """The stretches of a window in which a reading holds."""
    at, gap, nominal = series.at_ms, rule.max_gap_ms, rule.nominal_ms
    first = max(0, bisect_right(at, start_ms) - 1)  # of those before, only the last reaches in
    last = bisect_left(at, end_ms)
    begins = list(at[first:last])
    following = (*at[first + 1 : last + 1], end_ms + gap + 1)  # the very last has no next
    pairs = zip(begins, following, strict=False)
    untils = [then if then - begin <= gap else begin + nominal for begin, then in pairs]
    if not begins:
        return Held((), (), ())
    begins[0], untils[-1] = max(begins[0], start_ms), min(untils[-1], end_ms)
    skip = 1 if untils[0] <= start_ms else 0
    return Held(begins[skip:], untils[skip:], series.watts[first + skip : last])


def summary(series: PowerSeries, window: TimeWindow, rule: HoldRule = HOLD) -> PowerSummary:
    """The summary of a circuit in a window, by the hold rule.

    The window is read to the millisecond. Readings before it and after it count
    as far as the rule lets them reach in.

    >>> from datetime import datetime, UTC
    >>> from .readings import PowerReading
    >>> noon, later = (datetime(2025, 3, 1, 12, m, tzinfo=UTC) for m in (0, 2))
    >>> two = PowerSeries.of([PowerReading(noon, 100), PowerReading(later, 50)])
    >>> summary(two, TimeWindow(noon, datetime(2025, 3, 1, 13, tzinfo=UTC)))
    PowerSummary(energy_watt_ms=15000000, covered_ms=180000, readings=2, sum_of_readings_w=150, peak_w=100)
    """  # noqa: E501
    return summary_between(series, milliseconds(window.start), milliseconds(window.end), rule)


def summary_between(
    series: PowerSeries, start_ms: int, end_ms: int, rule: HoldRule = HOLD
) -> PowerSummary:
    """The same for bounds in milliseconds since 1970."""
    found = held(series, start_ms, end_ms, rule)
    lengths = list(map(sub, found.untils, found.begins))
    inside = series.between(start_ms, end_ms)
    return PowerSummary(
        sum(map(mul, found.watts, lengths)),
        sum(lengths),
        len(inside),
        sum(inside.watts),
        max(found.watts, default=None),
    )


def quarter_hours(
    series: PowerSeries, first: int, count: int, rule: HoldRule = HOLD
) -> QuarterHours:
    """The summaries of consecutive quarter hours, in one pass.

    Args:
        series: Readings of the quarter hours and of one largest gap on either side.
        first: Number of the first quarter hour since 1970, in UTC.
        count: How many.
        rule: For how long a reading is believed.
    """
    start_ms, end_ms = first * QUARTER_HOUR_MS, (first + count) * QUARTER_HOUR_MS
    energies, covered, peaks = [0] * count, [0] * count, [_NOTHING_HELD] * count
    stretches = held(series, start_ms, end_ms, rule)
    for begin, until, watts in zip(
        stretches.begins, stretches.untils, stretches.watts, strict=True
    ):
        while begin < until:
            place = (begin - start_ms) // QUARTER_HOUR_MS
            stop = min(until, start_ms + (place + 1) * QUARTER_HOUR_MS)
            energies[place] += watts * (stop - begin)
            covered[place] += stop - begin
            peaks[place] = max(peaks[place], watts)
            begin = stop  # noqa: PLW2901  the rest falls into the next quarter hour
    readings, sums = [0] * count, [0] * count
    inside = series.between(start_ms, end_ms)
    for at, watts in zip(inside.at_ms, inside.watts, strict=True):
        place = (at - start_ms) // QUARTER_HOUR_MS
        readings[place] += 1
        sums[place] += watts
    return QuarterHours(first, energies, covered, readings, sums, peaks)


def coincidence(
    circuits: Iterable[PowerSeries], window: TimeWindow, rule: HoldRule = HOLD
) -> Coincidence:
    """The highest power of several circuits at one instant, aligned by the hold rule."""
    start_ms, end_ms = milliseconds(window.start), milliseconds(window.end)
    changes: defaultdict[int, int] = defaultdict(int)  # of the summed power, by instant
    holders: defaultdict[int, int] = defaultdict(int)  # of the circuits that hold, by instant
    for series in circuits:
        for run in _runs(held(series, start_ms, end_ms, rule)):
            powers = (0, *run.watts, 0)
            steps = map(sub, powers[1:], powers)
            for at, step in zip((*run.begins, run.untils[-1]), steps, strict=False):
                changes[at] += step
            holders[run.begins[0]] += 1
            holders[run.untils[-1]] -= 1
    instants = sorted(holders)
    counts = accumulate(holders[at] for at in instants)
    stretches = zip(pairwise(instants), counts, strict=False)
    covered = sum(then - at for (at, then), count in stretches if count)
    peak = max(accumulate(changes[at] for at in sorted(changes)), default=None)
    return Coincidence(peak, covered)


def _runs(stretches: Held) -> Iterator[Held]:
    """Stretches that follow each other without a gap, together."""
    begins, untils, watts = stretches.begins, stretches.untils, stretches.watts
    breaks = [index for index, at in enumerate(begins[1:], 1) if at != untils[index - 1]]
    for low, high in pairwise((0, *breaks, len(begins))):
        if low < high:
            yield Held(begins[low:high], untils[low:high], watts[low:high])


def trapezoid(
    series: PowerSeries, window: TimeWindow, rule: HoldRule = HOLD
) -> tuple[Fraction, int]:
    """Energy of instantaneous samples, and the time it covers. [W·ms, ms]

    Power runs in a straight line from one sample to the next if that comes
    within the largest gap; a line that crosses a bound of the window is cut
    there. Nothing is known after the last sample.

    References:
        Trapezoidal rule: Press et al., *Numerical Recipes*, 3rd ed., eq. 4.1.3.
    """
    start_ms, end_ms = milliseconds(window.start), milliseconds(window.end)
    energy, covered = Fraction(0), 0
    samples = zip(series.at_ms, series.watts, strict=True)
    for (at, watts), (then, watts_then) in pairwise(samples):
        begin, until = max(at, start_ms), min(then, end_ms)
        if then - at <= rule.max_gap_ms and begin < until:
            slope = Fraction(watts_then - watts, then - at)
            middle = watts + slope * (Fraction(begin + until, 2) - at)
            energy += middle * (until - begin)
            covered += until - begin
    return energy, covered
