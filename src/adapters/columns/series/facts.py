"""The rows that a measure counts."""

import numpy as np
from attrs import frozen

from ..columns import Codes, Doubles, Longs
from .segments import Segments

_LARGEST_NARROW = 2**31 - 1


@frozen(eq=False)
class Facts:
    """The rows that a measure counts; arrays of shape (n,).

    Args:
        user: Whose row, ascending.
        segment: The segment that holds it.
        group: Its group; None where there is but one.
        numbers: The numbers of the property; None where none is read.
        groups: How many groups there are.
        segments: The segments.
    """

    user: Codes
    segment: Codes
    group: Codes | None
    numbers: Doubles | None
    groups: int
    segments: Segments

    @property
    def cells(self) -> int:
        """How many cells there are: groups by segments."""
        return self.groups * self.segments.count

    def cell(self) -> Longs | Codes:
        """The cell of each row."""
        if self.group is None:
            return self.segment
        small = np.int32 if self.cells <= _LARGEST_NARROW else np.int64
        return np.multiply(self.group, self.segments.count, dtype=small) + self.segment

    def numeric(self) -> tuple[Longs | Codes, Doubles]:
        """The rows that have a number: their cells, and the numbers."""
        assert self.numbers is not None
        there = ~np.isnan(self.numbers)
        if there.all():
            return self.cell(), self.numbers
        rows = np.flatnonzero(there)  # four times as fast as to index with truth values
        return self.cell()[rows], self.numbers[rows]
