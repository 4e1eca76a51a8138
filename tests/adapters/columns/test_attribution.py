"""Whole columns say what the reference says, whatever is asked."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.adapters.columns import Wanted, columns_of
from sightline.adapters.columns.attribution import answer, conversions, path, wanted
from sightline.adapters.columns.attribution.stretches import Prefix
from sightline.domain.errors import InvalidFields
from sightline.domain.events import Event
from sightline.domain.questions import History
from sightline.domain.questions.attribution import (
    AttributionFigures,
    AttributionModel,
    AttributionQuery,
    Conversion,
    ConversionCredits,
    ConversionsQuery,
    Counting,
    ModelCredits,
    Touchpoint,
)
from sightline.testing.strategies import (
    asking_instants,
    attribution_histories,
    attribution_queries,
    conversions_queries,
)

from ...domain.questions.attribution_cases import CASES, NOON, PUBLISHED, QUESTION, history_of

MARCH = QUESTION.range


@given(attribution_histories(), attribution_queries(), asking_instants())
def test_columns_say_what_the_reference_says(
    history: History, question: AttributionQuery, now: datetime
) -> None:
    told = answer(question, columns_of(history, wanted(question)), now)
    assert_same(told, question.reference(history, now))


def test_fifty_journeys_are_credited_as_published_software_does() -> None:
    history = history_of(CASES["linear"])
    told = answer(QUESTION, columns_of(history, wanted(QUESTION)), NOON)
    by_model = {model.model: model for model in told.models}
    for case, model in PUBLISHED.items():
        expected = CASES[case]["expected"]
        assert credit_of(by_model[model]) == pytest.approx(expected["credit"], rel=1e-9)
    added = {one.value: one.effect for one in by_model[AttributionModel.SHAPLEY_RATE].credits}
    expected = CASES["shapley_conversion_rate_game"]["expected"]
    assert added == pytest.approx(expected["value"], rel=1e-9)


@given(attribution_histories(), conversions_queries(), asking_instants())
def test_pages_of_conversions_are_those_of_the_reference(
    history: History, question: ConversionsQuery, now: datetime
) -> None:
    columns = columns_of(history, conversions.wanted(question))
    told, reference = conversions.answer(question, columns, now), question.reference(history, now)
    assert told.following == reference.following
    assert list(map(rounded, told.conversions)) == list(map(rounded, reference.conversions))


def test_an_answer_of_nothing_is_an_answer() -> None:
    question = asked(tuple(AttributionModel))
    told = answer(question, columns_of(History(()), wanted(question)), NOON)
    assert told == question.reference(History(()), NOON)
    assert [one.credits for one in told.models] == [()] * len(AttributionModel)


def test_a_tiny_credit_beside_huge_ones_is_told_to_nine_digits() -> None:
    dear = [Event("v", "u1", "visit", NOON, {"channel": "dear"}, NOON, None, 1)]
    dear += [pay(at, "u1", 9e15) for at in range(2, 60)]
    cheap = [Event("c", "u2", "visit", NOON, {"channel": "cheap"}, NOON, None, 60)]
    cheap += [pay(61, "u2", 1e-9)]
    history = History((*dear, *cheap))
    question = asked((AttributionModel.LINEAR, AttributionModel.TIME_DECAY), value="amount")
    told = answer(question, columns_of(history, wanted(question)), NOON)
    for model in told.models:
        assert credit_of(model)["cheap"] == pytest.approx(1e-9, rel=1e-9)


def test_thousands_of_events_of_one_instant_are_answered_at_once() -> None:
    events = [
        Event(
            f"e{at}",
            "u1",
            ("visit", "pay")[at % 2],
            NOON,
            {"channel": f"c{at % 7}"},
            NOON,
            None,
            at,
        )
        for at in range(1, 4_001)
    ]
    history = History(tuple(events))
    question = asked((AttributionModel.LINEAR, AttributionModel.PARTICIPATION))
    linear, participation = answer(question, columns_of(history, wanted(question)), NOON).models
    assert sum(credit_of(linear).values()) == pytest.approx(2_000, rel=1e-12)
    assert set(credit_of(participation).values()) == {2_000.0}


def test_more_values_than_a_model_takes_are_refused_with_their_number() -> None:
    events = [
        Event(f"e{at}", "u1", "visit", NOON, {"channel": f"c{at}"}, NOON, None, at)
        for at in range(1, 18)
    ]
    question = asked((AttributionModel.MARKOV, AttributionModel.SHAPLEY_RATE))
    history = History((*events, pay(18, "u1", 1)))
    columns = columns_of(history, wanted(question))
    message = r"shapley_rate takes at most 16 values.* 17;"
    with pytest.raises(InvalidFields, match=message) as refused:
        answer(question, columns, NOON)
    assert [flaw.path for flaw in refused.value.flaws] == [("models", 1)]
    with pytest.raises(InvalidFields, match=message):
        question.reference(history, NOON)


def test_only_the_range_and_a_lookback_before_it_are_read() -> None:
    question = asked((AttributionModel.LINEAR,))
    read = wanted(question)
    assert isinstance(read, Wanted)
    assert read.start == MARCH.window.start - timedelta(days=30)
    assert read.end == MARCH.window.end
    assert path(question) == "vectorised"
    assert conversions.path(ConversionsQuery(question)) == "vectorised"


@given(st.lists(st.sampled_from((0.0, 1.0, -1.0, 1e-12, 1 / 3, 9e15)), min_size=1, max_size=30))
def test_sums_of_stretches_are_as_exact_as_if_nothing_were_around_them(
    numbers: list[float],
) -> None:
    every = np.arange(len(numbers))
    told = Prefix.of(np.array(numbers)).between(every, every + 1)
    assert told == pytest.approx(numbers, rel=1e-9, abs=1e-30 * max(map(abs, numbers)))


def test_unique_users_are_credited_once_each() -> None:
    events = [Event("v", "u1", "visit", NOON, {"channel": "ads"}, NOON, None, 1)]
    history = History((*events, pay(2, "u1", 5), pay(3, "u1", 7)))
    question = AttributionQuery(
        MARCH,
        Conversion("pay", value_property="amount"),
        Touchpoint("visit", property="channel"),
        counting=Counting.UNIQUE_USERS,
    )
    told = answer(question, columns_of(history, wanted(question)), NOON)
    assert (told.conversions, told.value) == (1, 7.0)


def asked(models: tuple[AttributionModel, ...], value: str | None = None) -> AttributionQuery:
    conversion = Conversion("pay", value_property=value)
    return AttributionQuery(
        MARCH, conversion, Touchpoint("visit", property="channel"), models=models
    )


def pay(position: int, user: str, amount: float) -> Event:
    at = NOON + timedelta(hours=1)
    return Event(f"e{position}", user, "pay", at, {"amount": amount}, at, None, position)


def credit_of(model: ModelCredits) -> Mapping[str, float]:
    return {one.value: one.credit for one in model.credits}


def assert_same(told: AttributionFigures, reference: AttributionFigures) -> None:
    """Counts alike, floats to nine digits of what there was to share."""
    for one in ("conversions", "value", "untouched", "without_value"):
        assert getattr(told, one) == getattr(reference, one)
    assert (told.unconverted, told.unconverted_open) == (
        reference.unconverted,
        reference.unconverted_open,
    )
    for own, other in zip(told.models, reference.models, strict=True):
        assert own.model is other.model
        assert own.conversion_rate == near(other.conversion_rate)
        assert [(one.value, one.touched) for one in own.credits] == [
            (one.value, one.touched) for one in other.credits
        ]
        for credit, expected in zip(own.credits, other.credits, strict=True):
            assert credit.credit == near(expected.credit)
            assert credit.share == near(expected.share)
            assert credit.effect == near(expected.effect)


def rounded(conversion: ConversionCredits) -> ConversionCredits:
    """The same with credits to twelve digits behind the point."""
    models = [
        evolve(
            one,
            credits=one.credits
            and tuple(evolve(c, credit=round(c.credit, 12)) for c in one.credits),
        )
        for one in conversion.models
    ]
    return evolve(conversion, models=tuple(models))


def near(expected: float | None) -> object:
    return None if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-12)
