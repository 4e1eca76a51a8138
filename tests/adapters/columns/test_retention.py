"""Kernels give what the questions' references say, for every option."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.questions import History, LifecycleQuery, Question, StickinessQuery
from sightline.domain.questions.retention import RetentionQuery, RetentionUsersQuery
from sightline.testing.strategies.question_histories import asking_instants, question_histories
from sightline.testing.strategies.questions_retention import (
    lifecycle_queries,
    retention_queries,
    retention_users_queries,
    stickiness_queries,
)

from .numbering import hold


@given(question_histories(), retention_queries(), asking_instants())
def test_retention_is_what_the_reference_says(
    history: History, question: RetentionQuery, now: datetime
) -> None:
    hold(question, history, now)


@given(question_histories(), retention_users_queries(), asking_instants())
def test_users_behind_a_cell_are_those_of_the_reference(
    history: History, question: RetentionUsersQuery, now: datetime
) -> None:
    hold(question, history, now)


@given(question_histories(), lifecycle_queries(), asking_instants())
def test_lifecycle_is_what_the_reference_says(
    history: History, question: LifecycleQuery, now: datetime
) -> None:
    hold(question, history, now)


@given(question_histories(), stickiness_queries(), asking_instants())
def test_stickiness_is_what_the_reference_says(
    history: History, question: StickinessQuery, now: datetime
) -> None:
    hold(question, history, now)


@given(
    question_histories(),
    st.one_of(
        retention_queries(), retention_users_queries(), lifecycle_queries(), stickiness_queries()
    ),
    asking_instants(),
)
def test_nothing_beyond_its_reach_changes_an_answer(
    history: History, question: Question, now: datetime
) -> None:
    reach = question.reach()
    within = History(tuple(filter(reach.holds, history.events)), history.users)
    assert question.reference(within, now) == question.reference(history, now)
    known = {
        user: {name: value for name, value in attributes.items() if name in question.attributes()}
        for user, attributes in history.users.items()
    }
    assert question.reference(History(history.events, known), now) == question.reference(
        history, now
    )
