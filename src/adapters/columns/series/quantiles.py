"""Quantiles of the numbers of stretches."""

import numpy as np
from attrs import define

from ....domain.questions.series import Figures
from ..columns import Codes, Doubles, Longs
from .facts import Facts
from .listed import listed_where

#: How many ranks are counted together where numbers join one interval after another.
_BLOCK = 1_024


def quantiles(facts: Facts, share: float) -> Figures:
    """A quantile by group and stretch, each of which is one segment."""
    numbers, counts = _by_cell(facts)
    ends = np.cumsum(counts)
    for begin, end in zip((ends - counts).tolist(), ends.tolist(), strict=True):
        numbers[begin:end].sort()
    found = _interpolated(numbers, ends - counts, counts, share)
    shape = (facts.groups, facts.segments.count)
    of = facts.segments.first
    return listed_where(found.reshape(shape)[:, of], (counts > 0).reshape(shape)[:, of])


def running_quantiles(facts: Facts, share: float) -> Figures:
    """A quantile by group of all numbers up to the end of each stretch."""
    numbers, counts = _by_cell(facts)
    groups = counts.reshape(facts.groups, facts.segments.count)
    ends = np.cumsum(groups.sum(axis=1))
    found = np.zeros((facts.groups, len(facts.segments.last)))
    there = np.zeros(found.shape, np.bool_)
    for at, (own, end) in enumerate(zip(groups, ends.tolist(), strict=True)):
        joining = _Joining.of(numbers[end - int(own.sum()) : end], own)
        for stretch, last in enumerate(facts.segments.last.tolist()):
            joining.join(last)
            there[at, stretch] = joining.count > 0
            found[at, stretch] = joining.quantile(share)
    return listed_where(found, there)


def _by_cell(facts: Facts) -> tuple[Doubles, Longs]:
    """The rows that have a number, in the order of cells.

    Returns:
        Their numbers, and how many there are of each cell.
    """
    cell, numbers = facts.numeric()
    bits = len(cell).bit_length()
    packed = cell.astype(np.int64) << bits
    packed |= np.arange(len(cell))
    packed.sort()
    numbers = numbers[packed & ((1 << bits) - 1)]
    return numbers, np.bincount(cell, minlength=facts.cells)


@define(eq=False)
class _Joining:
    """Numbers that join one segment after another, counted by blocks of their ranks.

    Args:
        ordered: All of them, ascending.
        segment: The segment of each.
        ranks: The rank of each, in the order of segments.
        ends: How many have joined after each segment.
        blocks: How many have joined of each block of ranks.
        joined: The segments before this one have joined.
        count: How many have joined.
    """

    ordered: Doubles
    segment: Codes
    ranks: Longs
    ends: Longs
    blocks: Longs
    joined: int = 0
    count: int = 0

    @staticmethod
    def of(numbers: Doubles, counts: Longs) -> "_Joining":
        """None have joined yet.

        Args:
            numbers: In the order of segments.
            counts: How many there are of each segment.
        """
        order = np.argsort(numbers)
        ranks = np.empty(len(order), np.int64)
        ranks[order] = np.arange(len(order))
        segment = np.repeat(np.arange(len(counts), dtype=np.int32), counts)[order]
        blocks = np.zeros(len(order) // _BLOCK + 1, np.int64)
        return _Joining(numbers[order], segment, ranks, np.cumsum(counts), blocks)

    def join(self, last: int) -> None:
        """Take in the segments before one."""
        end = int(self.ends[last - 1])
        new = self.ranks[self.count : end] // _BLOCK
        self.blocks += np.bincount(new, minlength=len(self.blocks))
        self.joined, self.count = last, end

    def quantile(self, share: float) -> float:
        """A quantile of those that have joined; anything where none has."""
        if not self.count:
            return 0.0
        place = (self.count - 1) * share
        below = int(place)
        low, high = self._ranked(below), self._ranked(min(below + 1, self.count - 1))
        return low * (1 - (place - below)) + high * (place - below)

    def _ranked(self, at: int) -> float:
        """The one that so many others stand before."""
        before = np.cumsum(self.blocks)
        block = int(np.searchsorted(before, at, "right"))
        inside = at - int(before[block] - self.blocks[block])
        start = block * _BLOCK
        there = np.flatnonzero(self.segment[start : start + _BLOCK] < self.joined)
        return float(self.ordered[start + there[inside]])


def _interpolated(numbers: Doubles, first: Longs, counts: Longs, share: float) -> Doubles:
    """A quantile of each run of ascending numbers; of an empty one anything."""
    if not len(numbers):
        return np.zeros(len(first))
    place = np.maximum(counts - 1, 0) * share
    below = place.astype(np.int64)
    low = np.minimum(first + below, len(numbers) - 1)
    high = np.minimum(first + np.minimum(below + 1, counts - 1), len(numbers) - 1)
    weight = place - below
    found: Doubles = numbers[low] * (1 - weight) + numbers[high] * weight
    return found
