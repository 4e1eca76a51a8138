"""Kernels give what the questions' references say, for every option."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.questions import History, Question
from sightline.domain.questions.cohorts import CohortMembersQuery, CohortQuery
from sightline.testing.strategies.question_histories import asking_instants, question_histories
from sightline.testing.strategies.questions_cohorts import (
    cohort_members_queries,
    cohort_queries,
)

from .numbering import hold


@given(question_histories(), cohort_queries(), asking_instants())
def test_cohorts_are_what_the_reference_says(
    history: History, question: CohortQuery, now: datetime
) -> None:
    hold(question, history, now)


@given(question_histories(), cohort_members_queries(), asking_instants())
def test_members_are_those_of_the_reference(
    history: History, question: CohortMembersQuery, now: datetime
) -> None:
    hold(question, history, now)


@given(
    question_histories(),
    st.one_of(cohort_queries(), cohort_members_queries()),
    asking_instants(),
)
def test_nothing_beyond_its_reach_changes_an_answer(
    history: History, question: Question, now: datetime
) -> None:
    within = History(tuple(filter(question.reach().holds, history.events)), history.users)
    assert question.reference(within, now) == question.reference(history, now)
