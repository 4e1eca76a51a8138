"""Which interval an instant lies in, for whole columns."""

from collections.abc import Sequence
from datetime import datetime
from math import gcd

import numpy as np
from numpy.typing import NDArray

from ...domain.events import microseconds
from .columns import Codes, Longs

#: Most places of a table that takes the place of a search.
_LARGEST_TABLE = 1_000_000

_PORTION = 65_536


def intervals_of(at: Longs, bounds: Sequence[datetime]) -> Codes:
    """The interval of each instant: -1 before the first, their number after the last.

    Bounds that are multiples of a step are looked up instead of searched for.

    Args:
        at: Instants, shape (n,). [µs since 1970]
        bounds: The start of each interval, and the end of the last.

    Returns:
        Places from 0, shape (n,).
    """
    edges = [microseconds(bound) for bound in bounds]
    step = gcd(*(edge - edges[0] for edge in edges))
    size = (edges[-1] - edges[0]) // step
    if size > _LARGEST_TABLE:
        return (np.searchsorted(np.array(edges), at, side="right") - 1).astype(np.int32)
    return looked_up(at, edges[0] - step, step, _table(edges, step))


def looked_up(at: Longs, start: int, step: int, table: Codes) -> Codes:
    """The entry of a table for each instant, by how many steps it is after a start.

    Those before the start have the first entry, those beyond the table the last one.
    """
    found = np.empty(len(at), np.int32)
    # In portions that stay in the processor's cache.
    for begin in range(0, len(at), _PORTION):
        place = at[begin : begin + _PORTION] - start
        place //= step
        np.take(table, place, mode="clip", out=found[begin : begin + _PORTION])
    return found


def _table(edges: Sequence[int], step: int) -> Codes:
    """The interval of every step, with one before the first and one after the last."""
    lengths = np.diff(np.array(edges)) // step
    inside: NDArray[np.int32] = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    return np.pad(inside, 1, constant_values=(-1, len(lengths)))
