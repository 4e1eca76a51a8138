"""Stickiness: in how many different intervals users were active."""

from collections import Counter
from datetime import datetime

from attrs import field, frozen

from ..attributes import Json
from ..events import Condition
from .closing import closed_until
from .grains import Axis, Calendar, Grain, WeekStart
from .patterns import EventPattern, History, user_attributes
from .question import Reach
from .ranges import QuestionRange
from .reaching import reach_of
from .sheet import Sheet
from .told import narrowed, told_condition, told_pattern, told_range


@frozen
class StickinessQuery:
    """How many users were active in one interval of the range, in two, and so on.

    Args:
        range: Only events inside it count.
        interval: How long an interval is.
        event: What counts as activity.
        filters: A condition on every event that the question looks at; null for none.
        week_start: The first day of a week.
        explain: Whether the answer says how it came about.

    Raises:
        InvalidFields: If there are too many intervals.
    """

    range: QuestionRange
    interval: Grain
    event: EventPattern
    filters: Condition | None = None
    week_start: WeekStart = WeekStart.MONDAY
    explain: bool = field(default=False, repr=False)
    axis: Axis = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        calendar = Calendar(self.interval, self.range.zone, self.week_start)
        object.__setattr__(self, "axis", calendar.axis(self.range.window))

    @property
    def pattern(self) -> EventPattern:
        """What counts as activity."""
        return narrowed(self.event, self.filters)

    def reach(self) -> Reach:
        """Which events it looks at, at most."""
        return reach_of((self.pattern,), self.range.window.start, self.range.window.end)

    def attributes(self) -> frozenset[str]:
        """The attributes of users that it looks at."""
        return user_attributes((self.pattern,), ())

    def complete_until(self, now: datetime) -> datetime:
        """The instant up to which no interval is open. [UTC]"""
        return closed_until(self.axis, self.range.window, now)

    def rules(self) -> dict[str, Json]:
        """How the figures were counted, every default spelled out."""
        return {
            "range": told_range(self.range),
            "interval": self.interval.value,
            "intervals": len(self.axis),
            "week_start": self.week_start.value,
            "event": told_pattern(self.event),
            "filters": told_condition(self.filters),
            "count_by": "users",
            "counted_events": "inside_the_range",
            "user_attributes": "as_they_are_now",
        }

    def reference(self, history: History, now: datetime) -> "StickinessFigures":
        """The figures, user by user."""
        return self.concluded(self.counted(history, now), now)

    def counted(self, history: History, _now: datetime) -> Counter[int]:
        """Users by the number of their intervals."""
        users: Counter[int] = Counter()
        for _, events in history.by_user():
            inside = [one for one in events if one.timestamp in self.range.window]
            active = {self.axis.index(x.timestamp) for x in inside if history.fits(self.pattern, x)}
            users[len(active)] += 1
        return users

    def concluded(self, counts: Counter[int], _now: datetime) -> "StickinessFigures":
        """The figures that counts come to."""
        return StickinessFigures(tuple(counts[n] for n in range(1, len(self.axis) + 1)))

    def sheet(self, figures: "StickinessFigures") -> Sheet:
        """A row per number of intervals, from 1."""
        return Sheet(("interval_count", "users"), enumerate(figures.users_by_interval_count, 1))


@frozen(slots=False)
class StickinessFigures:
    """How often users were active.

    Args:
        users_by_interval_count: How many users were active in exactly one interval of the
            range, in two, and so on up to all of them. [users]
    """

    users_by_interval_count: tuple[int, ...]
