"""Lifecycle: who is new, stays, comes back or falls asleep, interval by interval."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from attrs import field, frozen

from ..attributes import Json, scalar_text
from ..errors import Flaw, InvalidFields
from ..events import Condition, Scope
from ..events.event import text_flaws
from ..windows import midnight
from .closing import closed, closed_until
from .grains import Axis, Calendar, Grain, WeekStart
from .patterns import EventPattern, Field, History, user_attributes
from .question import Reach
from .ranges import QuestionRange
from .reaching import reach_of
from .sheet import Sheet, cells_of, columns_of
from .told import narrowed, told_condition, told_pattern, told_range

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@frozen
class NewByAttribute:
    """New is who is active in the interval of an instant that is an attribute of the user.

    Args:
        user_attribute: Name of the attribute: an RFC 3339 instant with an offset, or a date,
            which is a day of the range's time zone.

    Raises:
        InvalidFields: If no attribute can have the name.
    """

    user_attribute: str

    def __attrs_post_init__(self) -> None:
        if flaws := text_flaws("user_attribute", self.user_attribute, 128):
            raise InvalidFields(flaws)


NewWhen: TypeAlias = Literal["first_event"] | NewByAttribute


@frozen
class LifecycleQuery:
    """What became of those who were active.

    Args:
        range: Whose intervals are shown. The first one counts whole; activity before it counts.
        interval: How long an interval is.
        event: What counts as activity.
        new_when: `first_event`: new in the first active interval ever; or the attribute whose
            interval it is, then a user without a readable one is new in the first active one.
        filters: A condition on every event that the question looks at; null for none.
        week_start: The first day of a week.
        explain: Whether the answer says how it came about.

    Raises:
        InvalidFields: If there are too many intervals, or the rule of the new is none.
    """

    range: QuestionRange
    interval: Grain
    event: EventPattern
    new_when: NewWhen = "first_event"
    filters: Condition | None = None
    week_start: WeekStart = WeekStart.MONDAY
    explain: bool = field(default=False, repr=False)
    axis: Axis = field(init=False, repr=False, eq=False)
    before: datetime = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        if isinstance(self.new_when, str) and self.new_when != "first_event":
            message = "must be 'first_event' or {\"user_attribute\": name}"
            raise InvalidFields([Flaw(("new_when",), "unknown_value", message)])
        calendar = Calendar(self.interval, self.range.zone, self.week_start)
        axis = calendar.axis(self.range.window)
        object.__setattr__(self, "axis", axis)
        earlier = calendar.floor(axis.bounds[0] - timedelta(microseconds=1))
        object.__setattr__(self, "before", earlier)

    @property
    def pattern(self) -> EventPattern:
        """What counts as activity."""
        return narrowed(self.event, self.filters)

    @property
    def appearing(self) -> Field | None:
        """The attribute that says when a user is new; None for the first event."""
        rule = self.new_when
        return Field(rule.user_attribute, Scope.USER) if isinstance(rule, NewByAttribute) else None

    def reach(self) -> Reach:
        """Which events it looks at, at most."""
        return reach_of((self.pattern,), None, self.range.window.end)

    def attributes(self) -> frozenset[str]:
        """The attributes of users that it looks at."""
        appearing = self.appearing
        return user_attributes((self.pattern,), () if appearing is None else (appearing,))

    def interval_new(self, value: str) -> int | None:
        """The interval that an attribute names; None if it is unreadable, -1 if it is not shown."""
        at = instant_told(value, self.range.zone)
        if at is None:
            return None
        found = self.axis.index(at)
        return -1 if found is None else found

    def complete_until(self, now: datetime) -> datetime:
        """The instant up to which no interval is open. [UTC]"""
        return closed_until(self.axis, self.range.window, now)

    def rules(self) -> dict[str, Json]:
        """How the figures were counted, every default spelled out."""
        rule = self.new_when
        named = isinstance(rule, NewByAttribute)
        return {
            "range": told_range(self.range),
            "interval": self.interval.value,
            "week_start": self.week_start.value,
            "event": told_pattern(self.event),
            "filters": told_condition(self.filters),
            "new_when": {"user_attribute": rule.user_attribute}
            if isinstance(rule, NewByAttribute)
            else rule,
            "without_the_attribute": "first_event" if named else None,
            "count_by": "users",
            "first_interval": "whole",
            "activity_before_the_range": "counts",
            "user_attributes": "as_they_are_now",
        }

    def reference(self, history: History, now: datetime) -> "LifecycleFigures":
        """The figures, user by user."""
        return self.concluded(self.counted(history, now), now)

    def counted(self, history: History, _now: datetime) -> Counter[tuple[str, int]]:
        """Users by state and interval."""
        counts: Counter[tuple[str, int]] = Counter()
        for user_id, events in history.by_user():
            seen = [one for one in events if one.timestamp < self.range.window.end]
            active = {self._place(x.timestamp) for x in seen if history.fits(self.pattern, x)}
            if not active:
                continue
            named = self._named(history, user_id)
            for at in range(len(self.axis)):
                counts[self._state(active, at, min(active) if named is None else named), at] += 1
        return counts

    def concluded(self, counts: Counter[tuple[str, int]], now: datetime) -> "LifecycleFigures":
        """The figures that counts come to."""
        every = range(len(self.axis))
        return lifecycle_figures(
            self, {state: [counts[state, at] for at in every] for state in STATES}, now
        )

    def sheet(self, figures: "LifecycleFigures") -> Sheet:
        """A row per interval."""
        return Sheet(columns_of(LifecycleInterval), map(cells_of, figures.intervals))

    def _place(self, at: datetime) -> int:
        """The interval of an instant: -1 for the one before the range, -2 for all before it."""
        found = self.axis.index(at)
        return found if found is not None else -1 if at >= self.before else -2

    def _named(self, history: History, user_id: str) -> int | None:
        if not isinstance(self.new_when, NewByAttribute):
            return None
        value = history.attributes(user_id).get(self.new_when.user_attribute)
        return self.interval_new(scalar_text(value) or "")

    @staticmethod
    def _state(active: set[int], at: int, new: int) -> str:
        if at not in active:
            return "dormant" if at - 1 in active else ""
        if at == new:
            return "new"
        return "returning" if at - 1 in active else "resurrecting"


STATES = ("new", "returning", "resurrecting", "dormant")
"""What a user can be in an interval, where it is anything."""


@frozen(slots=False)
class LifecycleInterval:
    """One interval.

    Args:
        start: When it begins. [UTC]
        new: Active in it, and never before. [users]
        returning: Active in it and in the one before. [users]
        resurrecting: Active in it and before, but not in the one before. [users]
        dormant: Active in the one before but not in it; negative. [users]
        complete: Whether it is over; if not, the dormant may still become active.
    """

    start: datetime
    new: int
    returning: int
    resurrecting: int
    dormant: int
    complete: bool


@frozen(slots=False)
class LifecycleFigures:
    """What became of the active.

    Args:
        intervals: Every interval of the range.
    """

    intervals: tuple[LifecycleInterval, ...]


def lifecycle_figures(
    query: LifecycleQuery, counts: Mapping[str, Sequence[int]], now: datetime
) -> LifecycleFigures:
    """The answer that counts of users come to.

    Args:
        query: What was asked.
        counts: Per state and interval, how many users were in it; none is negative.
        now: When it was asked. [UTC]
    """
    over = closed(query.axis, query.range.window, now)
    return LifecycleFigures(
        tuple(
            LifecycleInterval(
                start,
                counts["new"][at],
                counts["returning"][at],
                counts["resurrecting"][at],
                -counts["dormant"][at],
                over[at],
            )
            for at, start in enumerate(query.axis.starts)
        )
    )


def instant_told(text: str, zone: ZoneInfo) -> datetime | None:
    """The instant that a text names; of a date the beginning of the day; None if it is none. [UTC]

    >>> instant_told("2026-03-01", ZoneInfo("Europe/Berlin")).isoformat()
    '2026-02-28T23:00:00+00:00'
    """
    try:
        if _DAY.fullmatch(text):
            return midnight(date.fromisoformat(text), zone)
        at = datetime.fromisoformat(text)
        return None if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
