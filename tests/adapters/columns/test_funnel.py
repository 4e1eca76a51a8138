"""Funnels by whole columns, held to the answer over a list of events."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given

from sightline.adapters.columns import UserColumns, columns_of, funnel_users
from sightline.adapters.columns.funnel import answer, path, wanted
from sightline.domain.events import Event, microseconds
from sightline.domain.questions import History, QuestionRange
from sightline.domain.questions.funnel import (
    EntryRule,
    FunnelBreakdown,
    FunnelQuery,
    FunnelStep,
    FunnelUsers,
    StepOrder,
    StepTouch,
    Touch,
)
from sightline.testing.strategies import asking_instants, question_histories
from sightline.testing.strategies.questions_funnel import funnel_queries, funnel_user_lists

DAY = QuestionRange("2026-03-01", "2026-03-01")
LATER = datetime(2026, 4, 1, tzinfo=UTC)
CASES = json.loads((Path(__file__).parents[2] / "data/funnel.json").read_text(encoding="utf-8"))
SINGLE = [one for one in CASES if "strict_once" in one["expected"]]


def by_columns(query: FunnelQuery, told: History, now: datetime) -> object:
    """The answer from columns."""
    return answer(query, columns_of(told, wanted(query)), now)


@given(funnel_queries(), question_histories(), asking_instants())
def test_any_funnel_is_answered_as_its_reference_says(
    query: FunnelQuery, told: History, now: datetime
) -> None:
    assert by_columns(query, told, now) == query.reference(told, now)


@pytest.mark.parametrize("entry", EntryRule)
def test_ordered_funnels_are_answered_as_their_reference_says(entry: EntryRule) -> None:
    ordered = funnel_queries(StepOrder.ORDERED, entry=entry, grace=timedelta(0))

    @given(ordered, question_histories(most=24), asking_instants())
    def holds(query: FunnelQuery, told: History, now: datetime) -> None:
        assert path(query) == "vectorised"
        assert by_columns(query, told, now) == query.reference(told, now)

    holds()


@given(funnel_user_lists(), question_histories(), asking_instants())
def test_who_is_listed_is_whom_the_reference_lists(
    asked: FunnelUsers, told: History, now: datetime
) -> None:
    columns = columns_of(told, funnel_users.wanted(asked))
    assert funnel_users.answer(asked, columns, now) == asked.reference(told, now)
    assert funnel_users.path(asked) == path(asked.query)


@given(funnel_queries(), asking_instants())
def test_without_events_nobody_is_counted(query: FunnelQuery, now: datetime) -> None:
    assert by_columns(query, History(()), now) == query.reference(History(()), now)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "vectorised"),
        ({"entry": EntryRule.RE_ENTER}, "vectorised"),
        ({"breakdown": FunnelBreakdown("p", attribution=Touch.ALL_EVENTS)}, "vectorised"),
        ({"breakdown": FunnelBreakdown("p", attribution=StepTouch(1))}, "vectorised"),
        ({"grace": timedelta(seconds=1)}, "by user"),
        ({"order": StepOrder.STRICT}, "by user"),
        ({"order": StepOrder.UNORDERED}, "by user"),
    ],
)
def test_it_says_how_it_is_answered(options: dict[str, Any], expected: str) -> None:
    query = FunnelQuery(DAY, (FunnelStep("a"), FunnelStep("b")), timedelta(seconds=10))
    assert path(evolve(query, **options)) == expected


def test_only_rows_that_fit_a_step_are_wanted() -> None:
    query = FunnelQuery(DAY, (FunnelStep("a"), FunnelStep("b")), timedelta(days=1))
    asked = wanted(query)
    assert [one.event_type for one in asked.patterns] == ["a", "b"]
    assert asked.end == query.range.window.end + timedelta(days=1)
    strict = wanted(evolve(query, order=StepOrder.STRICT, steps_after_range=False))
    assert strict.patterns[-1].event_type is None
    assert strict.end == query.range.window.end


def test_times_of_millions_of_long_windows_do_not_overflow() -> None:
    walkers, year = 400_000, 360 * 86_400_000_000
    at = np.tile(np.array([0, year]), walkers)
    user = np.repeat(np.arange(walkers, dtype=np.int32), 2)
    fits = (at == 0, at > 0)
    columns = UserColumns(
        user, at + microseconds(DAY.window.start), at, fits, (), (), None, [""] * walkers, 0
    )
    query = FunnelQuery(DAY, (FunnelStep("a"), FunnelStep("b")), timedelta(days=366))
    assert answer(query, columns, LATER).steps[1].average_seconds == year / 1e6


@pytest.mark.parametrize("case", SINGLE, ids=lambda case: case["case"])
def test_one_user_gets_as_far_as_other_programs_say(case: Any) -> None:
    steps = tuple(FunnelStep(one) for one in case["inputs"]["steps"])
    query = FunnelQuery(DAY, steps, timedelta(seconds=case["inputs"]["window"]))
    start = DAY.window.start
    told = History(
        tuple(
            Event(f"e{n}", "u", kind, when := start + timedelta(seconds=at), {}, when, None, n)
            for n, (at, kind) in enumerate(case["inputs"]["events"], 1)
        )
    )
    for order, name in ((StepOrder.ORDERED, "strict_once"), (StepOrder.STRICT, "strict_adjacent")):
        asked = evolve(query, order=order)
        figures = answer(asked, columns_of(told, wanted(asked)), LATER)
        assert sum(step.count for step in figures.steps) == case["expected"][name]
