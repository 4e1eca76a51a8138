"""A bit per user and interval: sets of users that are counted a machine word at a time."""

from collections.abc import Iterator

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from .columns import Bools, Codes, Longs

Words = NDArray[np.uint64]

#: Most bytes of the table that bits are packed from.
_LARGEST_BLOCK = 16_000_000


@frozen(eq=False)
class Marks:
    """Users in intervals, in order of user; the same pair may come several times.

    Args:
        user: Who, shape (m,); ascending.
        interval: When, shape (m,).
    """

    user: Codes
    interval: Codes

    def where(self, chosen: Bools) -> "Marks":
        """Some of them."""
        if chosen.all():
            return self
        rows = np.flatnonzero(chosen)  # four times as fast as to index with truth values
        return Marks(self.user.take(rows), self.interval.take(rows))

    def within(self, first: int, size: int) -> "Marks":
        """Those of a block of users, who are counted from the first of them."""
        start, end = np.searchsorted(self.user, (first, first + size))
        return Marks(self.user[start:end] - np.int32(first), self.interval[start:end])

    def bits(self, intervals: int, size: int) -> Words:
        """A bit per interval and user of a block, shape (intervals, size / 64)."""
        marked = np.zeros(intervals * size, np.bool_)
        marked[self.interval * np.int32(size) + self.user] = True
        return packed(marked.reshape(intervals, size))

    def last_but(self, least: int, size: int) -> Codes:
        """Per user of a block, the interval of the last mark but so many less one; -1 for none."""
        counts = np.bincount(self.user, minlength=size)
        place = np.cumsum(counts) - least
        enough = counts >= least
        last = np.full(size, -1, np.int32)
        last[enough] = self.interval[place[enough]]
        return last


def blocks(users: int, intervals: int) -> Iterator[tuple[int, int]]:
    """Stretches of users: the first of each, and how many they are, a multiple of 64."""
    size = max(64, min(_LARGEST_BLOCK // intervals, users + 63) // 64 * 64)
    for first in range(0, users, size):
        yield first, size


def packed(marked: Bools) -> Words:
    """Truth values as bits, 64 of a row in a word."""
    return np.packbits(marked, axis=1).view(np.uint64)


def counted(bits: Words) -> Longs:
    """How many bits of each row are set."""
    counts: Longs = np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
    return counts
