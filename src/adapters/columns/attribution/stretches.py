"""Stretches of a line whose bounds never fall: which of them hold a place, and sums over them."""

from typing import TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from ..columns import Bools, Doubles, Longs

_Number = TypeVar("_Number", np.int64, np.float64)


@frozen(eq=False)
class Stretches:
    """Which stretches hold each place: between two bounds it is always the same ones.

    Args:
        lengths: How many places follow one another without a bound, shape (n_parts,).
        since: The first stretch that holds the places of a part, shape (n_parts,).
        until: The one after the last; not above `since` where none does.
    """

    lengths: Longs
    since: Longs
    until: Longs

    @staticmethod
    def of(first: Longs, end: Longs, places: int) -> "Stretches":
        """Stretches from some places to others, the latter left out; neither ever falls."""
        bounds = np.concatenate((np.zeros(1, np.int64), first, end))
        bounds.sort(kind="stable")
        bounds = bounds[np.append(bounds[1:] != bounds[:-1], True)]
        return Stretches(
            np.diff(bounds, append=places),
            np.searchsorted(end, bounds, side="right"),
            np.searchsorted(first, bounds, side="right"),
        )

    def covered(self) -> Bools:
        """Whether any stretch holds each place."""
        return np.repeat(self.until > self.since, self.lengths)

    def sums(self, numbers: Doubles) -> Doubles:
        """For each place the sum of the numbers of the stretches that hold it."""
        return np.repeat(Prefix.of(numbers).between(self.since, self.until), self.lengths)

    def by_place(self) -> tuple[Longs, Longs]:
        """For each place the first stretch that holds it, and the one after the last."""
        return np.repeat(self.since, self.lengths), np.repeat(self.until, self.lengths)


@frozen(eq=False)
class Prefix:
    """Sums from the beginning, in two parts.

    The difference of two sums of doubles is off by what all numbers before it were rounded by. So
    each number is split at a fixed binary place: what is above is summed in integers, exactly,
    and what is below is so small that its rounding is beyond notice.

    Args:
        above: Shape (n + 1,), in units of 2**-places.
        below: Shape (n + 1,).
        places: Where numbers are split.
    """

    above: Longs
    below: Doubles
    places: int

    @staticmethod
    def of(numbers: Doubles) -> "Prefix":
        """The sums of numbers, whose sum may be at most 2**1000."""
        _, exponent = np.frexp(np.abs(numbers).sum())
        places = 60 - int(exponent)
        whole = np.rint(np.ldexp(numbers, places))
        rest = numbers - np.ldexp(whole, -places)
        return Prefix(_sums(whole.astype(np.int64)), _sums(rest), places)

    def between(self, since: Longs, until: Longs) -> Doubles:
        """The sums from some places to others, the latter left out."""
        above = np.ldexp((self.above[until] - self.above[since]).astype(np.float64), -self.places)
        sums: Doubles = above + (self.below[until] - self.below[since])
        return sums


def _sums(numbers: NDArray[_Number]) -> NDArray[_Number]:
    sums = np.zeros(len(numbers) + 1, numbers.dtype)
    np.cumsum(numbers, out=sums[1:])
    return sums
