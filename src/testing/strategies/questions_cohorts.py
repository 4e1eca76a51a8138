"""Definitions of cohorts, and what is asked of them."""

from hypothesis import strategies as st

from ...domain.events import AllOf, Condition, Leaf, Not, Op, Scope
from ...domain.identifiers import CohortId
from ...domain.questions import Grain
from ...domain.questions.cohorts import (
    CohortDefinition,
    CohortDraft,
    CohortMembersQuery,
    CohortQuery,
    Did,
    Every,
    Except,
    FirstDid,
    Some,
    StoppedDoing,
    UserIs,
)
from .question_histories import event_patterns, question_instants
from .questions_retention import week_starts

_ADMIN = Leaf("role", Op.EQ, "admin", Scope.USER)
_NOBODY = Leaf("role", Op.IS_NOT_SET, None, Scope.USER)


def user_filters() -> st.SearchStrategy[Condition]:
    """Conditions on attributes of users alone."""
    return st.sampled_from((_ADMIN, _NOBODY, Not(_ADMIN), AllOf((Not(_ADMIN), Not(_NOBODY)))))


def cohort_predicates() -> st.SearchStrategy[CohortDefinition]:
    """Each kind of predicate, over stretches that cut the few days there are."""
    days = st.integers(1, 3)
    return st.one_of(
        st.builds(UserIs, user_filters()),
        st.builds(Did, event_patterns(), st.integers(1, 3), st.none() | days),
        st.builds(FirstDid, event_patterns(), days),
        st.builds(StoppedDoing, event_patterns(), days),
    )


def cohort_definitions() -> st.SearchStrategy[CohortDefinition]:
    """Predicates and what is made of a few of them."""
    return st.recursive(cohort_predicates(), _joined, max_leaves=4)


def _joined(inner: st.SearchStrategy[CohortDefinition]) -> st.SearchStrategy[CohortDefinition]:
    some = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.builds(Except, inner) | st.builds(Every, some) | st.builds(Some, some)


def cohort_queries() -> st.SearchStrategy[CohortQuery]:
    """Figures of cohorts, with and without their past and their members' retention."""
    return st.builds(
        CohortQuery,
        definition=cohort_definitions(),
        as_of=question_instants(28),
        interval=st.sampled_from((Grain.DAY, Grain.WEEK)),
        intervals=st.integers(0, 4),
        retention=st.none() | st.sampled_from((Grain.DAY, Grain.WEEK)),
        timezone=st.sampled_from(("UTC", "Europe/Berlin", "Asia/Kathmandu")),
        week_start=week_starts(),
    )


def cohort_members_queries() -> st.SearchStrategy[CohortMembersQuery]:
    """Pages of members."""
    return st.builds(
        CohortMembersQuery,
        definition=cohort_definitions(),
        as_of=question_instants(28),
        limit=st.integers(1, 3),
        after=st.none() | st.sampled_from(("u0", "u1")),
    )


def cohort_ids() -> st.SearchStrategy[CohortId]:
    """Three ids, so that two draws often name the same cohort."""
    return st.sampled_from(("a1", "b2", "C3")).map(CohortId)


def cohort_drafts() -> st.SearchStrategy[CohortDraft]:
    """Drafts with a few names, whose order is that of no language."""
    return st.builds(
        CohortDraft,
        name=st.sampled_from(("Payers", "payers", "Äußerst treu", "a_b", "𝔄")),
        definition=cohort_definitions(),
        description=st.none() | st.just("Who pays."),
    )
