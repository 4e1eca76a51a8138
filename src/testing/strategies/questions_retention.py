"""Questions about who comes back, with all their options."""

from hypothesis import strategies as st

from ...domain.events import Condition, Scope
from ...domain.questions import Grain, LifecycleQuery, NewByAttribute, StickinessQuery, WeekStart
from ...domain.questions.retention import (
    CohortRule,
    RetentionBreakdown,
    RetentionQuery,
    RetentionState,
    RetentionUsersQuery,
    ReturnRule,
)
from .question_histories import event_patterns, question_conditions, question_ranges


def question_grains() -> st.SearchStrategy[Grain]:
    """Intervals that cut a few days into several, mostly."""
    mostly = st.sampled_from((Grain.HOUR, Grain.DAY, Grain.DAY, Grain.DAY, Grain.WEEK))
    return mostly | st.sampled_from((Grain.MONTH, Grain.QUARTER, Grain.YEAR))


def week_starts() -> st.SearchStrategy[WeekStart]:
    """Both."""
    return st.sampled_from(WeekStart)


def retention_breakdowns() -> st.SearchStrategy[RetentionBreakdown]:
    """By a property of events and by an attribute of users, some with a rest."""
    named = st.sampled_from((("channel", Scope.EVENT), ("role", Scope.USER)))
    return st.builds(
        lambda one, limit: RetentionBreakdown(one[0], one[1], limit), named, st.integers(1, 3)
    )


def retention_queries() -> st.SearchStrategy[RetentionQuery]:
    """Tables by every rule."""
    return st.builds(
        RetentionQuery,
        range=question_ranges(),
        interval=question_grains(),
        target=event_patterns(),
        returning=event_patterns(),
        cohort_rule=st.sampled_from(CohortRule),
        return_rule=st.sampled_from(ReturnRule),
        minimum_occurrences=st.sampled_from((1, 1, 1, 2, 3)),
        columns=st.none() | st.integers(1, 4),
        breakdown=st.none() | retention_breakdowns(),
        filters=_filters(),
        week_start=week_starts(),
    )


@st.composite
def retention_users_queries(draw: st.DrawFn) -> RetentionUsersQuery:
    """Cells of tables."""
    query = draw(retention_queries())
    row = draw(st.integers(0, min(len(query.axis) - 1, 5)))
    values = st.none()
    told = values | st.sampled_from(("ads", "", "admin", "Other"))
    return RetentionUsersQuery(
        query,
        query.axis.starts[row],
        draw(st.integers(0, min(query.width(row) - 1, 4))),
        draw(st.sampled_from(RetentionState)),
        draw(told if query.breakdown else values),
        draw(st.integers(1, 3)),
        draw(st.none() | st.sampled_from(("u0", "u1"))),
    )


def lifecycle_queries() -> st.SearchStrategy[LifecycleQuery]:
    """Lifecycles by both rules of the new."""
    return st.builds(
        LifecycleQuery,
        range=question_ranges(),
        interval=question_grains(),
        event=event_patterns(),
        new_when=st.sampled_from(("first_event", NewByAttribute("first_seen"))),
        filters=_filters(),
        week_start=week_starts(),
    )


def stickiness_queries() -> st.SearchStrategy[StickinessQuery]:
    """Stickiness over ranges of all kinds."""
    return st.builds(
        StickinessQuery,
        range=question_ranges(),
        interval=question_grains(),
        event=event_patterns(),
        filters=_filters(),
        week_start=week_starts(),
    )


def _filters() -> st.SearchStrategy[Condition | None]:
    return st.none() | st.none() | question_conditions()
