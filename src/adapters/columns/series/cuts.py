"""Rows cut by stretches of time, once for all measures that count the same stretches."""

from collections.abc import Hashable
from functools import cached_property

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
            segment = self._segment(cut)
            self._known[spans] = cut, segment, self._counted(cut, segment)
        return self._known[spans]

    @cached_property
    def _span(self) -> tuple[int, int] | None:
        """The first and the last instant; None without rows."""
        at = self.columns.at
        return (int(at.min()), int(at.max())) if len(at) else None

    def _segment(self, cut: Segments) -> Codes:
        if self._span is not None:
            first, last = np.searchsorted(cut.edges, self._span, "right").tolist()
            if first == last:
                return np.broadcast_to(np.int32(first), len(self.columns))
        return cut.of(self.columns.at)

    def _counted(self, cut: Segments, segment: Codes) -> Bools | None:
        live, span = cut.low < cut.high, self._span
        inside = span is None or (cut.edges[0] <= span[0] and span[1] < cut.edges[-1])
        return None if inside and live[1:-1].all() else live[segment]

    def rows(self, spans: tuple[Span, ...], fits: Bools) -> Rows:
        """The rows that fit and that any stretch counts."""
        counted = self.of(spans)[2]
        kept = fits if counted is None else fits & counted
        return slice(None) if kept.all() else np.flatnonzero(kept)
