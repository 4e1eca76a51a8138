"""Funnels with every option, over the events of `question_histories`."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from ...domain.events import Scope
from ...domain.questions import EventPattern, Grain, QuestionRange, WeekStart
from ...domain.questions.funnel import (
    AttemptKey,
    EntryRule,
    Exclusion,
    ExclusionEffect,
    FunnelBreakdown,
    FunnelQuery,
    FunnelState,
    FunnelStep,
    FunnelTrend,
    FunnelUsers,
    StepOrder,
    StepTouch,
    TimeToConvert,
    Touch,
)
from .question_histories import EVENT_TYPES, event_patterns, question_conditions, question_ranges

_HOUR = timedelta(hours=1)
_ALL = QuestionRange("2026-03-26", "2026-04-01", "Europe/Berlin")
_WINDOWS = (timedelta(microseconds=1), 6 * _HOUR, 12 * _HOUR, 24 * _HOUR, 60 * _HOUR)


@st.composite
def funnel_queries(draw: st.DrawFn, /, order: StepOrder | None = None, **fixed: Any) -> FunnelQuery:
    """Funnels of one to four steps.

    Args:
        draw: Given by Hypothesis.
        order: How steps follow one another; any way where left out.
        fixed: Options of the funnel that are not drawn.
    """
    order = draw(st.sampled_from(StepOrder)) if order is None else order
    steps = fixed.pop("steps", None) or draw(funnel_steps(optional=order is StepOrder.ORDERED))
    options: dict[str, Any] = {
        "range": st.just(_ALL) | question_ranges(),
        "window": st.sampled_from(_WINDOWS),
        "entry": st.sampled_from(EntryRule),
        "grace": _graces() if order is StepOrder.ORDERED else st.just(timedelta(0)),
        "steps_after_range": st.booleans(),
        "exclusions": _exclusions(len(steps)),
        "breakdown": st.none() | funnel_breakdowns(len(steps)),
        "filters": st.none() | st.none() | question_conditions(),
        "trend": st.none() if len(steps) < 2 else st.none() | _trends(len(steps)),
        "time_to_convert": st.none() if len(steps) < 2 else st.none() | _times(len(steps)),
        "sensitivity": st.sampled_from((False, False, False, True)),
    }
    drawn = {name: draw(one) for name, one in options.items() if name not in fixed}
    return FunnelQuery(steps=steps, order=order, **drawn, **fixed)


@st.composite
def funnel_user_lists(draw: st.DrawFn) -> FunnelUsers:
    """Pages of one to three users, the first one and further ones."""
    query = draw(funnel_queries())
    step = draw(st.integers(1, len(query.steps)))
    state = draw(st.sampled_from(FunnelState)) if step > 1 else FunnelState.REACHED
    keys = st.builds(AttemptKey, st.sampled_from(("u1", "u2")), st.integers(0, 2))
    return FunnelUsers(query, step, state, draw(st.integers(1, 3)), draw(st.none() | keys))


@st.composite
def funnel_steps(draw: st.DrawFn, *, optional: bool = False) -> tuple[FunnelStep, ...]:
    """One to four steps; mostly of different types, some overlap.

    Args:
        draw: Given by Hypothesis.
        optional: Whether steps after the first may be optional.
    """
    if draw(st.booleans()):
        types = draw(st.permutations(EVENT_TYPES))[: draw(st.integers(1, 4))]
        patterns = [EventPattern(one) for one in types]
    else:
        patterns = draw(st.lists(event_patterns(), min_size=1, max_size=4))
    may = st.sampled_from((False, False, True)) if optional else st.just(False)
    return tuple(
        FunnelStep(one.event_type, one.filters, at > 0 and draw(may))
        for at, one in enumerate(patterns)
    )


def funnel_breakdowns(steps: int) -> st.SearchStrategy[FunnelBreakdown]:
    """Breakdowns of few values, some of them beyond the limit."""
    touches = st.sampled_from(Touch) | st.integers(1, steps).map(StepTouch)
    named = st.sampled_from(
        (("channel", Scope.EVENT), ("channel", Scope.EVENT), ("role", Scope.USER))
    )
    return st.builds(
        lambda pair, touch, limit: FunnelBreakdown(pair[0], pair[1], touch, limit),
        named, touches, st.sampled_from((1, 2, 25)),
    )  # fmt: skip


def _graces() -> st.SearchStrategy[timedelta]:
    nothing = timedelta(0)
    return st.sampled_from((nothing, nothing, nothing, timedelta(microseconds=1), 6 * _HOUR))


def _exclusions(steps: int) -> st.SearchStrategy[tuple[Exclusion, ...]]:
    if steps < 2:
        return st.just(())
    one = st.builds(
        lambda pattern, stretch, effect: Exclusion(
            pattern.event_type, pattern.filters, stretch[0], stretch[1], effect
        ),
        event_patterns(),
        _stretches(steps),
        st.sampled_from(ExclusionEffect),
    )
    return st.just(()) | st.lists(one, max_size=2).map(tuple)


def _stretches(steps: int) -> st.SearchStrategy[tuple[int, int]]:
    pairs = [(one, other) for one in range(1, steps) for other in range(one + 1, steps + 1)]
    return st.sampled_from(pairs)


def _trends(steps: int) -> st.SearchStrategy[FunnelTrend]:
    grains = st.sampled_from((Grain.HOUR, Grain.DAY, Grain.DAY, Grain.WEEK, Grain.MONTH))
    return st.builds(
        lambda grain, pair, week: FunnelTrend(grain, pair[0], pair[1], week),
        grains, _stretches(steps), st.sampled_from(WeekStart),
    )  # fmt: skip


def _times(steps: int) -> st.SearchStrategy[TimeToConvert]:
    return st.builds(
        lambda pair, bins: TimeToConvert(pair[0], pair[1], bins),
        _stretches(steps), st.sampled_from((1, 3, 10)),
    )  # fmt: skip
