"""The rows of a series: a page of them, each made when it is asked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import repeat
from operator import attrgetter, eq
from typing import TYPE_CHECKING, overload

from attrs import define, field, frozen

from ...attributes import Json
from .cells import Figure
from .drill import Drill
from .headings import Group, Stretch

if TYPE_CHECKING:
    from .query import SeriesQuery


@define(eq=False)  # its fields are private; to freeze them takes as long again, row by row
class SeriesRow:
    """The figures of a cell.

    Args:
        stretch: The stretch of time that it is of.
        group: The group of events that it is of.
        values: Its figures by the names of the measures.
        compared: The figures of the interval that its own is compared with; None without.
        drill: Makes the question one level deeper.
    """

    _stretch: Stretch
    _group: Group
    _values: Mapping[str, Figure]
    _compared: Mapping[str, Figure] | None
    _drill: Drill = field(repr=False)

    @property
    def start(self) -> datetime | None:
        """Where its interval begins; None where intervals are summed up. [UTC]"""
        return self._stretch.start

    @property
    def dimensions(self) -> Mapping[str, str]:
        """Its dimensions and their values, missing being the empty text.

        Those that are summed up are not there.
        """
        return self._group.dimensions

    @property
    def values(self) -> Mapping[str, Figure]:
        """Its figures by the names of the measures."""
        return self._values

    @property
    def level(self) -> int:
        """How many axes (the interval, the dimensions) are summed up; 0 is the finest."""
        return self._group.level.rolled

    @property
    def complete(self) -> bool:
        """Whether its stretch lies in the past."""
        return self._stretch.complete

    @property
    def compared_start(self) -> datetime | None:
        """Where the interval begins that it is compared with; None without. [UTC]"""
        return self._stretch.compared_start

    @property
    def compared(self) -> Mapping[str, Figure] | None:
        """The figures of that interval; None where there is none."""
        return self._compared

    @property
    def drill(self) -> Mapping[str, Json] | None:
        """The same query one level deeper for this row, ready to send.

        None where there is nothing deeper, or a value is too long for a filter.
        """
        return self._drill.deeper(self._stretch, self._group)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SeriesRow) and _told(self) == _told(other)

    __hash__ = None  # type: ignore[assignment]  # nor have the mappings that it holds


_told = attrgetter(
    "start",
    "dimensions",
    "values",
    "level",
    "complete",
    "compared_start",
    "compared",
    "drill",
)


@frozen(eq=False, repr=False)
class SeriesRows(Sequence[SeriesRow]):
    """A page of rows in columns, equal to any other sequence of the same rows.

    Args:
        query: The question.
        stretches: The stretch of each row.
        groups: The group of each row.
        values: Per measure the figure of each row.
        compared: The same of the stretches that theirs are compared with; None without.
    """

    query: "SeriesQuery"
    stretches: Sequence[Stretch]
    groups: Sequence[Group]
    values: Sequence[Sequence[Figure]]
    compared: Sequence[Sequence[Figure]] | None

    def __len__(self) -> int:
        return len(self.groups)

    @overload
    def __getitem__(self, at: int) -> SeriesRow: ...
    @overload
    def __getitem__(self, at: slice) -> "SeriesRows": ...
    def __getitem__(self, at: "int | slice") -> "SeriesRow | SeriesRows":
        if isinstance(at, slice):
            return self._some(at)
        place = range(len(self))[at]
        return next(iter(self._some(slice(place, place + 1))))

    def __iter__(self) -> Iterator[SeriesRow]:
        values = _by_name(self.query, self.values)
        compared: Iterable[Mapping[str, Figure] | None] = repeat(None)
        if self.compared is not None:
            found = zip(self.stretches, _by_name(self.query, self.compared), strict=True)
            compared = (None if one.beside is None else figures for one, figures in found)
        return map(
            SeriesRow, self.stretches, self.groups, values, compared, repeat(Drill(self.query))
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]  # nor have its rows

    def __repr__(self) -> str:
        return repr(tuple(self))

    def _some(self, places: slice) -> "SeriesRows":
        return SeriesRows(
            self.query,
            self.stretches[places],
            self.groups[places],
            [one[places] for one in self.values],
            None if self.compared is None else [one[places] for one in self.compared],
        )


def _by_name(
    query: "SeriesQuery", columns: Sequence[Sequence[Figure]]
) -> Iterable[Mapping[str, Figure]]:
    """The figures of each row by the names of the measures."""
    names = [one.name for one in query.measures]
    if len(names) == 1:
        return [{names[0]: one} for one in columns[0]]
    return [dict(zip(names, figures, strict=True)) for figures in zip(*columns, strict=True)]


@frozen(slots=False)
class ComparedStretch:
    """What a range is compared with.

    Args:
        start: Where it begins. [UTC]
        end: Where it ends, exclusive. [UTC]
        intervals_without_partner: Its intervals beyond the last one of the range, which no row
            shows.
    """

    start: datetime
    end: datetime
    intervals_without_partner: int


@frozen(slots=False)
class SeriesFigures:
    """Measures by interval and dimension.

    Args:
        rows: A page of rows.
        rows_before: How many rows come before the page.
        rows_after: How many rows come after the page.
        counted_from: Where counting begins: the range, or the interval that holds its start
            where that was asked. [UTC]
        counted_to: Where it ends, exclusive. [UTC]
        first_interval_cut: Whether the first interval begins before that.
        last_interval_cut: Whether the last interval ends after that.
        compared_with: What the range is compared with; null without.
    """

    rows: SeriesRows
    rows_before: int
    rows_after: int
    counted_from: datetime
    counted_to: datetime
    first_interval_cut: bool
    last_interval_cut: bool
    compared_with: ComparedStretch | None
