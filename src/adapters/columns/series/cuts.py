"""Rows cut by stretches of time, once for all measures that count the same stretches."""

from collections.abc import Hashable

import numpy as np
from attrs import field, frozen

from ....domain.questions.series import Span
from ..columns import Bools, Codes, Longs, UserColumns
from .segments import Segments, segments

Rows = slice | Longs


@frozen(eq=False)
class Cuts:
    """The segments of rows under stretches.

    Args:
        columns: The rows.
    """

    columns: UserColumns
    _known: dict[Hashable, tuple[Segments, Codes, Bools | None]] = field(factory=dict, init=False)

    def of(self, spans: tuple[Span, ...]) -> tuple[Segments, Codes, Bools | None]:
        """Segments of stretches, the one of each row, and which rows any stretch counts.

        None for the last where all rows are counted.
        """
        if spans not in self._known:
            cut = segments(spans)
            segment = cut.of(self.columns.at)
            self._known[spans] = cut, segment, self._counted(cut, segment)
        return self._known[spans]

    def _counted(self, cut: Segments, segment: Codes) -> Bools | None:
        live, at = cut.low < cut.high, self.columns.at
        inside = not len(at) or (cut.edges[0] <= at.min() and at.max() < cut.edges[-1])
        return None if inside and live[1:-1].all() else live[segment]

    def rows(self, spans: tuple[Span, ...], fits: Bools) -> Rows:
        """The rows that fit and that any stretch counts."""
        counted = self.of(spans)[2]
        kept = fits if counted is None else fits & counted
        return slice(None) if kept.all() else np.flatnonzero(kept)
