"""Cells put in order, and a page of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import frozen

from .cells import Figure, Figures, LevelCells
from .headings import Group, Stretch
from .rows import ComparedStretch, SeriesFigures, SeriesRows
from .timelines import Timeline

if TYPE_CHECKING:
    from .query import SeriesQuery


def arranged(query: "SeriesQuery", cells: Sequence[LevelCells], now: datetime) -> SeriesFigures:
    """The answer, given its cells: finest level first, groups in ascending order."""
    places = _Places.of(query, cells)
    order = _ordered(query, cells, places)
    page = order[query.skip :][: query.limit]
    window, shown = query.timeline.window, min(query.skip, len(order))
    return SeriesFigures(
        _rows(query, cells, places.of_rows(page), now),
        shown,
        len(order) - shown - len(page),
        window.start,
        window.end,
        query.timeline.starts[0] < window.start,
        window.end < query.timeline.end,
        None if query.compared is None else _compared_with(query.timeline, query.compared),
    )


def _compared_with(timeline: Timeline, compared: Timeline) -> ComparedStretch:
    alone = max(len(compared.spans) - len(timeline.spans), 0)
    return ComparedStretch(compared.window.start, compared.window.end, alone)


@frozen(eq=False)
class _Places:
    """Where some rows are, in columns, because there are many of them.

    Args:
        stretches: The stretches of all levels, by their number at their level.
        groups: The groups of all levels, likewise.
        stretch: The stretch of each row.
        group: The group of each row.
    """

    stretches: Sequence[tuple[LevelCells, int]]
    groups: Sequence[tuple[LevelCells, int]]
    stretch: Sequence[int]
    group: Sequence[int]

    @staticmethod
    def of(query: "SeriesQuery", cells: Sequence[LevelCells]) -> "_Places":
        """The places of all rows: level by level, stretch by stretch, group by group."""
        stretches: list[tuple[LevelCells, int]] = []
        groups: list[tuple[LevelCells, int]] = []
        stretch: list[int] = []
        group: list[int] = []
        for one in cells:
            own = range(len(one.level.spans(query.timeline)))
            stretch += [len(stretches) + at for at in own for _ in one.groups]
            group += [*range(len(groups), len(groups) + len(one.groups))] * len(own)
            stretches += [(one, at) for at in own]
            groups += [(one, at) for at in range(len(one.groups))]
        return _Places(stretches, groups, stretch, group)

    def of_rows(self, rows: Sequence[int]) -> "_Places":
        """The places of some of the rows."""
        stretch, group = [self.stretch[one] for one in rows], [self.group[one] for one in rows]
        return _Places(self.stretches, self.groups, stretch, group)

    def figures(self, levels: Iterable[Figures]) -> list[Figure]:
        """The figure of each row; None where its stretch has none.

        Args:
            levels: The figures of a measure at each level.
        """
        of_group, at = list(chain.from_iterable(levels)), [at for _, at in self.stretches]
        own = map(of_group.__getitem__, self.group)
        places = zip(own, map(at.__getitem__, self.stretch), strict=True)
        return [one[place] if place < len(one) else None for one, place in places]


def _ordered(query: "SeriesQuery", cells: Sequence[LevelCells], places: _Places) -> Sequence[int]:
    """The numbers of all rows in their order."""
    order: Sequence[int] = range(len(places.group))
    if len(cells) > 1:
        order = sorted(order, key=_first_to_last(query, places).__getitem__)
    for one in reversed(query.order):
        keys = _keys(query, cells, places, one.by)
        order = _sorted(order, keys, descending=one.direction == "desc")
    return order


def _first_to_last(query: "SeriesQuery", places: _Places) -> list[tuple[int, int]]:
    """What sorts the rows of all levels: what is summed up stands first."""
    outlines = [_outline(query, *one) for one in places.groups]
    by_outline = sorted(range(len(outlines)), key=outlines.__getitem__)
    rank = {group: at for at, group in enumerate(by_outline)}
    when = [at + of.level.timed for of, at in places.stretches]
    return [
        (when[stretch], rank[group])
        for stretch, group in zip(places.stretch, places.group, strict=True)
    ]


def _outline(query: "SeriesQuery", cells: LevelCells, group: int) -> list[tuple[bool, str]]:
    """Of each dimension whether a group has it, and its value."""
    own = _dimensions(query, cells, group)
    return [(name in own, own.get(name, "")) for name in query.dimensions]


def _dimensions(query: "SeriesQuery", cells: LevelCells, group: int) -> dict[str, str]:
    names = [query.dimensions[at] for at in cells.level.dimensions]
    return dict(zip(names, cells.groups[group], strict=True))


def _sorted(order: Sequence[int], keys: Sequence[Any], *, descending: bool) -> list[int]:
    """Rows by one thing; those that do not have it last, and ties as they were."""
    having = [one for one in order if keys[one] is not None]
    having.sort(key=keys.__getitem__, reverse=descending)
    return having + [one for one in order if keys[one] is None]


def _keys(
    query: "SeriesQuery", cells: Sequence[LevelCells], places: _Places, by: str
) -> Sequence[Any]:
    """What each row has of something; None where it does not have it."""
    names = [one.name for one in query.measures]
    if by in names:
        return places.figures(one.values[names.index(by)] for one in cells)
    if by == "start":
        timed = [of.level.timed or query.interval is None for of, _ in places.stretches]
        starts = [at if timed[number] else None for number, (_, at) in enumerate(places.stretches)]
        return [starts[one] for one in places.stretch]
    texts = [_dimensions(query, *one).get(by) for one in places.groups]
    return [texts[one] for one in places.group]


def _rows(
    query: "SeriesQuery", cells: Sequence[LevelCells], places: _Places, now: datetime
) -> SeriesRows:
    """A page, of what its rows have in common once; it holds nothing of the other rows."""
    stretches = {one: _stretch(query, *places.stretches[one], now) for one in set(places.stretch)}
    groups = {one: _group(query, *places.groups[one]) for one in set(places.group)}
    measures = range(len(query.measures))
    return SeriesRows(
        query,
        [stretches[one] for one in places.stretch],
        [groups[one] for one in places.group],
        [places.figures(one.values[at] for one in cells) for at in measures],
        None
        if query.compared is None
        else [places.figures((one.compared or ())[at] for one in cells) for at in measures],
    )


def _group(query: "SeriesQuery", cells: LevelCells, at: int) -> Group:
    return Group(cells.level, MappingProxyType(_dimensions(query, cells, at)))


def _stretch(query: "SeriesQuery", cells: LevelCells, at: int, now: datetime) -> Stretch:
    level, timeline, compared = cells.level, query.timeline, query.compared
    span = level.spans(timeline)[at]
    own = timeline.starts[at] if level.timed or query.interval is None else None
    found = () if compared is None else level.spans(compared)[at : at + 1]
    if compared is None or not found:
        return Stretch(level, span, own, span[1] <= now, None, None)
    label = compared.starts[at] if level.timed else compared.window.start
    return Stretch(level, span, own, span[1] <= now, found[0], label)
