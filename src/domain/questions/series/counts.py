"""What is counted of a series, as multisets that add up over users."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from ..patterns import History
from .cells import (
    Fact,
    Figure,
    Level,
    LevelCells,
    check_rows,
    group_of,
    levels,
    number_of,
    seen_facts,
    within,
)
from .measures import Aggregate, Measure, number_figure
from .timelines import Timeline

if TYPE_CHECKING:
    from .query import SeriesQuery

_USERS = frozenset({Aggregate.UNIQUE_USERS, Aggregate.ACTIVE_USERS})


@frozen
class SeriesCell:
    """A figure's place.

    Args:
        level: The number of its level.
        group: The values of the dimensions of its level.
        compared: Whether it is of a stretch that is compared with.
        measure: The number of its measure.
        at: The number of its stretch.
    """

    level: int
    group: tuple[str, ...]
    compared: bool
    measure: int
    at: int


@frozen
class SeriesGroup:
    """A group that has rows; counted once per event.

    Args:
        level: The number of its level.
        values: The values of the dimensions of its level.
    """

    level: int
    values: tuple[str, ...]


SeriesCounts = Counter[SeriesGroup | tuple[SeriesCell, float | None]]
"""Per cell the events, the users or, by the number, the numbers that it counts."""


def series_counts(query: "SeriesQuery", history: History) -> SeriesCounts:
    """What is counted of a history."""
    facts, found = seen_facts(query, history), SeriesCounts()
    for number, level in enumerate(levels(query)):
        found.update(SeriesGroup(number, group_of(level, one)) for one in facts)
        for compared in _timelines(query):
            for measure in range(len(query.measures)):
                for stretch, group, taken in _counted(query, level, compared, measure, facts):
                    found[SeriesCell(number, group, compared, measure, stretch), taken] += 1
    return found


def counted_cells(query: "SeriesQuery", counts: SeriesCounts) -> tuple[LevelCells, ...]:
    """The cells that counts come to.

    Raises:
        InvalidFields: If the answer has more than 100,000 rows.
    """
    groups: list[set[tuple[str, ...]]] = [
        set() if one.dimensions else {()} for one in levels(query)
    ]
    numbers: dict[SeriesCell, Counter[float | None]] = defaultdict(Counter)
    for one, count in counts.items():
        if isinstance(one, SeriesGroup):
            groups[one.level].add(one.values)
        else:
            numbers[one[0]][one[1]] += count
    check_rows(query, [len(one) for one in groups])
    return tuple(
        _cells(query, number, level, sorted(groups[number]), numbers)
        for number, level in enumerate(levels(query))
    )


def _timelines(query: "SeriesQuery") -> Mapping[bool, Timeline]:
    known = {False: query.timeline, True: query.compared}
    return {compared: one for compared, one in known.items() if one is not None}


def _counted(
    query: "SeriesQuery", level: Level, compared: bool, at: int, facts: Sequence[Fact]
) -> Iterator[tuple[int, tuple[str, ...], float | None]]:
    """What a measure counts in the stretches of a level: which one, for which group, and what."""
    measure, timeline = query.measures[at], _timelines(query)[compared]
    spans = timeline.counted(measure, level.spans(timeline), cumulative=query.cumulative)
    for stretch, span in enumerate(spans):
        inside = [one for one in facts if one.measured[at] and within(one.event.timestamp, span)]
        yield from ((stretch, *one) for one in _taken(measure, level, inside))


def _taken(
    measure: Measure, level: Level, facts: Sequence[Fact]
) -> Iterator[tuple[tuple[str, ...], float | None]]:
    """What a measure takes of events, each with its group."""
    if measure.aggregate in _USERS:
        different = {(group_of(level, one), one.event.user_id) for one in facts}
        yield from ((group, None) for group, _ in different)
    elif measure.aggregate is Aggregate.COUNT:
        yield from ((group_of(level, one), None) for one in facts)
    else:
        numbers = ((group_of(level, one), number_of(measure, one.event)) for one in facts)
        yield from (pair for pair in numbers if pair[1] is not None)


def _cells(
    query: "SeriesQuery",
    number: int,
    level: Level,
    groups: Sequence[tuple[str, ...]],
    numbers: Mapping[SeriesCell, Counter[float | None]],
) -> LevelCells:
    values = {
        compared: [
            [
                [
                    _figure(one, numbers.get(SeriesCell(number, group, compared, at, stretch)))
                    for stretch in range(len(level.spans(timeline)))
                ]
                for group in groups
            ]
            for at, one in enumerate(query.measures)
        ]
        for compared, timeline in _timelines(query).items()
    }
    return LevelCells(level, groups, values[False], values.get(True))


def _figure(measure: Measure, taken: Counter[float | None] | None) -> Figure:
    found: Counter[float | None] = Counter() if taken is None else taken
    if measure.aggregate in _USERS or measure.aggregate is Aggregate.COUNT:
        return found.total()
    return number_figure(measure.aggregate, [one for one in found.elements() if one is not None])
