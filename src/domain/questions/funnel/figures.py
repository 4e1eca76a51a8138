"""What the answer to a funnel says."""

from datetime import datetime

from attrs import frozen

from .options import EntryRule, ExclusionEffect


@frozen(slots=False)
class StepFigures:
    """One step.

    Args:
        step: Its number, from 1.
        event_type: What it is of; null for any event, and where steps have no order.
        count: Users who reached it; attempts, where users may enter again.
        conversion_from_first: Their share of those who reached the first step; null of none.
            [0..1]
        conversion_from_previous: Their share of those who reached the step before; the step
            before is the nearest one that is not optional. Null of none. [0..1]
        median_seconds: Middle time since the step before, over those who reached this one;
            null for the first step, and of none. [s]
        average_seconds: Mean time since the step before; null likewise. [s]
        still_open: Those of the count whose attempt's window has not ended.
        undecided: Those who got just this far, and may still go further: an attempt of theirs
            is open, and nothing has excluded it.
    """

    step: int
    event_type: str | tuple[str, ...] | None
    count: int
    conversion_from_first: float | None
    conversion_from_previous: float | None
    median_seconds: float | None
    average_seconds: float | None
    still_open: int
    undecided: int


@frozen(slots=False)
class BreakdownFigures:
    """The funnel of one value.

    Args:
        value: The value as a text; empty where there is none.
        other: Whether it stands for all values beyond the limit.
        steps: Its steps.
    """

    value: str
    other: bool
    steps: tuple[StepFigures, ...]


@frozen(slots=False)
class TrendPoint:
    """Attempts that were entered in one interval.

    Args:
        start: Where the interval begins. [UTC]
        entered: Users with an attempt that reached `from_step`; each counts once.
        converted: Those of them with an attempt that reached `to_step`, too.
        rate: The share of them; null of none. [0..1]
        complete: Whether no window of the interval is open any more.
    """

    start: datetime
    entered: int
    converted: int
    rate: float | None
    complete: bool


@frozen(slots=False)
class HistogramBin:
    """How many took so long.

    Args:
        start_seconds: The shortest time. [s]
        end_seconds: The time that is too long; the last bin holds it, too. [s]
        count: How many.
    """

    start_seconds: float
    end_seconds: float
    count: int


@frozen(slots=False)
class ConversionTimes:
    """How long it takes from one step to another.

    Args:
        from_step: From which, from 1.
        to_step: To which.
        count: Attempts that reached both.
        median_seconds: The middle of their times, null of none. [s]
        average_seconds: The mean, null of none. [s]
        bins: A histogram of equal bins from the shortest time up; empty of none.
    """

    from_step: int
    to_step: int
    count: int
    median_seconds: float | None
    average_seconds: float | None
    bins: tuple[HistogramBin, ...]


@frozen(slots=False)
class OtherRules:
    """What the counts were under other rules.

    Args:
        entry: Which events open an attempt.
        effect: What excluding events do; null where there are none.
        counts: The count of each step.
    """

    entry: EntryRule
    effect: ExclusionEffect | None
    counts: tuple[int, ...]


@frozen(slots=False)
class FunnelFigures:
    """What is counted.

    Args:
        steps: In their order.
        breakdowns: Per value, the most frequent first, all others last; null if not asked.
        trend: Per interval of entry; null if not asked.
        time_to_convert: How long it takes; null if not asked.
        sensitivity: The counts under each of the other rules; null if not asked.
    """

    steps: tuple[StepFigures, ...]
    breakdowns: tuple[BreakdownFigures, ...] | None
    trend: tuple[TrendPoint, ...] | None
    time_to_convert: ConversionTimes | None
    sensitivity: tuple[OtherRules, ...] | None
