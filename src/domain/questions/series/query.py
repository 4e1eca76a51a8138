"""Figures of events over time, by what they and their users are."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal

from attrs import field, frozen

from ...attributes import Json
from ...errors import Flaw, InvalidFields
from ...events import Condition
from ..grains import Grain, WeekStart
from ..patterns import EventPattern, Field, History, user_attributes
from ..question import Reach
from ..ranges import QuestionRange
from ..sheet import Sheet
from .arranging import arranged
from .cells import cells_of, counted_spans
from .counts import SeriesCounts, counted_cells, series_counts
from .dimensions import dimension_field, readable
from .measures import Aggregate, Measure
from .rows import SeriesFigures
from .rules import series_rules
from .sheet import series_sheet
from .timelines import Timeline, compared_range, timeline

MOST_MEASURES = 20
"""Most measures of one question."""

MOST_DIMENSIONS = 5
"""Most dimensions of one question."""

LARGEST_SERIES_PAGE = 10_000
"""Most rows of one page."""

PREVIOUS_PERIOD = "previous_period"
"""The stretch of the same length before the range."""


class Totals(StrEnum):
    """Which sums over dimensions and intervals are rows, too."""

    NONE = "none"
    ROLLUP = "rollup"
    CUBE = "cube"


class RangeRounding(StrEnum):
    """What becomes of an interval that begins before the range."""

    NONE = "none"
    WIDEN_START_TO_INTERVAL = "widen_start_to_interval"


class Direction(StrEnum):
    """Which way rows are ordered."""

    ASC = "asc"
    DESC = "desc"


@frozen
class Order:
    """By what rows are ordered. Those that do not have it come last.

    Args:
        by: `start`, a dimension or a measure.
        direction: Which way.
    """

    by: str
    direction: Direction = Direction.ASC


@frozen
class SeriesQuery:
    """Measures by interval and dimension.

    Args:
        range: From when to when.
        measures: What is measured, 1 to 20, each with a name of its own.
        dimensions: By what: `properties.` or `user.` and a name, or `event_type`; at most 5.
        interval: How long an interval is; null for one value of the whole range.
        week_start: The first day of a week.
        filters: A condition on every event that is looked at.
        cumulative: Whether every interval counts from the beginning of the range.
        range_rounding: What becomes of an interval that begins before the range.
        compare_to: A range of the same time zone, whose intervals are put beside those of the
            range one by one; `previous_period` for the one before.
        totals: Which sums over dimensions and intervals are rows, too. Their order is interval
            first, then dimensions as they are named: `rollup` sums up from the last one on,
            `cube` every choice of them.
        order: By what rows are ordered, the first thing first. By start and then dimensions
            where left out, sums before what they sum up.
        limit: Most rows of a page.
        skip: Rows before the page.
        explain: Whether whoever asks wants to know how it was answered.

    Raises:
        InvalidFields: With everything that is wrong.
    """

    range: QuestionRange
    measures: tuple[Measure, ...]
    dimensions: tuple[str, ...] = ()
    interval: Grain | None = None
    week_start: WeekStart = WeekStart.MONDAY
    filters: Condition | None = None
    cumulative: bool = False
    range_rounding: RangeRounding = RangeRounding.NONE
    compare_to: Literal["previous_period"] | QuestionRange | None = None
    totals: Totals = Totals.NONE
    order: tuple[Order, ...] = ()
    limit: int = 1_000
    skip: int = 0
    explain: bool = field(default=False, repr=False)
    timeline: Timeline = field(init=False, repr=False, eq=False)
    compared: Timeline | None = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        flaws = [*self._measure_flaws(), *self._dimension_flaws(), *self._order_flaws()]
        flaws.extend(self._combination_flaws())
        spans = self._timeline(("interval",), self.range, flaws)
        compared = self._compared(flaws)
        if flaws or spans is None:
            raise InvalidFields(flaws)
        object.__setattr__(self, "timeline", spans)
        object.__setattr__(self, "compared", compared)

    def reference(self, history: History, now: datetime) -> SeriesFigures:
        """The answer, slow and obvious.

        Raises:
            InvalidFields: If it has more than 100,000 rows.
        """
        return arranged(self, cells_of(self, history), now)

    def counted(self, history: History, _now: datetime) -> SeriesCounts:
        """What is counted of each cell."""
        return series_counts(self, history)

    def concluded(self, counts: SeriesCounts, now: datetime) -> SeriesFigures:
        """The page that counts come to.

        Raises:
            InvalidFields: As above.
        """
        return arranged(self, counted_cells(self, counts), now)

    def sheet(self, figures: SeriesFigures) -> Sheet:
        """A row per row, without its drill."""
        return series_sheet(self, figures)

    def attributes(self) -> frozenset[str]:
        """The attributes of users that it looks at."""
        fields = [one for one in self.fields() if one is not None]
        return user_attributes(self.patterns(), fields)

    def rules(self) -> Mapping[str, Json]:
        """Every rule that the answer is made by, defaults spelled out."""
        return series_rules(self)

    def complete_until(self, now: datetime) -> datetime:
        """The instant up to which no interval is still open. [UTC]"""
        ends = [end for _, end in self.timeline.spans if end <= now]
        return max(ends, default=self.timeline.window.start)

    def reach(self) -> Reach:
        """Which events it looks at: those that are trailed or compared with, too."""
        counted = [spans for one in self.measures for spans in counted_spans(self, one)]
        types = [one.types for one in self.patterns()]
        known = [one for one in types if one is not None]
        return Reach(
            min(spans[0][0] for spans in counted),
            max(spans[-1][1] for spans in counted),
            frozenset().union(*known) if len(known) == len(types) else None,
        )

    def patterns(self) -> tuple[EventPattern, ...]:
        """The events of each measure."""
        return tuple(one.pattern(self.filters) for one in self.measures)

    def fields(self) -> tuple[Field | None, ...]:
        """What each dimension reads; None for the event type."""
        return tuple(map(dimension_field, self.dimensions))

    def _timeline(
        self, path: tuple[str, ...], asked: QuestionRange, flaws: list[Flaw]
    ) -> Timeline | None:
        widened = self.range_rounding is RangeRounding.WIDEN_START_TO_INTERVAL
        try:
            return timeline(asked, self.interval, self.week_start, widened=widened)
        except InvalidFields as error:
            flaws.extend(Flaw(path, one.code, one.message) for one in error.flaws)
            return None

    def _compared(self, flaws: list[Flaw]) -> Timeline | None:
        path = ("compare_to",)
        if self.compare_to is None:
            return None
        if isinstance(self.compare_to, QuestionRange):
            if self.compare_to.timezone != self.range.timezone:
                message = "must have the time zone of the range"
                flaws.append(Flaw((*path, "timezone"), "timezone", message))
            return self._timeline(path, self.compare_to, flaws)
        if self.compare_to != PREVIOUS_PERIOD:
            message = f"must be {PREVIOUS_PERIOD!r} or a range"
            flaws.append(Flaw(path, "unknown_value", message))
            return None
        try:
            before = compared_range(self.range, self.interval, self.week_start)
        except InvalidFields:
            flaws.append(Flaw(path, "out_of_range", "the period before begins before 1970"))
            return None
        return self._timeline(path, before, flaws)

    def _measure_flaws(self) -> Iterator[Flaw]:
        if not 0 < len(self.measures) <= MOST_MEASURES:
            yield Flaw(("measures",), "too_many", f"must be 1 to {MOST_MEASURES}")
        yield from _repeated("measures", "name", [one.name for one in self.measures])
        for at, one in enumerate(self.measures):
            if self.cumulative and one.aggregate is Aggregate.ACTIVE_USERS:
                message = "active_users trails, it does not accumulate"
                yield Flaw(("measures", at, "aggregate"), "cumulative", message)

    def _dimension_flaws(self) -> Iterator[Flaw]:
        if len(self.dimensions) > MOST_DIMENSIONS:
            yield Flaw(("dimensions",), "too_many", f"may be at most {MOST_DIMENSIONS}")
        yield from _repeated("dimensions", None, self.dimensions)
        for at, name in enumerate(self.dimensions):
            if not readable(name):
                message = "must be event_type, or properties. or user. and a name"
                yield Flaw(("dimensions", at), "dimension", message)

    def _order_flaws(self) -> Iterator[Flaw]:
        known = {"start", *self.dimensions, *(one.name for one in self.measures)}
        yield from _repeated("order", "by", [one.by for one in self.order])
        for at, one in enumerate(self.order):
            if one.by not in known:
                message = "must be start, a dimension or a measure of the query"
                yield Flaw(("order", at, "by"), "unknown_value", message)

    def _combination_flaws(self) -> Iterator[Flaw]:
        if not 0 < self.limit <= LARGEST_SERIES_PAGE:
            message = f"must be 1 to {LARGEST_SERIES_PAGE}"
            yield Flaw(("limit",), "out_of_range", message)
        if self.skip < 0:
            yield Flaw(("skip",), "out_of_range", "must be at least 0")
        if self.interval is None and self.cumulative:
            yield Flaw(("cumulative",), "interval", "needs an interval")
        if self.interval is None and self.range_rounding is not RangeRounding.NONE:
            yield Flaw(("range_rounding",), "interval", "needs an interval")


def _repeated(name: str, part: str | None, values: Iterable[str]) -> Iterator[Flaw]:
    seen: set[str] = set()
    for at, value in enumerate(values):
        if value in seen:
            path = (name, at) if part is None else (name, at, part)
            yield Flaw(path, "repeated", "is there already")
        seen.add(value)
