"""The rows of a series as JSON: what many of them have in common is encoded once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import chain, repeat
from typing import Any, TypeVar

import msgspec
from attrs import frozen

from ...domain.attributes import Json
from ...domain.questions.series import Drill, Figure, Group, SeriesRows, Stretch

H = TypeVar("H", Group, Stretch)


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


def rows_json(rows: SeriesRows) -> msgspec.Raw:
    """A page of rows, each as a `SeriesRow`."""
    if not len(rows):
        return msgspec.Raw(b"[]")
    drill, names = Drill(rows.query), [one.name for one in rows.query.measures]
    starts, middles, drills = _columns(rows.stretches, partial(_of_stretch, drill))
    dimensions, drilled = _columns(rows.groups, partial(_of_group, drill))
    pieces = zip(
        starts,
        dimensions,
        _figures(names, rows.values),
        middles,
        _compared(names, rows),
        [one if there else b"null" for one, there in zip(drills, drilled, strict=True)],
        drilled,
        repeat(b"},"),
        strict=False,  # of what is repeated there is no end
    )
    *told, _ = chain((b"[",), chain.from_iterable(pieces))
    return msgspec.Raw(b"".join((*told, b"}]")))


def _columns(
    headings: Sequence[H], make: Callable[[H], tuple[bytes, ...]]
) -> list[Sequence[bytes]]:
    """Pieces of all rows, given what makes them of that which rows have in common."""
    known = list(set(headings))
    made = [dict(zip(known, pieces, strict=True)) for pieces in zip(*map(make, known), strict=True)]
    return [[pieces[one] for one in headings] for pieces in made]


def _of_stretch(drill: Drill, stretch: Stretch) -> tuple[bytes, bytes, bytes]:
    """What stands before dimensions, before compared figures, and within a drill."""
    told = (stretch.start, stretch.level.rolled, stretch.complete, stretch.compared_start)
    start, level, complete, compared_start = map(msgspec.json.encode, told)
    return (
        b'{"start":%b,"dimensions":' % start,
        b',"level":%b,"complete":%b,"compared_start":%b,"compared":'
        % (level, complete, compared_start),
        b"{%b," % _inside(drill.of_stretch(stretch)),
    )


def _of_group(drill: Drill, group: Group) -> tuple[bytes, bytes]:
    """Dimensions, and the end of a drill; nothing where there is none."""
    deeper = drill.of_group(group)
    dimensions = msgspec.json.encode(dict(group.dimensions)) + b',"values":'
    return dimensions, b"" if deeper is None else b"%b}" % _inside(deeper)


def _inside(told: Mapping[str, Any]) -> bytes:
    """The members of an object."""
    return msgspec.json.encode(told)[1:-1]


def _compared(names: Sequence[str], rows: SeriesRows) -> Sequence[bytes]:
    """Compared figures, and what stands before a drill."""
    if rows.compared is None:
        return [b'null,"drill":'] * len(rows)
    figures = zip(_figures(names, rows.compared), rows.stretches, strict=True)
    return [
        b'%b,"drill":' % (b"null" if stretch.beside is None else told) for told, stretch in figures
    ]


def _figures(names: Sequence[str], columns: Sequence[Sequence[Figure]]) -> Sequence[bytes]:
    """The figures of each row; there is no comma in a number."""
    told = [msgspec.json.encode(one)[1:-1].split(b",") for one in columns]
    row = b"{" + b",".join(b'"%b":%%b' % one.encode() for one in names) + b"}"
    return [row % one for one in zip(*told, strict=True)]
