"""Series and cubes as rows."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..sheet import Cell, Sheet
from .cells import Figure
from .rows import SeriesFigures, SeriesRow

if TYPE_CHECKING:
    from .query import SeriesQuery


def series_sheet(query: "SeriesQuery", figures: SeriesFigures) -> Sheet:
    """A row per row, without its drill.

    A dimension that is summed up has no cell, one that is missing has the empty text.
    """
    names = [one.name for one in query.measures]
    columns = [
        "start",
        *(f"dimensions.{one}" for one in query.dimensions),
        *(f"values.{one}" for one in names),
        "level",
        "complete",
    ]
    if query.compared is not None:
        columns += ["compared_start", *(f"compared.{one}" for one in names)]
    return Sheet(tuple(columns), (tuple(_cells(query, row)) for row in figures.rows))


def _cells(query: "SeriesQuery", row: SeriesRow) -> Iterator[Cell]:
    yield row.start
    yield from map(row.dimensions.get, query.dimensions)
    yield from _values(query, row.values)
    yield from (row.level, row.complete)
    if query.compared is not None:
        yield row.compared_start
        yield from _values(query, row.compared or {})


def _values(query: "SeriesQuery", values: Mapping[str, Figure]) -> Iterator[Cell]:
    return (values.get(one.name) for one in query.measures)
