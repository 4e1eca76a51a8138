"""The rows of a series: cells put in order, a page of them, each with its own drill."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from ...attributes import Json
from .cells import Figure, Figures, LevelCells
from .drill import Drill
from .timelines import Span, Timeline

if TYPE_CHECKING:
    from .query import Order, SeriesQuery


#: A level, a stretch and a group, by number.
Place: TypeAlias = tuple[int, int, int]


@frozen(slots=False)
class SeriesRow:
    """The figures of a cell.

    Args:
        start: Where its interval begins; null where intervals are summed up. [UTC]
        dimensions: Its dimensions and their values, missing being the empty text; those that
            are summed up are not there.
        values: Its figures by the names of the measures.
        level: How many axes (the interval, the dimensions) are summed up; 0 is the finest.
        complete: Whether its stretch lies in the past.
        compared_start: Where the interval begins that it is compared with; null without. [UTC]
        compared: The figures of that interval; null where there is none.
        drill: The same query one level deeper for this row, ready to send; null where there is
            nothing deeper, or a value is too long for a filter.
    """

    start: datetime | None
    dimensions: Mapping[str, str]
    values: Mapping[str, Figure]
    level: int
    complete: bool
    compared_start: datetime | None
    compared: Mapping[str, Figure] | None
    drill: Mapping[str, Json] | None


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

    rows: tuple[SeriesRow, ...]
    rows_before: int
    rows_after: int
    counted_from: datetime
    counted_to: datetime
    first_interval_cut: bool
    last_interval_cut: bool
    compared_with: ComparedStretch | None


@frozen(eq=False)
class _Cell:
    """A cell: a stretch and a group of a level."""

    of: LevelCells
    at: int
    group: int

    def value(self, measure: int) -> Figure:
        return self.of.values[measure][self.group][self.at]


def arranged(query: "SeriesQuery", cells: Sequence[LevelCells], now: datetime) -> SeriesFigures:
    """The answer, given its cells: finest level first, groups in ascending order."""
    found = _ordered(query, cells)
    page = [_Cell(cells[n], at, group) for n, at, group in found[query.skip :][: query.limit]]
    window, shown = query.timeline.window, min(query.skip, len(found))
    return SeriesFigures(
        tuple(_rows(query, page, now)),
        shown,
        len(found) - shown - len(page),
        window.start,
        window.end,
        query.timeline.starts[0] < window.start,
        window.end < query.timeline.end,
        None if query.compared is None else _compared_with(query.timeline, query.compared),
    )


def _compared_with(timeline: Timeline, compared: Timeline) -> ComparedStretch:
    alone = max(len(compared.spans) - len(timeline.spans), 0)
    return ComparedStretch(compared.window.start, compared.window.end, alone)


def _ordered(query: "SeriesQuery", cells: Sequence[LevelCells]) -> list[Place]:
    """The places of all rows in their order."""
    places = [
        (n, at, group)
        for n, one in enumerate(cells)
        for at in range(len(one.level.spans(query.timeline)))
        for group in range(len(one.groups))
    ]
    if len(cells) > 1:
        outlines = [_outline(query, one) for one in cells]
        places.sort(key=lambda one: (outlines[one[0]][0] + one[1], outlines[one[0]][1][one[2]]))
    for order in reversed(query.order):
        places = _sorted(query, cells, places, order)
    return places


def _outline(query: "SeriesQuery", cells: LevelCells) -> tuple[int, list[list[tuple[bool, str]]]]:
    """What sorts the rows of a level among others: what is summed up stands first.

    Returns:
        What is added to the number of an interval, and the dimensions of each group.
    """
    kept = cells.level.dimensions
    place = {dimension: at for at, dimension in enumerate(kept)}
    asked = range(len(query.dimensions))
    groups = [
        [(True, one[place[at]]) if at in place else (False, "") for at in asked]
        for one in cells.groups
    ]
    return (1 if cells.level.timed else 0), groups


def _sorted(
    query: "SeriesQuery", cells: Sequence[LevelCells], places: list[Place], order: "Order"
) -> list[Place]:
    """Places by one thing; those that do not have it last, and ties as they were."""
    key = _key(query, cells, order.by)
    keyed = [(key(one), one) for one in places]
    having: list[tuple[Any, Place]] = [pair for pair in keyed if pair[0] is not None]
    having.sort(key=lambda pair: pair[0], reverse=order.direction == "desc")
    return [one for _, one in having] + [one for key, one in keyed if key is None]


def _key(query: "SeriesQuery", cells: Sequence[LevelCells], by: str) -> Callable[[Place], Any]:
    """What a place has of something; None where it does not have it."""
    names = [one.name for one in query.measures]
    if by in names:
        values = [one.values[names.index(by)] for one in cells]
        return lambda one: values[one[0]][one[2]][one[1]]
    if by == "start":
        timed = [one.level.timed or query.interval is None for one in cells]
        return lambda one: one[1] if timed[one[0]] else None
    axis = query.dimensions.index(by)
    held = [one.level.dimensions for one in cells]
    return lambda one: (
        cells[one[0]].groups[one[2]][held[one[0]].index(axis)] if axis in held[one[0]] else None
    )


def _rows(query: "SeriesQuery", page: Sequence[_Cell], now: datetime) -> Iterator[SeriesRow]:
    drill = Drill.of(query)
    for cell in page:
        level = cell.of.level
        span = level.spans(query.timeline)[cell.at]
        names = [query.dimensions[at] for at in level.dimensions]
        dimensions = dict(zip(names, cell.of.groups[cell.group], strict=True))
        beside = _beside(query, cell)
        yield SeriesRow(
            query.timeline.starts[cell.at] if level.timed or query.interval is None else None,
            dimensions,
            _figures(query, cell.of.values, cell),
            level.rolled,
            span[1] <= now,
            beside and _label(query, level.timed, cell.at),
            beside and _compared(query, cell),
            drill.deeper(level, dimensions, span, beside),
        )


def _beside(query: "SeriesQuery", cell: _Cell) -> Span | None:
    """The stretch that a cell is compared with."""
    if query.compared is None:
        return None
    spans = cell.of.level.spans(query.compared)
    return spans[cell.at] if cell.at < len(spans) else None


def _label(query: "SeriesQuery", timed: bool, at: int) -> datetime:
    assert query.compared is not None
    return query.compared.starts[at] if timed else query.compared.window.start


def _compared(query: "SeriesQuery", cell: _Cell) -> Mapping[str, Figure]:
    assert cell.of.compared is not None
    return _figures(query, cell.of.compared, cell)


def _figures(query: "SeriesQuery", values: Sequence[Figures], cell: _Cell) -> Mapping[str, Figure]:
    return {
        measure.name: values[at][cell.group][cell.at] for at, measure in enumerate(query.measures)
    }
