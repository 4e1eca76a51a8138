"""The cells of a series: what an engine counts."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from ...errors import Flaw, InvalidFields
from ...events import Event
from ..patterns import History
from .measures import Aggregate, Measure, number_figure
from .timelines import Span, Timeline

if TYPE_CHECKING:
    from .query import SeriesQuery

MOST_ROWS = 100_000
"""Most rows of one answer, all of its pages together."""

Figure: TypeAlias = int | float | None
Figures: TypeAlias = Sequence[Sequence[Figure]]


@frozen
class Level:
    """Which axes a row is of; the others are summed up.

    Args:
        timed: Whether its rows are of single intervals.
        dimensions: The places of its dimensions among those of the query.
        rolled: How many axes are summed up; 0 is the finest level.
    """

    timed: bool
    dimensions: tuple[int, ...]
    rolled: int

    def spans(self, timeline: Timeline) -> tuple[Span, ...]:
        """The stretches of its rows."""
        return timeline.spans if self.timed else timeline.whole


@frozen
class LevelCells:
    """The cells of a level.

    Args:
        level: Which.
        groups: The values of its dimensions, one tuple per group that has an event which any
            measure counts; the one without dimensions is there always.
        values: Per measure, shape (groups, stretches).
        compared: The same over the stretches that they are compared with; None without.
    """

    level: Level
    groups: Sequence[tuple[str, ...]]
    values: Sequence[Figures]
    compared: Sequence[Figures] | None


def levels(query: "SeriesQuery") -> tuple[Level, ...]:
    """The levels of an answer, finest first."""
    timed = query.interval is not None
    axes = (*((-1,) if timed else ()), *range(len(query.dimensions)))
    match query.totals:
        case "none":
            kept: list[tuple[int, ...]] = [axes]
        case "rollup":
            kept = [axes[:count] for count in range(len(axes), -1, -1)]
        case _:
            kept = [one for n in range(len(axes), -1, -1) for one in combinations(axes, n)]
    return tuple(
        Level(-1 in one, tuple(at for at in one if at >= 0), len(axes) - len(one)) for one in kept
    )


def check_rows(query: "SeriesQuery", groups: Sequence[int]) -> None:
    """Refuse an answer with more than 100,000 rows.

    Args:
        query: What is asked.
        groups: How many groups each level has, finest first; further ones may be left out.

    Raises:
        InvalidFields: If it has.
    """
    found = sum(
        count * len(level.spans(query.timeline))
        for count, level in zip(groups, levels(query), strict=False)
    )
    if found > MOST_ROWS:
        message = (
            f"the answer has more than {MOST_ROWS} rows: ask for fewer dimensions, longer "
            "intervals or a narrower filter"
        )
        raise InvalidFields([Flaw(("dimensions",), "too_many_rows", message)])


@frozen
class Fact:
    """An event, what it is by each dimension, and which measures mean it."""

    event: Event
    dimensions: tuple[str, ...]
    measured: tuple[bool, ...]


def cells_of(query: "SeriesQuery", history: History) -> tuple[LevelCells, ...]:
    """The cells of a history, slow and obvious.

    Raises:
        InvalidFields: If the answer has more than 100,000 rows.
    """
    facts = seen_facts(query, history)
    groups = [_groups(level, facts) for level in levels(query)]
    check_rows(query, [len(one) for one in groups])
    return tuple(
        LevelCells(
            level,
            found,
            _values(query, level, query.timeline, found, facts),
            None if query.compared is None else _values(query, level, query.compared, found, facts),
        )
        for level, found in zip(levels(query), groups, strict=True)
    )


def seen_facts(query: "SeriesQuery", history: History) -> list[Fact]:
    """The events that any measure counts anywhere."""
    return [one for one in _facts(query, history) if _seen(query, one)]


def _facts(query: "SeriesQuery", history: History) -> Iterator[Fact]:
    fields, patterns = query.fields(), query.patterns()
    for event in history.events:
        user = history.attributes(event.user_id)
        yield Fact(
            event,
            tuple(event.event_type if one is None else one.text(event, user) for one in fields),
            tuple(one.fits(event, user) for one in patterns),
        )


def _seen(query: "SeriesQuery", fact: Fact) -> bool:
    """Whether any measure counts an event anywhere."""
    return any(
        measured and within(fact.event.timestamp, span)
        for measured, measure in zip(fact.measured, query.measures, strict=True)
        for counted in counted_spans(query, measure)
        for span in counted
    )


def counted_spans(query: "SeriesQuery", measure: Measure) -> Iterator[tuple[Span, ...]]:
    """What a measure counts, for every kind of row that the query has."""
    for timeline in filter(None, (query.timeline, query.compared)):
        for timed in sorted({one.timed for one in levels(query)}):
            spans = timeline.spans if timed else timeline.whole
            yield timeline.counted(measure, spans, cumulative=query.cumulative)


def _groups(level: Level, facts: Sequence[Fact]) -> list[tuple[str, ...]]:
    return sorted({group_of(level, one) for one in facts} | (set() if level.dimensions else {()}))


def group_of(level: Level, fact: Fact) -> tuple[str, ...]:
    """The values of the dimensions of a level."""
    return tuple(fact.dimensions[at] for at in level.dimensions)


def _values(
    query: "SeriesQuery",
    level: Level,
    timeline: Timeline,
    groups: Sequence[tuple[str, ...]],
    facts: Sequence[Fact],
) -> list[list[list[Figure]]]:
    found = []
    for at, measure in enumerate(query.measures):
        spans = timeline.counted(measure, level.spans(timeline), cumulative=query.cumulative)
        measured = [one for one in facts if one.measured[at]]
        of = {g: [one.event for one in measured if group_of(level, one) == g] for g in groups}
        found.append([[_figure(measure, of[group], span) for span in spans] for group in groups])
    return found


def _figure(measure: Measure, events: Sequence[Event], span: Span) -> Figure:
    """What a measure says of the events of a group within a stretch."""
    counted = [one for one in events if within(one.timestamp, span)]
    match measure.aggregate:
        case Aggregate.COUNT:
            return len(counted)
        case Aggregate.UNIQUE_USERS | Aggregate.ACTIVE_USERS:
            return len({one.user_id for one in counted})
    numbers = [number for one in counted if (number := number_of(measure, one)) is not None]
    return number_figure(measure.aggregate, numbers)


def number_of(measure: Measure, event: Event) -> float | None:
    """What a numeric measure takes of an event; None where that is no number."""
    assert measure.property is not None
    value = event.properties.get(measure.property)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def within(at: datetime, span: Span) -> bool:
    """Whether an instant lies in a stretch."""
    return span[0] <= at < span[1]
