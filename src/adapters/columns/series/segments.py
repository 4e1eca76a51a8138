"""Stretches of time that may overlap, cut where any begins or ends."""

from math import gcd

import numpy as np
from attrs import frozen

from ....domain.events import microseconds
from ....domain.questions.series import Span
from ..columns import Codes, Longs
from ..intervals import looked_up

#: The finest cut that is looked up instead of searched. [places]
_LARGEST_TABLE = 4_000_000


@frozen(eq=False)
class Segments:
    """Segments that follow one another, each within the same stretches all along.

    Segment 0 is all that lies before the first edge, the last one all that lies after.

    Args:
        edges: Where segments 1 and up begin, ascending, shape (s,). [µs since 1970]
        low: The first stretch that ends after a segment, shape (s + 1,).
        high: The first stretch that begins after it; as many as there are, if none does.
        first: For each stretch its first segment, shape (t,).
        last: For each stretch the segment after its last one.
    """

    edges: Longs
    low: Longs
    high: Longs
    first: Longs
    last: Longs

    @property
    def count(self) -> int:
        """How many segments there are."""
        return len(self.low)

    @property
    def apart(self) -> bool:
        """Whether every stretch is one segment of its own."""
        return bool((self.last == self.first + 1).all())

    def of(self, at: Longs) -> Codes:
        """The segment of each instant."""
        first, last = int(self.edges[0]), int(self.edges[-1])
        step = gcd(*np.diff(self.edges).tolist()) if len(self.edges) > 1 else 0
        if not len(at) or step == 0 or (last - first) // step > _LARGEST_TABLE:
            return np.searchsorted(self.edges, at, "right").astype(np.int32)
        places = np.arange(first - step, last + 1, step)
        table = np.searchsorted(self.edges, places, "right").astype(np.int32)
        return looked_up(at, first - step, step, table)


def segments(spans: tuple[Span, ...]) -> Segments:
    """The segments of stretches, neither of whose bounds ever goes back."""
    starts = np.array([microseconds(start) for start, _ in spans], np.int64)
    ends = np.array([microseconds(end) for _, end in spans], np.int64)
    edges = np.union1d(starts, ends)
    inside = np.concatenate([edges[:1] - 1, edges])
    return Segments(
        edges,
        np.searchsorted(ends, inside, "right"),
        np.searchsorted(starts, inside, "right"),
        np.searchsorted(edges, starts) + 1,
        np.searchsorted(edges, ends) + 1,
    )
