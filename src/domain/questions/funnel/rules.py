"""The rules of a funnel, all defaults spelled out."""

from datetime import datetime
from typing import TYPE_CHECKING

from ...attributes import Json
from ...events import instant, microseconds
from ..durations import duration_text
from ..told import told_condition, told_field, told_pattern, told_range
from .options import EntryRule, Exclusion, FunnelBreakdown, StepTouch

if TYPE_CHECKING:
    from .query import FunnelQuery


def funnel_rules(query: "FunnelQuery") -> dict[str, Json]:
    """Everything that the figures depend on, all defaults spelled out, as a JSON object."""
    return {
        "range": told_range(query.range),
        "steps": [{**told_pattern(one.pattern), "optional": one.optional} for one in query.steps],
        "order": query.order.value,
        "window": duration_text(query.window),
        "window_end": "inclusive",
        "entry": query.entry.value,
        "counted": "attempts" if query.entry is EntryRule.RE_ENTER else "users",
        "grace": duration_text(query.grace),
        "steps_after_range": query.steps_after_range,
        "exclusions": [_exclusion_rules(one) for one in query.exclusions],
        "filters": told_condition(query.filters),
        "one_event_fills": "one step",
        "equal_instants": "in favour of the funnel",
        "reported_attempt": "the furthest required step, then the first entry",
        "seconds_from": "the nearest required step before",
        "median": "interpolated",
        "breakdown": None if query.breakdown is None else _breakdown_rules(query.breakdown),
        "trend": None if query.trend is None else _trend_rules(query),
        "time_to_convert": None if query.time_to_convert is None else _time_rules(query),
        "sensitivity": query.sensitivity,
    }


def complete_until(query: "FunnelQuery", now: datetime) -> datetime:
    """The instant up to which attempts that were entered, and intervals, do not change any more.

    Not before the start of the range, and not after its end. [UTC]
    """
    window = query.range.window
    if not query.steps_after_range and now >= window.end:
        return window.end
    decided = instant(max(microseconds(now) - query.window_us, 0))
    decided = max(window.start, min(window.end, decided))
    axis = query.axis()
    if axis is None or decided == window.end:
        return decided
    ended = [bound for bound in axis.bounds if bound <= decided]
    return max(window.start, ended[-1] if ended else window.start)


def _breakdown_rules(asked: FunnelBreakdown) -> Json:
    touch = asked.attribution
    return {
        **told_field(asked.field()),
        "attribution": {"step": touch.step} if isinstance(touch, StepTouch) else touch.value,
        "limit": asked.limit,
        "missing": "",
        "most_frequent_by": "the first step",
    }


def _exclusion_rules(one: Exclusion) -> Json:
    stretch = {"from_step": one.from_step, "to_step": one.to_step}
    return {**told_pattern(one.pattern), **stretch, "effect": one.effect.value}


def _trend_rules(query: "FunnelQuery") -> Json:
    assert query.trend is not None
    from_step, to_step = query.trended
    grain = {"interval": query.trend.interval.value, "week_start": query.trend.week_start.value}
    return {**grain, "from_step": from_step, "to_step": to_step}


def _time_rules(query: "FunnelQuery") -> Json:
    assert query.time_to_convert is not None
    from_step, to_step = query.timed
    return {"from_step": from_step, "to_step": to_step, "bins": query.time_to_convert.bins}
