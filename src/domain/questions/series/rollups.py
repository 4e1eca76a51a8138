"""Series that the figures of single days answer, without a look at the events."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta

from ...events import DayFigures, DayQuestion
from .arranging import arranged
from .cells import Figure, LevelCells, levels
from .measures import Aggregate, Measure
from .query import SeriesQuery
from .rows import SeriesFigures
from .timelines import Span, Timeline

MOST_DAY_QUESTIONS = 8
"""A series that needs more of them is read from events."""

_DAY = timedelta(days=1)
_UTC = frozenset({"UTC", "Etc/UTC"})
_USERS = frozenset({Aggregate.UNIQUE_USERS, Aggregate.ACTIVE_USERS})


def day_questions(query: SeriesQuery) -> tuple[DayQuestion, ...] | None:
    """What has to be known of days to answer a series; None where days cannot tell.

    They can where every stretch is made of whole days of UTC, nothing is told apart but one
    event type, and events or their users are counted.
    """
    if query.dimensions or query.filters is not None or query.range.timezone not in _UTC:
        return None
    if not all(map(_plain, query.measures)):
        return None
    spans = [(measure, span) for measure, found in _counted(query) for span in found]
    if not all(_whole(start) and _whole(end) for _, (start, end) in spans):
        return None
    needed = dict.fromkeys(_needed(query))
    return tuple(needed) if len(needed) <= MOST_DAY_QUESTIONS else None


def series_of_days(
    query: SeriesQuery, days: Mapping[DayQuestion, DayFigures], now: datetime
) -> SeriesFigures:
    """The answer from the figures of days: what `SeriesQuery.reference` says of the same events.

    Args:
        query: What is asked.
        days: The answers to its `day_questions`, all as of one position.
        now: When it is asked. [UTC]
    """
    cells = [
        LevelCells(
            level,
            [()],
            _values(query, query.timeline, level.spans(query.timeline), days),
            None
            if query.compared is None
            else _values(query, query.compared, level.spans(query.compared), days),
        )
        for level in levels(query)
    ]
    return arranged(query, cells, now)


def _plain(measure: Measure) -> bool:
    known = measure.aggregate is Aggregate.COUNT or measure.aggregate in _USERS
    return known and measure.filters is None and not isinstance(measure.event_type, tuple)


def _whole(at: datetime) -> bool:
    return at.timetz().replace(tzinfo=None) == time()


def _counted(query: SeriesQuery) -> Iterator[tuple[Measure, tuple[Span, ...]]]:
    for timeline in filter(None, (query.timeline, query.compared)):
        for level in levels(query):
            for one in query.measures:
                spans = level.spans(timeline)
                yield one, timeline.counted(one, spans, cumulative=query.cumulative)


def _needed(query: SeriesQuery) -> Iterator[DayQuestion]:
    for measure, spans in _counted(query):
        longer = [one for one in spans if _apart(measure, one)]
        yield from (_question(measure, one, everybody=True) for one in longer)
        if len(longer) < len(spans):
            yield _question(measure, _hull(spans), everybody=False)


def _apart(measure: Measure, span: Span) -> bool:
    """Whether the users of several days have to be told apart."""
    return measure.aggregate in _USERS and span[1] - span[0] > _DAY


def _hull(spans: tuple[Span, ...]) -> Span:
    return spans[0][0], spans[-1][1]


def _question(measure: Measure, span: Span, *, everybody: bool) -> DayQuestion:
    assert not isinstance(measure.event_type, tuple)
    first, last = span[0].date(), (span[1] - _DAY).date()
    return DayQuestion(first, last, measure.event_type, everybody)


def _values(
    query: SeriesQuery,
    timeline: Timeline,
    spans: tuple[Span, ...],
    days: Mapping[DayQuestion, DayFigures],
) -> list[list[list[Figure]]]:
    found = []
    for measure in query.measures:
        counted = timeline.counted(measure, spans, cumulative=query.cumulative)
        found.append([[_value(measure, span, _hull(counted), days) for span in counted]])
    return found


def _value(
    measure: Measure, span: Span, hull: Span, days: Mapping[DayQuestion, DayFigures]
) -> Figure:
    """What the days of a stretch say, given those of all stretches or of itself."""
    if _apart(measure, span):
        return days[_question(measure, span, everybody=True)].users_in_range
    figures = days[_question(measure, hull, everybody=False)]
    first, length = (span[0] - hull[0]) // _DAY, (span[1] - span[0]) // _DAY
    if measure.aggregate is Aggregate.COUNT:
        return sum(figures.events[first : first + length])
    return figures.users[first]
