"""What a funnel is asked with: its steps, its rules, and what is told beside the counts."""

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum

from attrs import field, frozen

from ...errors import Flaw, InvalidFields
from ...events import Condition, Scope
from ..grains import Grain, WeekStart
from ..patterns import EventPattern, Field

MOST_VALUES = 200
"""Most values of one breakdown that are told apart."""

MOST_BINS = 100
"""Most bins of one histogram."""


class StepOrder(StrEnum):
    """How the steps of an attempt follow one another.

    `ordered`: other events may lie between. `strict`: the user's very next event must be the
    next step. `unordered`: step n is reached with n different steps, in any order.
    """

    ORDERED = "ordered"
    STRICT = "strict"
    UNORDERED = "unordered"


class EntryRule(StrEnum):
    """Which events open an attempt.

    `best_of_all_attempts`: every entry event does, the best attempt is told. `first_entry`:
    only the first of the range. `re_enter`: the next one after converting, after the window,
    or after an excluding event; then attempts are counted, not users.
    """

    BEST_OF_ALL_ATTEMPTS = "best_of_all_attempts"
    FIRST_ENTRY = "first_entry"
    RE_ENTER = "re_enter"


class ExclusionEffect(StrEnum):
    """What an excluding event does to an attempt."""

    VOID_ATTEMPT = "void_attempt"
    KEEP_REACHED = "keep_reached"


class Touch(StrEnum):
    """Whose value of a property a user is counted under.

    `first_touch`, `last_touch`: the first or last value that is not empty on the user's step
    events, whether an attempt took them or not. `all_events`: one funnel per value, over the
    events that carry it.
    """

    FIRST_TOUCH = "first_touch"
    LAST_TOUCH = "last_touch"
    ALL_EVENTS = "all_events"


@frozen
class StepTouch:
    """The value on the event that filled a step; attempts without that step are left out.

    Args:
        step: Which one, from 1.
    """

    step: int


@frozen
class FunnelStep:
    """One step.

    Args:
        event_type: One name, several of which any will do, or null for any event.
        filters: What must hold of the event; null for nothing.
        optional: Whether the steps after it can be reached without it.

    Raises:
        InvalidFields: As `EventPattern`.
    """

    event_type: str | tuple[str, ...] | None = None
    filters: Condition | None = None
    optional: bool = False
    pattern: EventPattern = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "pattern", EventPattern(self.event_type, self.filters))


@frozen
class Exclusion:
    """An event that must not come between two steps.

    Args:
        event_type: One name, several of which any will do, or null for any event.
        filters: What must hold of the event; null for nothing.
        from_step: The step strictly after which it counts, from 1.
        to_step: The step before which it counts; before the end of the window where the
            attempt does not reach it.
        effect: What it does.

    Raises:
        InvalidFields: As `EventPattern`; if the steps are out of order.
    """

    event_type: str | tuple[str, ...] | None = None
    filters: Condition | None = None
    from_step: int = 1
    to_step: int = 2
    effect: ExclusionEffect = ExclusionEffect.VOID_ATTEMPT
    pattern: EventPattern = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "pattern", EventPattern(self.event_type, self.filters))
        if flaws := [*stretch_flaws(self.from_step, self.to_step)]:
            raise InvalidFields(flaws)


@frozen
class FunnelBreakdown:
    """One funnel per value of a property.

    Args:
        property: Its name.
        scope: Whose it is; of users, all attempts of a user have the user's value.
        attribution: Whose value counts, where it is a property of events.
        limit: How many values are told apart, the most frequent ones; the rest is `Other`.

    Raises:
        InvalidFields: If the name is empty, or the limit not from 1 to 200.
    """

    property: str
    scope: Scope = Scope.EVENT
    attribution: Touch | StepTouch = Touch.FIRST_TOUCH
    limit: int = 25

    def __attrs_post_init__(self) -> None:
        flaws = []
        if not self.property:
            flaws.append(Flaw(("property",), "property", "must be a name"))
        if not 1 <= self.limit <= MOST_VALUES:
            message = f"must be from 1 to {MOST_VALUES}"
            flaws.append(Flaw(("limit",), "out_of_range", message))
        if flaws:
            raise InvalidFields(flaws)

    def field(self) -> Field:
        """What is read."""
        return Field(self.property, self.scope)


@frozen
class FunnelTrend:
    """Conversion by the interval in which attempts were entered.

    Args:
        interval: How long an interval is.
        from_step: The step that is converted from.
        to_step: The step that is converted to; null for the last.
        week_start: The first day of a week.

    Raises:
        InvalidFields: If the steps are out of order.
    """

    interval: Grain
    from_step: int = 1
    to_step: int | None = None
    week_start: WeekStart = WeekStart.MONDAY

    def __attrs_post_init__(self) -> None:
        if flaws := [*stretch_flaws(self.from_step, self.to_step)]:
            raise InvalidFields(flaws)


@frozen
class TimeToConvert:
    """How long it takes from one step to another.

    Args:
        from_step: The step from which.
        to_step: The step to which; null for the last.
        bins: How many bins the histogram has.

    Raises:
        InvalidFields: If the steps are out of order, or there are not 1 to 100 bins.
    """

    from_step: int = 1
    to_step: int | None = None
    bins: int = 10

    def __attrs_post_init__(self) -> None:
        flaws = [*stretch_flaws(self.from_step, self.to_step)]
        if not 1 <= self.bins <= MOST_BINS:
            flaws.append(Flaw(("bins",), "out_of_range", f"must be from 1 to {MOST_BINS}"))
        if flaws:
            raise InvalidFields(flaws)


def stretch_flaws(from_step: int, to_step: int | None) -> Iterator[Flaw]:
    """What is wrong with a stretch of steps, whatever the funnel."""
    if from_step < 1:
        yield Flaw(("from_step",), "out_of_range", "steps are numbered from 1")
    if to_step is not None and to_step <= from_step:
        yield Flaw(("to_step",), "out_of_order", "must be a later step than from_step")


LONGEST_WINDOW = timedelta(days=366)
"""Longest window of one funnel."""

LONGEST_GRACE = timedelta(days=1)
"""Longest grace of one funnel."""
