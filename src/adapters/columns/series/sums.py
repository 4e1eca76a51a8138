"""Sums that come out the same in any order of their numbers."""

from math import frexp, ldexp

import numpy as np

from ..columns import Codes, Doubles, Longs

#: Slices of a number that are added exactly; what is left is under 2^-60 of the largest.
_SLICES = 3

_SMALLEST_UNIT = -1_020

_PORTION = 65_536


def cell_sums(cells: Longs | Codes, numbers: Doubles, count: int) -> Doubles:
    """Numbers added up by cell, as parts to be added from the last to the first.

    Each part but the last is exact, and stays so if parts of cells are added: its numbers are
    multiples of one unit, so few that none of their sums needs rounding.

    Args:
        cells: The cell of each number, shape (n,).
        numbers: The numbers, shape (n,).
        count: How many cells there are.

    Returns:
        Parts, shape (parts, count).

    References:
        J. Demmel, H. D. Nguyen, "Fast reproducible floating-point summation", ARITH 21 (2013).
    """
    units = _units(numbers)
    parts = np.zeros((len(units) + 1, count))
    # In portions that stay in the processor's cache.
    for begin in range(0, len(numbers), _PORTION):
        rest = numbers[begin : begin + _PORTION].copy()
        own = cells[begin : begin + _PORTION]
        for at, unit in enumerate(units):
            part = np.rint(rest * (1 / unit)) * unit
            parts[at] += np.bincount(own, weights=part, minlength=count)
            rest -= part
            if not rest.any():
                break
        else:
            parts[-1] += np.bincount(own, weights=rest, minlength=count)
    return parts


def added(parts: Doubles) -> Doubles:
    """The sums of parts, shape (parts, …); infinite where beyond the largest double."""
    total: Doubles = parts[-1]
    for one in parts[-2::-1]:
        total = one + total
    return total


def _units(numbers: Doubles) -> list[float]:
    """What the numbers of each slice are multiples of. [powers of 2]"""
    largest = max(abs(float(numbers.max(initial=0.0))), abs(float(numbers.min(initial=0.0))))
    step = 51 - len(numbers).bit_length()
    exponents = [frexp(largest)[1] - step * (at + 1) for at in range(_SLICES)]
    return [ldexp(1.0, one) for one in exponents if one >= _SMALLEST_UNIT]
