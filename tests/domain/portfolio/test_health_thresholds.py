"""The limits of a tenant: what may be set, and that nothing else decides."""

from math import inf, nan
from typing import Any

import pytest
from attrs import evolve, fields_dict
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidFields
from sightline.domain.portfolio.health_arithmetic import half_width
from sightline.domain.portfolio.health_evidence import HealthInputs
from sightline.domain.portfolio.health_explanation import explanation
from sightline.domain.portfolio.health_model import HealthModel
from sightline.domain.portfolio.health_report import score_rules
from sightline.domain.portfolio.health_score import HealthScore, health_score
from sightline.domain.portfolio.health_thresholds import (
    Grade,
    GradeBounds,
    ScoreConfidence,
    Thresholds,
)
from sightline.domain.portfolio.what_if import levers
from sightline.testing.strategies import grade_bounds, health_inputs, health_models, thresholds
from sightline.testing.strategies.health import GRID

SH1 = HealthModel()
#: What depends on the limits and on nothing else.
WORDS = ("grade", "grade_at_low", "grade_at_high", "confidence")

points = st.sampled_from(GRID) | st.floats(0, 100)


@given(grades=grade_bounds(), one=points, other=points)
def test_a_grade_is_monotone_in_the_score_for_every_bounds(
    grades: GradeBounds, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert grades.grade(high) <= grades.grade(low)  # A is the first letter


@given(grades=grade_bounds())
def test_a_grade_begins_exactly_at_its_bound(grades: GradeBounds) -> None:
    for letter, bound in zip(Grade, (grades.a, grades.b, grades.c, grades.d), strict=False):
        assert grades.grade(bound) is letter
        assert grades.grade(bound - 1e-9) > letter


@given(score=points)
def test_the_built_in_limits_are_those_of_before(score: float) -> None:
    bounds = {"A": 75, "B": 60, "C": 40, "D": 25, "E": -1}
    letter = next(one for one, lowest in bounds.items() if score >= lowest)
    assert Thresholds().grades.grade(score) is Grade(letter)
    said = Thresholds()
    assert (said.watch_below, said.under_performer_below) == (40.0, 50.0)
    assert (said.under_performer_percentile, said.outlier_score) == (25.0, 3.5)
    assert (said.outlier_profile_probability, said.fence, said.far_fence) == (0.975, 1.5, 3.0)
    word = "high" if score <= 7.5 else "medium" if score <= 15 else "low"
    assert said.confidence(score) is ScoreConfidence(word)


@given(said=thresholds(), one=points, other=points)
def test_a_wider_interval_is_never_better_relied_upon(
    said: Thresholds, one: float, other: float
) -> None:
    order = list(ScoreConfidence)
    narrow, wide = sorted((one, other))
    assert order.index(said.confidence(narrow)) <= order.index(said.confidence(wide))


@given(model=health_models(), inputs=health_inputs())
def test_limits_move_words_and_never_a_number(model: HealthModel, inputs: HealthInputs) -> None:
    found = health_score(model, inputs)
    plain = health_score(evolve(model, thresholds=Thresholds()), inputs)
    assert _without_words(found) == _without_words(plain)
    if found.score is None:
        assert {getattr(found, name) for name in WORDS} == {None}
        return
    grades = model.thresholds.grades
    assert found.low is not None
    assert found.high is not None
    assert found.standard_error is not None
    assert found.grade is grades.grade(found.score)
    assert found.grade_at_low is grades.grade(found.low)
    assert found.grade_at_high is grades.grade(found.high)
    assert found.confidence is model.thresholds.confidence(half_width(found.standard_error))


def _without_words(found: HealthScore) -> HealthScore:
    return evolve(found, grade=None, grade_at_low=None, grade_at_high=None, confidence=None)


@given(model=health_models(), inputs=health_inputs())
def test_what_is_worked_out_and_what_would_move_it_is_by_the_same_limits(
    model: HealthModel, inputs: HealthInputs
) -> None:
    told = explanation(model, inputs)
    assert told.thresholds == model.thresholds
    for lever in levers(model, inputs):
        assert lever.grade is model.thresholds.grades.grade(lever.score)


def test_the_rules_of_a_score_cite_the_limits_of_the_tenant() -> None:
    said = Thresholds(GradeBounds(80.5, 70.0, 60.0, 1 / 3), 5.0, 11.0, 45.0, 48.0, 10.0, 2.5, 0.99)
    told = score_rules(evolve(SH1, thresholds=said))
    assert told["grade"] == "A from 80.5, B from 70, C from 60, D from 0.333333333, else E"
    assert "up to 5 points" in told["confidence"]
    assert "medium up to 11," in told["confidence"]
    assert told["watch"] == "the score is under 45"
    assert "lies under 48" in told["under_performer"]
    assert "at most 10" in told["under_performer"]
    assert "over 2.5" in told["outlier"]
    assert "99 %" in told["outlier"]
    assert score_rules(SH1)["grade"] == "A from 75, B from 60, C from 40, D from 25, else E"


@given(model=health_models(), said=thresholds())
def test_other_limits_leave_momentum_what_it_was(model: HealthModel, said: Thresholds) -> None:
    assert model.judges_momentum_as(evolve(model, thresholds=said))


OUT = "out_of_range"
WRONG: tuple[tuple[dict[str, Any], dict[tuple[str, ...], str]], ...] = (
    ({"grades": GradeBounds(60.0, 60.0, 40.0, 25.0)}, {("grades", "b"): "not_descending"}),
    ({"grades": GradeBounds(75.0, 60.0, 61.0, 60.5)}, {("grades", "c"): "not_descending"}),
    (
        {"grades": GradeBounds(100.1, nan, inf, -1.0)},
        {("grades", name): OUT for name in "abcd"},
    ),
    ({"high_confidence": nan, "medium_confidence": -1.0}, {
        ("high_confidence",): OUT, ("medium_confidence",): OUT,
    }),
    ({"high_confidence": 16.0}, {("medium_confidence",): "reversed"}),
    ({"watch_below": 100.1}, {("watch_below",): OUT}),
    ({"under_performer_below": nan}, {("under_performer_below",): OUT}),
    ({"under_performer_percentile": -0.1}, {("under_performer_percentile",): OUT}),
    ({"outlier_score": 0.0}, {("outlier_score",): OUT}),
    ({"outlier_score": inf}, {("outlier_score",): OUT}),
    ({"outlier_profile_probability": 1.0}, {("outlier_profile_probability",): OUT}),
    ({"outlier_profile_probability": 0.0}, {("outlier_profile_probability",): OUT}),
    ({"fence": nan, "far_fence": 1e300}, {("fence",): OUT, ("far_fence",): OUT}),
    ({"fence": 3.5}, {("far_fence",): "reversed"}),
)  # fmt: skip


@pytest.mark.parametrize(("said", "flaws"), WRONG)
def test_every_wrong_limit_is_named(
    said: dict[str, Any], flaws: dict[tuple[str, ...], str]
) -> None:
    with pytest.raises(InvalidFields) as refused:
        HealthModel(thresholds=Thresholds(**said))
    found = {flaw.path: flaw.code for flaw in refused.value.flaws}
    assert found == {("thresholds", *path): code for path, code in flaws.items()}


def test_a_refused_bound_is_told_with_the_one_above() -> None:
    with pytest.raises(InvalidFields, match="must be under the 60 of B"):
        HealthModel(thresholds=Thresholds(GradeBounds(c=60.0)))


@pytest.mark.parametrize("name", sorted(set(fields_dict(Thresholds)) - {"grades"}))
def test_no_limit_may_be_no_number(name: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        # Any field by its name, some of which are no numbers but hold some.
        HealthModel(thresholds=Thresholds(**{name: nan}))  # type: ignore[arg-type]
    assert ("thresholds", name) in {flaw.path for flaw in refused.value.flaws}
