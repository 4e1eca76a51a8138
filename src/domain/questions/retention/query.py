"""Retention: of those who did one thing, how many did another some intervals later."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from attrs import field, frozen

from ...attributes import Json
from ...errors import Flaw, InvalidFields
from ...events import Condition, Event
from ..closing import closed, closed_until
from ..grains import Axis, Calendar, Grain, WeekStart
from ..patterns import EventPattern, History, user_attributes
from ..question import Reach
from ..ranges import QuestionRange
from ..reaching import reach_of
from ..sheet import Sheet
from ..told import narrowed, told_condition, told_pattern, told_range
from .figures import RetentionFigures, RetentionOfValue, Table, retained_cohorts, summed
from .options import CohortRule, RetentionBreakdown, ReturnRule
from .sheet import retention_sheet

MOST_CELLS = 100_000
"""Most cells of one answer, those of every value of a breakdown counted."""

MOST_OCCURRENCES = 1_000
"""Most events that a user must have done to have returned."""


@frozen
class RetentionQuery:
    """Who returned, by the interval in which they began.

    Args:
        range: Cohorts and returns are counted in it; the first of anything may lie before it.
        interval: How long an interval is.
        target: What begins.
        returning: What counts as a return.
        cohort_rule: `recurring`: users with a target event in the interval; `first_time`: the
            interval of the user's first event ever that fits `target`; `first_ever`: that of
            the first event ever of the target's type, and only if it fits the filters.
        return_rule: `in_interval`: so many intervals later; `in_interval_or_later`: then or
            later, up to the end of the range.
        minimum_occurrences: How many returning events make a return, 1 to 1,000.
        columns: How many columns there are, the size among them; null for as many as the
            range holds.
        breakdown: One table per value; null for none.
        filters: A condition on every event that the question looks at; null for none.
        week_start: The first day of a week.
        explain: Whether the answer says how it came about.

    Raises:
        InvalidFields: With everything that is out of range.
    """

    range: QuestionRange
    interval: Grain
    target: EventPattern
    returning: EventPattern
    cohort_rule: CohortRule = CohortRule.RECURRING
    return_rule: ReturnRule = ReturnRule.IN_INTERVAL
    minimum_occurrences: int = 1
    columns: int | None = None
    breakdown: RetentionBreakdown | None = None
    filters: Condition | None = None
    week_start: WeekStart = WeekStart.MONDAY
    explain: bool = field(default=False, repr=False)
    axis: Axis = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        calendar = Calendar(self.interval, self.range.zone, self.week_start)
        object.__setattr__(self, "axis", calendar.axis(self.range.window))
        if flaws := [*self._number_flaws(), *self._cell_flaws()]:
            raise InvalidFields(flaws)

    def _number_flaws(self) -> Iterable[Flaw]:
        if not 1 <= self.minimum_occurrences <= MOST_OCCURRENCES:
            message = f"must lie in 1 to {MOST_OCCURRENCES}"
            yield Flaw(("minimum_occurrences",), "out_of_range", message)
        if self.columns is not None and self.columns < 1:
            message = "must be at least 1: the first column is the size of the cohort"
            yield Flaw(("columns",), "out_of_range", message)

    def _cell_flaws(self) -> Iterable[Flaw]:
        tables = 1 if self.breakdown is None else self.breakdown.limit + 2
        cells = tables * sum(map(self.width, range(len(self.axis))))
        if cells > MOST_CELLS:
            message = (
                f"the answer would have up to {cells} cells, {MOST_CELLS} are allowed; "
                "ask for fewer columns, longer intervals or a shorter range"
            )
            yield Flaw(("columns",), "too_many", message)

    def width(self, cohort: int) -> int:
        """How many columns the row of a cohort has."""
        left = len(self.axis) - cohort
        return left if self.columns is None else min(self.columns, left)

    def patterns(self) -> tuple[EventPattern, EventPattern, EventPattern]:
        """What begins, what returns, and the events of which the first ever is meant."""
        begins, returns = (
            narrowed(self.target, self.filters),
            narrowed(self.returning, self.filters),
        )
        if self.cohort_rule is CohortRule.FIRST_EVER:
            return begins, returns, narrowed(EventPattern(self.target.event_type), self.filters)
        return begins, returns, begins

    def reach(self) -> Reach:
        """Which events it looks at, at most."""
        window = self.range.window
        recurring = self.cohort_rule is CohortRule.RECURRING
        return reach_of(self.patterns(), window.start if recurring else None, window.end)

    def attributes(self) -> frozenset[str]:
        """The attributes of users that it looks at."""
        return user_attributes(
            self.patterns(), () if self.breakdown is None else (self.breakdown.looked_at(),)
        )

    def entries(self, history: History, events: Sequence[Event]) -> Mapping[int, Event]:
        """The cohorts of a user, each with the event that put the user there.

        Args:
            history: What is known.
            events: The user's, in order.
        """
        begins, _, first_of = self.patterns()
        if self.cohort_rule is CohortRule.RECURRING:
            found = [one for one in events if history.fits(begins, one)]
        else:
            first = [one for one in events if history.fits(first_of, one)][:1]
            found = [one for one in first if history.fits(begins, one)]
        inside = [one for one in found if one.timestamp in self.range.window]
        entries: dict[int, Event] = {}
        for one in inside:
            entries.setdefault(self._interval_of(one), one)
        return entries

    def returns(self, history: History, events: Sequence[Event]) -> tuple[Event, ...]:
        """The returning events of a user inside the range, in order."""
        returning = self.patterns()[1]
        inside = [one for one in events if one.timestamp in self.range.window]
        return tuple(one for one in inside if history.fits(returning, one))

    def counting(self, returns: Sequence[Event], interval: int) -> tuple[Event, ...]:
        """Of a user's returning events those that count for an interval of the range."""
        if self.return_rule is ReturnRule.IN_INTERVAL:
            return tuple(one for one in returns if self._interval_of(one) == interval)
        return tuple(one for one in returns if self._interval_of(one) >= interval)

    def returned(self, returns: Sequence[Event], interval: int) -> bool:
        """Whether a user returned in an interval of the range."""
        return len(self.counting(returns, interval)) >= self.minimum_occurrences

    def value(self, history: History, entry: Event) -> str:
        """The value of the breakdown that a user entered a cohort with."""
        if self.breakdown is None:
            return ""
        return self.breakdown.looked_at().text(entry, history.attributes(entry.user_id))

    def _interval_of(self, event: Event) -> int:
        found = self.axis.index(event.timestamp)
        assert found is not None
        return found

    def reference(self, history: History, now: datetime) -> RetentionFigures:
        """The tables, user by user."""
        return self.concluded(self.counted(history, now), now)

    def counted(self, history: History, _now: datetime) -> Counter[tuple[str, int, int]]:
        """Users by value, cohort and column."""
        cells: Counter[tuple[str, int, int]] = Counter()
        for _, events in history.by_user():
            returns = self.returns(history, events)
            for cohort, entry in self.entries(history, events).items():
                value = self.value(history, entry)
                cells[value, cohort, 0] += 1
                for column in range(1, self.width(cohort)):
                    cells[value, cohort, column] += self.returned(returns, cohort + column)
        return cells

    def concluded(self, counts: Counter[tuple[str, int, int]], now: datetime) -> RetentionFigures:
        """The tables that counts come to."""
        sizes: Counter[str] = Counter()
        for (value, _, column), count in counts.items():
            sizes[value] += 0 if column else count
        tables: dict[str, list[Table]] = {}
        for value, label in self.labels(sizes).items():
            tables.setdefault(label, []).append(self._table(counts, value))
        widths = self.widths()
        return self.figures({one: summed(parts, widths) for one, parts in tables.items()}, now)

    def sheet(self, figures: RetentionFigures) -> Sheet:
        """A row per cell."""
        return retention_sheet(figures)

    def labels(self, sizes: Mapping[str, int]) -> Mapping[str, str]:
        """What each value of the breakdown is shown as, in the order of the tables.

        Args:
            sizes: How often a user entered a cohort with a value.
        """
        if self.breakdown is None:
            return dict.fromkeys(sizes, "")
        return self.breakdown.labels(sizes)

    def _table(self, cells: Mapping[tuple[str, int, int], int], value: str) -> Table:
        return [
            [cells[value, cohort, column] for column in range(self.width(cohort))]
            for cohort in range(len(self.axis))
        ]

    def widths(self) -> list[int]:
        """How many columns the row of each cohort has."""
        return [self.width(cohort) for cohort in range(len(self.axis))]

    def figures(self, tables: Mapping[str, Table], now: datetime) -> RetentionFigures:
        """The answer that counts come to.

        Args:
            tables: By label of the breakdown, in order; without one there is at most one.
            now: When it is asked. [UTC]
        """
        starts, complete = self.axis.starts, self._complete(now)
        total = retained_cohorts(starts, summed(tables.values(), self.widths()), complete)
        if self.breakdown is None:
            return RetentionFigures(total, ())
        return RetentionFigures(
            total,
            tuple(
                RetentionOfValue(label, retained_cohorts(starts, table, complete))
                for label, table in tables.items()
            ),
        )

    def _complete(self, now: datetime) -> list[list[bool]]:
        """Per cell, whether no further return can be counted in it."""
        over = closed(self.axis, self.range.window, now)
        later = self.return_rule is ReturnRule.IN_INTERVAL_OR_LATER
        returns = [one and now >= self.range.window.end for one in over] if later else over
        return [
            [one, *returns[cohort + 1 : cohort + self.width(cohort)]]
            for cohort, one in enumerate(over)
        ]

    def complete_until(self, now: datetime) -> datetime:
        """The instant up to which no interval is open. [UTC]"""
        return closed_until(self.axis, self.range.window, now)

    def rules(self) -> dict[str, Json]:
        """How the figures are counted, every default spelled out."""
        return {
            "range": told_range(self.range),
            "interval": self.interval.value,
            "week_start": self.week_start.value,
            "target": told_pattern(self.target),
            "returning": told_pattern(self.returning),
            "filters": told_condition(self.filters),
            "cohort_rule": self.cohort_rule.value,
            "return_rule": self.return_rule.value,
            "minimum_occurrences": self.minimum_occurrences,
            "columns": self.width(0),
            "breakdown": None if self.breakdown is None else self.breakdown.told(),
            "count_by": "users",
            "first_column": "size_of_the_cohort",
            "counted_events": "inside_the_range",
            "user_attributes": "as_they_are_now",
        }
