"""Attempts as columns, counted."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from attrs import frozen

from ...domain.events import microseconds
from ...domain.questions.funnel import (
    ConversionTimes,
    Durations,
    EntryRule,
    FunnelQuery,
    StepTally,
    TrendPoint,
    bin_width,
    conversion_times,
    trend_points,
)
from .columns import Bools, Codes, Longs
from .funnel_chains import NONE, Chains, depths, first_best, firsts

_SECOND = 1_000_000

Entered = tuple[Codes, Longs]
"""Walkers and instants of entry of attempts; walkers come together, their intervals ascend."""


@frozen(eq=False)
class Counted:
    """The attempts that are counted.

    Args:
        chains: The attempts, n of them.
        furthest: The furthest step of each that is not optional, from 1; shape (n,).
        undecided: Whether its walker may still go further; shape (n,).
    """

    chains: Chains
    furthest: Longs
    undecided: Bools


def counted(query: FunnelQuery, chains: Chains, now: datetime) -> Counted:
    """Of all attempts the ones that are counted: see the domain's `reported`."""
    depth = depths(query, chains)
    until = chains.until
    starts = np.flatnonzero(firsts(chains.walker))
    if query.entry is not EntryRule.RE_ENTER and len(starts) < len(chains):
        until = np.maximum.reduceat(until, starts)
        chosen = first_best(depth, starts)
        chains, depth = chains.some(chosen), depth[chosen]
    furthest = np.append(np.array(query.required_steps, np.int64), 0)[depth - 1]
    undecided = (until >= microseconds(now)) & (depth < query.required)
    return Counted(chains, furthest, undecided)


def tallies(
    query: FunnelQuery, made: Counted, group: Codes, groups: int, now: datetime
) -> list[list[StepTally]]:
    """What is counted of each step, per group.

    Args:
        query: The funnel.
        made: The attempts.
        group: Which group each is of; negative for none.
        groups: How many groups there are.
        now: When it is asked. [UTC]
    """
    open_ = made.chains.last >= microseconds(now)
    by_step = []
    for step in range(1, len(query.steps) + 1):
        at = made.chains.at[step - 1]
        there = (at != NONE) & (group >= 0)
        since = made.chains.at[query.before(step) - 1]
        durations = _durations(group[there], (at - since)[there], groups if step > 1 else 0)
        by_step.append(
            [
                StepTally(*row)
                for row in zip(
                    _counts(group[there], groups),
                    _counts(group[there & open_], groups),
                    _counts(group[there & made.undecided & (made.furthest == step)], groups),
                    durations or [None] * groups,
                    strict=True,
                )
            ]
        )
    return [list(tally) for tally in zip(*by_step, strict=True)]


def trend(query: FunnelQuery, into: Entered, out: Entered, now: datetime) -> tuple[TrendPoint, ...]:
    """Walkers by the interval in which an attempt was entered.

    Args:
        query: The funnel.
        into: Of all attempts that reached the first of two steps, walkers and instants of entry.
        out: Of all that reached both.
        now: When it is asked. [UTC]
    """
    axis = query.axis()
    assert axis is not None
    bounds = np.array([microseconds(one) for one in axis.bounds], np.int64)
    entered, converted = (
        _different(walker, np.searchsorted(bounds, at, "right") - 1, len(axis))
        for walker, at in (into, out)
    )
    return trend_points(query, entered, converted, now)


def times(query: FunnelQuery, made: Counted) -> ConversionTimes:
    """How long it takes from one step to another."""
    assert query.time_to_convert is not None
    from_step, to_step = query.timed
    start, end = made.chains.at[from_step - 1], made.chains.at[to_step - 1]
    both = (start != NONE) & (end != NONE)
    taken, bins = (end - start)[both], query.time_to_convert.bins
    if not len(taken):
        return conversion_times(query, None, 0, {}, _SECOND)
    shortest, longest = int(taken.min()), int(taken.max())
    width = bin_width(shortest, longest, bins)
    counts = np.bincount(np.minimum((taken - shortest) // width, bins - 1), minlength=bins)
    (durations,) = _durations(np.zeros(len(taken), np.int32), taken, 1)
    return conversion_times(query, durations, shortest, dict(enumerate(counts.tolist())), width)


def _counts(group: Codes, groups: int) -> list[int]:
    return [int(one) for one in np.bincount(group, minlength=groups)[:groups]]


def _durations(group: Codes, taken: Longs, groups: int) -> Sequence[Durations | None]:
    """Times of each group, as far as mean and median need them; exact."""
    if groups == 1:
        return [_summary(np.sort(taken))]
    order = np.lexsort((taken, group))
    bounds = np.searchsorted(group[order], np.arange(groups + 1))
    ordered = taken[order]
    return [_summary(ordered[bounds[one] : bounds[one + 1]]) for one in range(groups)]


def _summary(ordered: Longs) -> Durations | None:
    if not len(ordered):
        return None
    count = len(ordered)
    # Sums of microseconds over years and millions of users do not fit 64 bits in one.
    total = int((ordered // _SECOND).sum()) * _SECOND + int((ordered % _SECOND).sum())
    return Durations(count, total, (int(ordered[(count - 1) // 2]), int(ordered[count // 2])))


def _different(walker: Codes, interval: Longs, intervals: int) -> list[int]:
    """How many walkers there are in each interval; both ascend."""
    new = firsts(walker)
    new[1:] |= interval[1:] != interval[:-1]
    return [int(one) for one in np.bincount(interval[new], minlength=intervals)]
