"""Funnels by other programs' numbers: ClickHouse's windowFunnel, and exhaustive enumeration."""

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from sightline.domain.events import Leaf, Op
from sightline.domain.questions import History
from sightline.domain.questions.funnel import FunnelQuery, FunnelStep, StepOrder

from .funnels import LATER, counts, funnel, history, of_users

CASES = json.loads((Path(__file__).parents[2] / "data/funnel.json").read_text(encoding="utf-8"))
SINGLE = [one for one in CASES if "strict_once" in one["expected"]]


def asked(case: Any) -> tuple[FunnelQuery, History]:
    """The funnel of a case, and the events that it is asked of."""
    inputs = case["inputs"]
    steps = [one if isinstance(one, str) else tuple(one) for one in inputs["steps"]]
    query = funnel(*(FunnelStep(one) for one in steps), window=inputs["window"])
    return query, history(*(tuple(one) for one in inputs["events"]))


@pytest.mark.parametrize("case", SINGLE, ids=lambda case: case["case"])
def test_one_user_gets_as_far_as_clickhouse_says(case: Any) -> None:
    query, told = asked(case)
    assert sum(counts(query, told)) == case["expected"]["strict_once"]


@pytest.mark.parametrize("case", SINGLE, ids=lambda case: case["case"])
def test_one_user_gets_as_far_through_consecutive_events_as_enumeration_says(case: Any) -> None:
    query, told = asked(case)
    strict = evolve(query, order=StepOrder.STRICT)
    assert sum(counts(strict, told)) == case["expected"]["strict_adjacent"]


def test_an_event_that_fits_two_steps_fills_one() -> None:
    (case,) = (one for one in CASES if "each_event_used_once" in one["expected"])
    query, told = asked(case)
    assert sum(counts(query, told)) == case["expected"]["each_event_used_once"]
    alone = evolve(told, events=told.events[:1])
    assert sum(counts(query, alone)) == 1


def test_the_times_between_steps_are_those_of_forty_users() -> None:
    (case,) = (one for one in CASES if one["case"] == "conversion_times")
    expected = case["expected"]
    paths = {
        f"u{number}": [(at, kind) for at, kind in zip(path or (), "abcd", strict=False)]
        for number, path in enumerate(expected["path_per_user"])
    }
    answer = funnel("a", "b", "c", "d", window=12).reference(of_users(**paths), LATER)
    assert [step.count for step in answer.steps] == [31, 20, 3, 0]
    assert answer.steps[1].median_seconds == expected["median"]
    assert answer.steps[1].average_seconds == pytest.approx(expected["mean"], rel=1e-9)


def test_a_filter_tells_steps_of_one_type_apart() -> None:
    pro = FunnelStep("signup", Leaf("plan", Op.EQ, "pro"))
    told = history((0, "visit"), (1, "signup", {"plan": "free"}))
    assert counts(funnel("visit", pro), told) == [1, 0]
    assert counts(funnel("visit", "signup"), told) == [1, 1]
