"""The users behind a number of a funnel."""

from datetime import datetime

import pytest
from attrs import evolve
from hypothesis import given

from sightline.domain.errors import InvalidFields
from sightline.domain.questions import History
from sightline.domain.questions.funnel import (
    AttemptKey,
    EntryRule,
    FunnelQuery,
    FunnelState,
    FunnelUsers,
)
from sightline.testing.strategies import asking_instants, question_histories
from sightline.testing.strategies.questions_funnel import funnel_queries

from .funnels import LATER, MIDNIGHT, SECOND, funnel, history, of_users

DROPPED = FunnelState.DROPPED


@given(funnel_queries(), question_histories(), asking_instants())
def test_pages_list_each_counted_attempt_once(
    query: FunnelQuery, told: History, now: datetime
) -> None:
    counts = [step.count for step in query.reference(told, now).steps]
    for step, count in enumerate(counts, 1):
        seen, after = [], None
        while True:
            page = FunnelUsers(query, step, limit=2, after=after).reference(told, now)
            seen += [(one.user_id, one.entered_at) for one in page.items]
            after = page.following
            if after is None:
                break
        assert len(seen) == count
        if query.entry is not EntryRule.RE_ENTER:
            assert len({user for user, _ in seen}) == count
        if step > 1:
            dropped = FunnelUsers(query, step, DROPPED, 1_000).reference(told, now).items
            assert len(dropped) == counts[query.before(step) - 1] - count


def test_each_comes_with_the_instants_of_the_attempt() -> None:
    told = of_users(b=[(0, "a"), (3, "b")], a=[(5, "a"), (30, "a"), (31, "b")], c=[(1, "a")])
    asked = FunnelUsers(funnel("a", "b"), 2)
    first, second = asked.reference(told, LATER).items
    assert (first.user_id, first.entered_at) == ("a", MIDNIGHT + 30 * SECOND)
    assert second.steps == (MIDNIGHT, MIDNIGHT + 3 * SECOND)
    (dropped,) = evolve(asked, state=DROPPED).reference(told, LATER).items
    assert (dropped.user_id, dropped.steps) == ("c", (MIDNIGHT + SECOND, None))


def test_who_enters_again_is_listed_again() -> None:
    query = funnel("a", "b", entry=EntryRule.RE_ENTER)
    told = history((0, "a"), (1, "b"), (20, "a"))
    page = FunnelUsers(query, 1, limit=1).reference(told, LATER)
    assert page.following == AttemptKey("u", 0)
    page = FunnelUsers(query, 1, limit=1, after=page.following).reference(told, LATER)
    assert [one.entered_at for one in page.items] == [MIDNIGHT + 20 * SECOND]
    assert page.following is None


@pytest.mark.parametrize(
    ("step", "state", "limit"),
    [
        (0, "reached", 1),
        (3, "reached", 1),
        (1, "dropped", 1),
        (1, "reached", 0),
        (1, "reached", 1_001),
    ],
)
def test_a_list_that_cannot_be_is_refused(step: int, state: str, limit: int) -> None:
    with pytest.raises(InvalidFields):
        FunnelUsers(funnel("a", "b"), step, FunnelState(state), limit)


def test_its_rules_are_those_of_the_funnel_and_its_own() -> None:
    rules = FunnelUsers(funnel("a", "b"), 2, DROPPED).rules()
    assert (rules["step"], rules["state"], rules["order"]) == (2, "dropped", "ordered")
