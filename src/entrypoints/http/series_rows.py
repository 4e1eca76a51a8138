"""The rows of a series as JSON: what many of them have in common is encoded once."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from attrs import field, frozen

from ...domain.attributes import Json
from ...domain.questions.series import Drill, Figure, Group, Level, SeriesRows, Stretch

_NO_DRILL = b',"drill":null}'

#: Rows that are written without a pause: some milliseconds of work.
_AT_ONCE = 1_000


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


async def rows_json(rows: SeriesRows) -> msgspec.Raw:
    """A page of rows, each as a `SeriesRow`; others have a turn after every thousand."""
    told = []
    for some in _portions(rows):
        told.append(some)
        await asyncio.sleep(0)
    return msgspec.Raw(b"[%b]" % b",".join(told))


def _portions(rows: SeriesRows) -> Iterator[bytes]:
    pieces = _Pieces(Drill(rows.query))
    for first in range(0, len(rows), _AT_ONCE):
        some = rows[first : first + _AT_ONCE]
        names = [one.name for one in some.query.measures]
        columns = zip(
            map(pieces.of_stretch, some.stretches),
            map(pieces.of_group, some.groups),
            _figures(names, some.values),
            _compared(names, some),
            strict=True,
        )
        yield b",".join(
            [
                b"".join((start, dimensions, values, level, compared, drill, rest))
                if rest
                else b"".join((start, dimensions, values, level, compared, _NO_DRILL))
                for (start, level, drill), (dimensions, rest), values, compared in columns
            ]
        )


@frozen(eq=False)
class _Pieces:
    """What many rows have in common, each made once."""

    drill: Drill
    _stretches: dict[Stretch, tuple[bytes, bytes, bytes]] = field(factory=dict, init=False)
    _groups: dict[Group, tuple[bytes, bytes]] = field(factory=dict, init=False)
    _levels: dict[tuple[bool, tuple[int, ...]], bytes] = field(factory=dict, init=False)

    def of_stretch(self, stretch: Stretch) -> tuple[bytes, bytes, bytes]:
        """What stands before dimensions, before compared figures, and at a drill's beginning."""
        if stretch not in self._stretches:
            told = {
                "level": stretch.level.rolled,
                "complete": stretch.complete,
                "compared_start": stretch.compared_start,
            }
            self._stretches[stretch] = (
                b'{"start":%b,"dimensions":' % msgspec.json.encode(stretch.start),
                b',%b,"compared":' % _inside(told),
                b',"drill":{%b,' % _inside(self.drill.of_stretch(stretch)),
            )
        return self._stretches[stretch]

    def of_group(self, group: Group) -> tuple[bytes, bytes]:
        """What stands before figures, and the rest of a drill; nothing where there is none."""
        if group not in self._groups:
            dimensions = b'%b,"values":' % msgspec.json.encode(dict(group.dimensions))
            deeper = self.drill.of_group(group)
            rest = b"%b,%b}}" % (_inside(deeper), self._of_level(group.level)) if deeper else b""
            self._groups[group] = dimensions, rest
        return self._groups[group]

    def _of_level(self, level: Level) -> bytes:
        axes = level.timed, level.dimensions  # sooner hashed than the level, which they tell
        if axes not in self._levels:
            self._levels[axes] = _inside(self.drill.of_level(level))
        return self._levels[axes]


def _inside(told: Mapping[str, Any]) -> bytes:
    """The members of an object."""
    return msgspec.json.encode(told)[1:-1]


def _compared(names: Sequence[str], rows: SeriesRows) -> Sequence[bytes]:
    if rows.compared is None:
        return [b"null"] * len(rows)
    figures = zip(_figures(names, rows.compared), rows.stretches, strict=True)
    return [b"null" if stretch.beside is None else told for told, stretch in figures]


def _figures(names: Sequence[str], columns: Sequence[Sequence[Figure]]) -> Sequence[bytes]:
    """The figures of each row; there is no comma in a number."""
    told = [msgspec.json.encode(one)[1:-1].split(b",") for one in columns]
    row = b"{" + b",".join(b'"%b":%%b' % one.encode() for one in names) + b"}"
    return [row % one for one in zip(*told, strict=True)]
