"""The question how far users get."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import field, frozen

from ...attributes import Json
from ...errors import InvalidFields
from ...events import Condition, Scope, instant, microseconds
from ..grains import Axis, Calendar
from ..patterns import EventPattern, History, user_attributes
from ..question import Reach
from ..ranges import QuestionRange
from ..sheet import Sheet
from ..told import narrowed
from .answer import funnel_figures
from .checks import funnel_flaws
from .counts import FunnelCount, concluded_funnel, funnel_counts
from .figures import FunnelFigures
from .options import (
    EntryRule,
    Exclusion,
    FunnelBreakdown,
    FunnelStep,
    FunnelTrend,
    StepOrder,
    TimeToConvert,
    Touch,
)
from .rules import complete_until, funnel_rules
from .sheet import funnel_sheet

_MICROSECOND = timedelta(microseconds=1)


@frozen
class FunnelQuery:
    """How many users get how far through some steps, and how long they take.

    An attempt begins at every event of the range that fits the first step (`unordered`: any
    step). For each next step it takes the earliest event at or after the step before, within
    the window, whose end belongs to it. An event fills one step. Events at one instant are
    taken in whichever order goes furthest. A user's result is the attempt that reaches
    furthest, and of those the one that was entered first.

    An optional step never stops a later one: the others are filled as if it were not there;
    it counts where an event that is still free fits it between the steps around it.

    Args:
        range: When attempts may be entered; events before it never count.
        steps: The steps, at most 20; the first one is not optional.
        window: How long after the entry steps count, to its end inclusive.
        order: How steps follow one another.
        entry: Which events open an attempt.
        grace: How far a step may lie before the step before it; `ordered` only.
        steps_after_range: Whether later steps may lie after the range, within the window;
            else only events of the range exist.
        exclusions: Events that must not come between, at most 10.
        breakdown: Told per value of a property; null for not.
        filters: What holds of every event that is looked at; null for nothing.
        trend: Told by the interval of entry; null for not.
        time_to_convert: A histogram of how long it takes; null for none.
        sensitivity: Whether the counts under the other rules are told, too.
        explain: Whether it is told how it was answered.

    Raises:
        InvalidFields: With everything that is wrong.
    """

    range: QuestionRange
    steps: tuple[FunnelStep, ...]
    window: timedelta
    order: StepOrder = StepOrder.ORDERED
    entry: EntryRule = EntryRule.BEST_OF_ALL_ATTEMPTS
    grace: timedelta = timedelta(0)
    steps_after_range: bool = True
    exclusions: tuple[Exclusion, ...] = ()
    breakdown: FunnelBreakdown | None = None
    filters: Condition | None = None
    trend: FunnelTrend | None = None
    time_to_convert: TimeToConvert | None = None
    sensitivity: bool = False
    explain: bool = field(default=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if flaws := [*funnel_flaws(self)]:
            raise InvalidFields(flaws)

    def reference(self, history: History, now: datetime) -> FunnelFigures:
        """The answer, slow and obvious."""
        return funnel_figures(self, history, now)

    def counted(self, history: History, now: datetime) -> Counter[FunnelCount]:
        """What is counted of attempts, and how long each took."""
        return funnel_counts(self, history, now)

    def concluded(self, counts: Counter[FunnelCount], now: datetime) -> FunnelFigures:
        """The figures that counts come to.

        Raises:
            InvalidFields: If a breakdown by `all_events` has more values than its limit.
        """
        return concluded_funnel(self, counts, now)

    def sheet(self, figures: FunnelFigures) -> Sheet:
        """A row per step, of the whole and of each value of the breakdown."""
        return funnel_sheet(figures)

    def attributes(self) -> frozenset[str]:
        """The attributes of users that it looks at."""
        fields = () if self.breakdown is None else (self.breakdown.field(),)
        return user_attributes((self.everything, *self.patterns), fields)

    def reach(self) -> Reach:
        """Which events it looks at, at most."""
        first, last = self.seen_us
        named = [one.types for one in self.patterns]
        types = frozenset(kind for one in named if one is not None for kind in one)
        anything = None in named or self.order is StepOrder.STRICT
        return Reach(instant(first), instant(last + 1), None if anything else types)

    def rules(self) -> Mapping[str, Json]:
        """Everything that the figures depend on, all defaults spelled out."""
        return funnel_rules(self)

    def complete_until(self, now: datetime) -> datetime:
        """The instant up to which no window and no interval of entries is open any more. [UTC]"""
        return complete_until(self, now)

    @property
    def everything(self) -> EventPattern:
        """All events that it looks at."""
        return EventPattern(None, self.filters)

    @property
    def patterns(self) -> tuple[EventPattern, ...]:
        """The events of each step, then those of each exclusion."""
        named = [one.pattern for one in self.steps] + [one.pattern for one in self.exclusions]
        return tuple(narrowed(one, self.filters) for one in named)

    @property
    def step_bits(self) -> int:
        """The bits of all steps in `Row.fits`."""
        return (1 << len(self.steps)) - 1

    @property
    def entry_steps(self) -> int:
        """How many steps, from the first, an attempt may begin with."""
        return len(self.steps) if self.order is StepOrder.UNORDERED else 1

    @property
    def entry_bits(self) -> int:
        """The bits of the steps that an attempt may begin with, in `Row.fits`."""
        return (1 << self.entry_steps) - 1

    @property
    def required_steps(self) -> tuple[int, ...]:
        """The numbers of the steps that are not optional."""
        return tuple(at for at, step in enumerate(self.steps, 1) if not step.optional)

    @property
    def required(self) -> int:
        """How many steps are not optional."""
        return len(self.required_steps)

    def before(self, step: int) -> int:
        """The step before a step: the nearest one that is not optional; of the first, itself."""
        return max((one for one in self.required_steps if one < step), default=1)

    @property
    def by_event_value(self) -> bool:
        """Whether there is one funnel per value over the events that carry it."""
        asked = self.breakdown
        return (
            asked is not None
            and asked.attribution is Touch.ALL_EVENTS
            and asked.scope is not Scope.USER
        )

    @property
    def window_us(self) -> int:
        """The window. [µs]"""
        return self.window // _MICROSECOND

    @property
    def grace_us(self) -> int:
        """The grace. [µs]"""
        return self.grace // _MICROSECOND

    @property
    def entered_us(self) -> tuple[int, int]:
        """The first and the last instant at which an attempt may be entered. [µs]"""
        window = self.range.window
        return microseconds(window.start), microseconds(window.end) - 1

    @property
    def seen_us(self) -> tuple[int, int]:
        """The first and the last instant of events that are looked at. [µs]"""
        first, last = self.entered_us
        return first, self.last_of(last)

    def last_of(self, entered: int) -> int:
        """The last instant of the window of an attempt. [µs]"""
        last = entered + self.window_us
        return last if self.steps_after_range else min(last, self.entered_us[1])

    @property
    def trended(self) -> tuple[int, int]:
        """The steps between which the trend is told."""
        assert self.trend is not None
        return self.trend.from_step, self.trend.to_step or len(self.steps)

    @property
    def timed(self) -> tuple[int, int]:
        """The steps between which times are told."""
        assert self.time_to_convert is not None
        return self.time_to_convert.from_step, self.time_to_convert.to_step or len(self.steps)

    def axis(self) -> Axis | None:
        """The intervals of the trend; None if none is asked for."""
        if self.trend is None:
            return None
        calendar = Calendar(self.trend.interval, self.range.zone, self.trend.week_start)
        return calendar.axis(self.range.window)
