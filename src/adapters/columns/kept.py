"""What is kept of a tenant between questions: its rows, and columns of properties."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from ...domain.attributes import canonical_text
from ...domain.events import Leaf
from .columns import Bools, Codes, Doubles, Longs, Texts
from .rows import Reader, Rows, put_between

MOST_COLUMNS = 64
"""So many columns of properties are kept of a tenant; the one used longest ago goes first."""


@frozen(eq=False)
class _Column:
    """A column, in the order of users, of the first rows that were acknowledged.

    Those beyond are read when it is next asked for. Nobody writes into what is kept: questions
    read it where it stands.
    """

    through: int
    values: NDArray[Any]
    texts: tuple[str, ...] = ()


@define(eq=False)
class KeptColumns:
    """The rows of one tenant and the columns that questions read of them lately."""

    rows: Rows = field(factory=Rows)
    _columns: dict[tuple[str, str], _Column] = field(factory=dict)

    @property
    def size(self) -> int:
        """About how much memory it takes. [bytes]"""
        return self.rows.size + sum(one.values.nbytes for one in self._columns.values())

    def continued(self, reader: Reader, through: int) -> Rows:
        """The rows up to a position."""
        if through > self.rows.through:
            self.rows = self.rows.continued(reader.rows(self.rows.through, through), through)
        return self.rows

    def fitting(self, reader: Reader, leaf: Leaf) -> Bools:
        """For each row, whether a comparison of a property holds."""
        key = "fits", told(leaf)
        kept, known = self._kept(key, _Column(0, np.empty(0, np.bool_)))
        if not known:
            at = reader.fitting(leaf, kept.through, self.rows.through)
            ones = np.ones(len(at), np.bool_)
            kept = self._keep(key, self._grown(kept.values, at, ones, False))
        return kept.values

    def numbers(self, reader: Reader, name: str) -> Doubles:
        """For each row, a property's number; NaN where it has none."""
        key = "number", name
        kept, known = self._kept(key, _Column(0, np.empty(0, np.float64)))
        if not known:
            at, numbers = reader.numbers(name, kept.through, self.rows.through)
            kept = self._keep(key, self._grown(kept.values, at, numbers, np.nan))
        return kept.values

    def texts(self, reader: Reader, name: str) -> Texts:
        """For each row, a property's text; the empty text where it has none."""
        key = "text", name
        kept, known = self._kept(key, _Column(0, np.empty(0, np.uint8), ("",)))
        if not known:
            at, codes, new = reader.texts(name, kept.through, self.rows.through)
            texts, places = _joined(kept.texts, new)
            values = kept.values.astype(np.min_scalar_type(len(texts)))
            kept = self._keep(key, self._grown(values, at, places[codes], 0), texts)
        return Texts(kept.values, kept.texts)

    def _kept(self, key: tuple[str, str], none: _Column) -> tuple[_Column, bool]:
        """The column, which stands last from now on, and whether it covers every row."""
        found = self._columns.pop(key, none)
        while len(self._columns) >= MOST_COLUMNS:
            del self._columns[next(iter(self._columns))]
        self._columns[key] = found
        return found, found.through == self.rows.through

    def _keep(
        self, key: tuple[str, str], values: NDArray[Any], texts: tuple[str, ...] = ()
    ) -> _Column:
        self._columns[key] = kept = _Column(self.rows.through, values, texts)
        return kept

    def _grown(
        self, values: NDArray[Any], at: Longs, new: NDArray[Any], filler: float
    ) -> NDArray[Any]:
        """A column of the first rows continued to the last one, as an array of its own.

        Args:
            values: What is known of it.
            at: Positions of further rows.
            new: Its values there.
            filler: Its value everywhere else.
        """
        known, order = len(values), self.rows.order
        row, found = self.rows.row(at)
        added = np.full(len(self.rows) - known, filler, values.dtype)
        added[row[found] - known] = new[found]
        later = np.flatnonzero(order >= known)
        places = later - np.arange(len(later))
        grown = put_between(values, places, added[order[later] - known])
        grown.setflags(write=False)
        return grown


def told(leaf: Leaf) -> str:
    """Everything that tells one comparison from another; 1, 1.0 and true are three."""
    value = list(leaf.value) if isinstance(leaf.value, tuple) else leaf.value
    return f"{leaf.op} {leaf.property!r} {canonical_text(value)}"


def _joined(known: tuple[str, ...], new: Sequence[str]) -> tuple[tuple[str, ...], Codes]:
    """All texts, and where each of the new ones stands among them."""
    place = {text: at for at, text in enumerate(known)}
    codes = [place.setdefault(text, len(place)) for text in new]
    return tuple(place), np.array(codes, np.int32)
