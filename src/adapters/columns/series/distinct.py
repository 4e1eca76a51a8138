"""Different users of stretches that may overlap."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..columns import Codes, Longs
from .facts import Facts


def users(facts: Facts) -> Longs:
    """Different users, shape (groups, stretches).

    A user's rows in a group, in order of time, are each in a run of stretches; those that an
    earlier row was in already do not count again.
    """
    of, stretches = facts.segments, len(facts.segments.first)
    if of.apart and facts.group is None:
        once = facts.segment[_changes(facts.user, facts.segment)]
        return np.bincount(once, minlength=of.count)[None, of.first]
    owner, group, segment = _once(facts)
    if of.apart:  # such as days: nobody is in a stretch twice
        counted = np.bincount(group * of.count + segment, minlength=facts.cells)
        apart: Longs = counted.reshape(facts.groups, of.count)[:, of.first]
        return apart
    low, high = of.low[segment], of.high[segment]
    covered = np.zeros(len(owner), np.int64)
    covered[1:] = np.where(owner[1:] == owner[:-1], high[:-1], 0)
    low = np.maximum(low, covered)
    new = low < high
    size = facts.groups * (stretches + 1)
    base = group[new] * (stretches + 1)
    change = np.bincount(base + low[new], minlength=size)
    change -= np.bincount(base + high[new], minlength=size)
    by_stretch: Longs = change.reshape(facts.groups, stretches + 1)
    return np.cumsum(by_stretch, axis=1)[:, :-1]


def _once(facts: Facts) -> tuple[Longs | Codes, Longs, Longs | Codes]:
    """Each user, group and segment that has a row, once and in this order.

    Returns:
        What tells a user in a group from any other; the group; the segment.
    """
    if facts.group is None:
        first = _changes(facts.user, facts.segment)
        owner = facts.user[first]
        return owner, np.zeros(len(owner), np.int64), facts.segment[first]
    # The rows of a user are in order of time, not of groups: one sort of plain numbers.
    groups, bits = facts.groups.bit_length(), facts.segments.count.bit_length()
    packed = facts.user.astype(np.int64)
    packed <<= groups
    packed |= facts.group
    packed <<= bits
    packed |= facts.segment
    packed.sort()
    packed = packed[_changes(packed)]
    owner = packed >> bits
    return owner, owner & ((1 << groups) - 1), packed & ((1 << bits) - 1)


def _changes(*columns: NDArray[Any]) -> Longs:
    """The rows that differ from the one before."""
    changed = np.ones(len(columns[0]), np.bool_)
    np.not_equal(columns[0][1:], columns[0][:-1], out=changed[1:])
    for one in columns[1:]:
        changed[1:] |= one[1:] != one[:-1]
    return np.flatnonzero(changed)  # four times as fast as to index with truth values
