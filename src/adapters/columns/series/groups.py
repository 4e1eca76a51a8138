"""Groups of rows by their dimensions, at every level."""

from collections.abc import Callable, Sequence

import numpy as np
from attrs import frozen

from ..columns import Bools, Codes, Longs, Narrow, Texts

#: So many combinations of dimensions are told apart by a table instead of a sort.
_LARGEST_TABLE = 4_000_000

_LARGEST_CODE = 2**62


@frozen(eq=False)
class Groups:
    """Rows by the values of some dimensions.

    Args:
        of: The group of each row; -1 where it is in none. None where all are in one.
        values: The texts of each group, in ascending order.
        dimensions: How many dimensions there are.
        finest: The group that each of the finest groups is in; None where they are the same.
    """

    of: Codes | None
    values: Sequence[tuple[str, ...]]
    dimensions: int
    finest: Codes | None = None

    def __len__(self) -> int:
        return len(self.values)

    def coarser(self, kept: Sequence[int]) -> "Groups":
        """The same rows by fewer of the dimensions.

        Args:
            kept: The places of the dimensions that are left.
        """
        if self.of is None or len(kept) == self.dimensions:
            return self
        if not kept:
            return Groups(None, [()], 0, np.zeros(len(self), np.int32))
        of_group = [tuple(one[at] for at in kept) for one in self.values]
        values = sorted(set(of_group))
        place = {one: at for at, one in enumerate(values)}
        finest = np.array([place[one] for one in of_group], np.int32)
        # A row in no group has the code -1, which takes the last one.
        return Groups(np.append(finest, np.int32(-1))[self.of], values, len(kept), finest)


def grouped(
    dimensions: Sequence[Texts], seen: Bools | None, check: Callable[[int], None]
) -> Groups:
    """Rows by all of some dimensions.

    Args:
        dimensions: Their texts, each of shape (n,).
        seen: The rows that make groups; None for all.
        check: Called with the number of groups before their texts are looked up.
    """
    if not dimensions:
        return Groups(None, [()], 0)
    packed, size = _packed(dimensions)
    found, told = _present(dimensions, packed, size, seen)
    check(len(found))
    columns = [
        [one.values[code] for code in codes.tolist()]
        for one, codes in zip(dimensions, told, strict=True)
    ]
    values = list(zip(*columns, strict=True))
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = np.empty(len(order), np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    codes = _codes(packed, size, found, ranks)
    return Groups(codes, [values[at] for at in order], len(dimensions))


def _packed(dimensions: Sequence[Texts]) -> tuple[Narrow, int]:
    """A number for each row's combination of texts, and how many combinations there may be.

    The numbers are below that, unless they would not fit; then they are those that are there.
    """
    packed = dimensions[0].codes
    size = bound = len(dimensions[0].values)
    for one in dimensions[1:]:
        size, values = size * len(one.values), len(one.values)
        if bound * values > _LARGEST_CODE:
            found, packed = np.unique(packed, return_inverse=True)
            bound = len(found)
        bound *= values
        small = np.min_scalar_type(bound)
        packed = packed.astype(small) * small.type(values) + one.codes.astype(small)
    return packed, size


def _present(
    dimensions: Sequence[Texts], packed: Narrow, size: int, seen: Bools | None
) -> tuple[Longs, Sequence[Narrow]]:
    """The combinations of rows that are seen, and of each the code in every dimension."""
    if size <= _LARGEST_TABLE:
        shown = packed if seen is None else packed[np.flatnonzero(seen)]
        found = np.flatnonzero(np.bincount(shown, minlength=size))
        return found, np.unravel_index(found, [max(len(one.values), 1) for one in dimensions])
    rows = np.arange(len(packed)) if seen is None else np.flatnonzero(seen)
    found, first = np.unique(packed[rows], return_index=True)
    return found, [one.codes[rows[first]] for one in dimensions]


def _codes(packed: Narrow, size: int, found: Longs, ranks: Codes) -> Codes:
    """The group of each row, by the rank of its combination among those found."""
    if size <= _LARGEST_TABLE:
        table = np.full(size, -1, np.int32)
        table[found] = ranks
        return table.take(packed)
    if not len(found):
        return np.full(len(packed), -1, np.int32)
    place = np.minimum(np.searchsorted(found, packed), len(found) - 1)
    return np.where(found[place] == packed, ranks[place], np.int32(-1))
