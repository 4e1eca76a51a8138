"""Attribution: what models share out, and what they are known to say."""

import json
from collections import defaultdict
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidFields
from sightline.domain.events import Leaf, Op, Scope
from sightline.domain.questions import History
from sightline.domain.questions.attribution import (
    AttributionModel,
    AttributionQuery,
    Conversion,
    ConversionsQuery,
    ConvertedPath,
    Counting,
    Outcomes,
    PositionWeights,
    QualifyingConversion,
    Touchpoint,
    decayed_shares,
    path_shares,
    position_shares,
    rate_game,
    removal_effects,
    shared_by_effect,
)
from sightline.testing.strategies import (
    asking_instants,
    attribution_histories,
    attribution_queries,
    conversions_queries,
    converted_paths,
    outcomes,
)

from .attribution_cases import CASES, NOON, PUBLISHED, QUESTION, history_of, outcomes_of, told

BY_PATH = [model for model in AttributionModel if not model.of_whole]
SHARING = [model for model in BY_PATH if model is not AttributionModel.PARTICIPATION]


# What published software says of fifty journeys.


@pytest.mark.parametrize(("case", "model"), PUBLISHED.items())
def test_fifty_journeys_are_credited_as_published_software_does(
    case: str, model: AttributionModel
) -> None:
    expected = CASES[case]["expected"]
    answer = QUESTION.reference(history_of(CASES[case]), NOON)
    assert answer.conversions == expected["total"]
    assert credit_of(answer, model) == pytest.approx(expected["credit"], rel=1e-9)


def test_a_chain_has_the_published_removal_effects() -> None:
    case = CASES["markov_order1_self_loops_dropped"]
    chain = removal_effects(outcomes_of(case))
    assert chain is not None
    assert chain.conversion_rate == Fraction(case["expected"]["p_conversion_exact"])
    told = {value: float(effect) for value, effect in chain.effects.items()}
    assert told == pytest.approx(case["expected"]["removal_effect"], rel=1e-9)


def test_the_game_of_rates_has_the_values_of_all_orders() -> None:
    case = CASES["shapley_conversion_rate_game"]
    game = rate_game(outcomes_of(case))
    assert game is not None
    exact = case["expected"]["exact"]
    assert game.added == {value: Fraction(added) for value, added in exact.items()}
    assert float(game.conversion_rate) == case["expected"]["grand_value"]


# What holds for every path.


@given(converted_paths(), st.sampled_from(SHARING))
def test_what_a_conversion_is_credited_with_adds_up_to_it(
    path: ConvertedPath, model: AttributionModel
) -> None:
    shares = path_shares(QUESTION, model, path)
    rounded = {AttributionModel.POSITION_BASED, AttributionModel.TIME_DECAY}
    assert sum(shares.values()) == 1 or model in rounded
    assert float(sum(shares.values())) == pytest.approx(1, rel=1e-15)
    assert set(shares) <= set(path.values)
    assert all(share >= 0 for share in shares.values())


@given(converted_paths(), st.sampled_from(BY_PATH))
def test_a_path_of_one_value_gives_it_everything(
    path: ConvertedPath, model: AttributionModel
) -> None:
    alone = evolve(path, touches=tuple(evolve(one, value="ads") for one in path.touches))
    assert {k: float(v) for k, v in path_shares(QUESTION, model, alone).items()} == {
        "ads": pytest.approx(1, rel=1e-15)
    }


@given(converted_paths(), st.sampled_from(BY_PATH))
def test_other_names_get_the_same_credit(path: ConvertedPath, model: AttributionModel) -> None:
    named = {value: f"direct{at}" for at, value in enumerate(sorted(set(path.values)))}
    direct = tuple(named[value] for value in named if QUESTION.is_direct(value))
    renamed = evolve(
        path, touches=tuple(evolve(one, value=named[one.value]) for one in path.touches)
    )
    other = evolve(QUESTION, direct_values=direct)
    assert path_shares(other, model, renamed) == {
        named[value or ""]: share for value, share in path_shares(QUESTION, model, path).items()
    }


@given(converted_paths())
def test_participation_credits_each_different_value_once(path: ConvertedPath) -> None:
    shares = path_shares(QUESTION, AttributionModel.PARTICIPATION, path)
    assert shares == dict.fromkeys(path.values, 1)


@given(converted_paths())
def test_the_closed_form_is_the_shapley_value_of_the_game_it_names(path: ConvertedPath) -> None:
    """A set wins the one conversion if it holds its path: all or nothing, as the rate is."""
    game = rate_game({path.values: (1, 0)})
    assert game is not None
    assert path_shares(QUESTION, AttributionModel.SHAPLEY, path) == game.added


@given(converted_paths())
def test_decay_becomes_even_as_half_lives_grow_and_the_last_touch_as_they_shrink(
    path: ConvertedPath,
) -> None:
    even = decayed_shares(path.touches, timedelta(days=36_500_000))
    assert [float(share) for share in even] == pytest.approx([1 / len(even)] * len(even), rel=1e-6)
    newest = [touch.at == path.touches[-1].at for touch in path.touches]
    last = decayed_shares(path.touches, timedelta(microseconds=1))
    assert [float(share) for share in last] == pytest.approx([one / sum(newest) for one in newest])


@given(converted_paths(least=2))
def test_a_touch_one_half_life_older_gets_half(path: ConvertedPath) -> None:
    older, newer = path.touches[0], path.touches[1]
    assume(older.at < newer.at)
    shares = decayed_shares(path.touches, newer.at - older.at)
    assert float(shares[0] / shares[1]) == pytest.approx(0.5, rel=1e-15)


def test_positions_give_forty_twenty_forty() -> None:
    assert floats(position_shares(1, PositionWeights())) == [1.0]
    assert floats(position_shares(2, PositionWeights(0.6, 0.2))) == pytest.approx([0.75, 0.25])
    assert floats(position_shares(4, PositionWeights())) == pytest.approx([0.4, 0.1, 0.1, 0.4])
    assert floats(position_shares(2, PositionWeights(0, 0))) == [0.5, 0.5]


# What holds for every set of journeys.


@given(outcomes())
def test_a_chain_converts_as_often_as_its_journeys(found: Outcomes) -> None:
    chain = removal_effects(found)
    converted, lost = map(sum, zip(*found.values(), strict=True)) if found else (0, 0)
    assert (chain and chain.conversion_rate) == (
        Fraction(converted, converted + lost) if found else None
    )


@given(outcomes())
def test_removal_effects_lie_between_nothing_and_everything(found: Outcomes) -> None:
    chain = removal_effects(found)
    assume(chain is not None)
    assert chain is not None
    assert all(0 <= effect <= 1 for effect in chain.effects.values())
    if chain.conversion_rate:
        assert sum(shared_by_effect(chain.effects).values()) == 1


@given(outcomes())
def test_repeats_in_a_row_change_no_removal_effect(found: Outcomes) -> None:
    repeated: dict[tuple[str, ...], tuple[int, int]] = {}
    for path, counts in found.items():
        twice = tuple(value for value in path for _ in range(2))
        before = repeated.get(twice, (0, 0))
        repeated[twice] = (before[0] + counts[0], before[1] + counts[1])
    assert removal_effects(repeated) == removal_effects(found)


@given(outcomes())
def test_twice_the_journeys_have_the_same_effects(found: Outcomes) -> None:
    doubled = {path: (2 * won, 2 * lost) for path, (won, lost) in found.items()}
    assert removal_effects(doubled) == removal_effects(found)
    assert rate_game(doubled) == rate_game(found)


@given(outcomes())
def test_values_of_the_game_add_up_to_the_rate(found: Outcomes) -> None:
    game = rate_game(found)
    assume(game is not None)
    assert game is not None
    assert sum(game.added.values()) == game.conversion_rate


# What holds for every history.


@given(attribution_histories(), attribution_queries(), asking_instants())
def test_credits_add_up_to_what_there_is_to_share(
    history: History, question: AttributionQuery, now: datetime
) -> None:
    answer = question.reference(history, now)
    total = answer.conversions if answer.value is None else answer.value
    for model in answer.models:
        if model.model is not AttributionModel.PARTICIPATION:
            assert sum(one.credit for one in model.credits) == pytest.approx(total, abs=1e-9)


@given(attribution_histories(), attribution_queries(), asking_instants())
def test_the_order_of_acknowledged_events_in_a_list_does_not_matter(
    history: History, question: AttributionQuery, now: datetime
) -> None:
    turned = evolve(history, events=history.events[::-1])
    assert question.reference(turned, now) == question.reference(history, now)


@given(attribution_histories(), attribution_queries(), asking_instants())
def test_twice_the_users_get_twice_the_credit(
    history: History, question: AttributionQuery, now: datetime
) -> None:
    twins = [
        evolve(one, user_id=f"twin of {one.user_id}", position=one.position + 1_000)
        for one in history.events
    ]
    users = {f"twin of {user}": known for user, known in history.users.items()}
    doubled = History((*history.events, *twins), {**history.users, **users})
    single, double = question.reference(history, now), question.reference(doubled, now)
    assert double.conversions == 2 * single.conversions
    for once, twice in zip(single.models, double.models, strict=True):
        assert {one.value: one.credit for one in twice.credits} == {
            one.value: pytest.approx(2 * one.credit, rel=1e-12) for one in once.credits
        }


@given(attribution_histories(), attribution_queries(), asking_instants())
def test_a_longer_lookback_leaves_no_more_conversions_untouched(
    history: History, question: AttributionQuery, now: datetime
) -> None:
    longer = evolve(question, lookback=question.lookback + timedelta(hours=6))
    before, after = question.reference(history, now), longer.reference(history, now)
    assert after.conversions == before.conversions
    assert after.untouched <= before.untouched


@given(attribution_histories(), conversions_queries(), asking_instants())
def test_pages_add_up_to_the_credits_of_the_whole(
    history: History, question: ConversionsQuery, now: datetime
) -> None:
    page: ConversionsQuery | None = evolve(question, after=None)
    told: defaultdict[tuple[AttributionModel, bool, str], float] = defaultdict(float)
    pages = 0
    while page is not None:
        found = page.reference(history, now)
        pages += 1
        for conversion in found.conversions:
            for single in conversion.models:
                for one in single.credits or ():
                    told[single.model, one.touched, one.value] += one.credit
        page = evolve(page, after=found.following) if found.following else None
    whole = question.query.reference(history, now)
    for model in whole.models:
        if not model.model.of_whole:
            for credit in model.credits:
                total = told[model.model, credit.touched, credit.value]
                assert total == pytest.approx(credit.credit, abs=1e-9)
    assert pages == max(1, -(-whole.conversions // question.limit))


# What users ask about edges.


def test_touches_count_at_both_ends_of_the_lookback_and_not_beside_them() -> None:
    question = evolve(QUESTION, lookback=timedelta(hours=6), models=(AttributionModel.LINEAR,))
    hour, beside = timedelta(hours=1), timedelta(microseconds=1)
    history = told(
        ("u1", "visit", NOON - 6 * hour - beside, {"channel": "too early"}),
        ("u1", "visit", NOON - 6 * hour, {"channel": "at the start"}),
        ("u1", "pay", NOON, {}),
        ("u1", "visit", NOON, {"channel": "at the end"}),
        ("u1", "visit", NOON + beside, {"channel": "too late"}),
        ("u2", "visit", NOON, {"channel": "somebody else's"}),
    )
    assert credit_of(question.reference(history, NOON), AttributionModel.LINEAR) == {
        "at the start": 0.5,
        "at the end": 0.5,
    }


def test_touches_before_the_range_count_and_conversions_beside_it_do_not() -> None:
    start = QUESTION.range.window.start
    history = told(
        ("u1", "visit", start - timedelta(days=2), {"channel": "ads"}),
        ("u1", "pay", start - timedelta(microseconds=1), {}),
        ("u1", "pay", start, {}),
        ("u1", "pay", QUESTION.range.window.end, {}),
    )
    assert credit_of(QUESTION.reference(history, NOON), AttributionModel.LINEAR) == {"ads": 1.0}


def test_touches_of_the_conversion_before_count_again_unless_told_otherwise() -> None:
    hour = timedelta(hours=1)
    history = told(
        ("u1", "visit", NOON - 3 * hour, {"channel": "ads"}),
        ("u1", "pay", NOON - 2 * hour, {}),
        ("u1", "visit", NOON - hour, {"channel": "mail"}),
        ("u1", "pay", NOON, {}),
    )
    linear = AttributionModel.LINEAR
    since = evolve(QUESTION, since_previous_conversion=True)
    assert credit_of(QUESTION.reference(history, NOON), linear) == {"ads": 1.5, "mail": 0.5}
    assert credit_of(since.reference(history, NOON), linear) == {"ads": 1.0, "mail": 1.0}


def test_direct_is_passed_over_while_there_is_anything_else() -> None:
    hour = timedelta(hours=1)
    history = told(
        ("u1", "visit", NOON - 3 * hour, {"channel": "ads"}),
        ("u1", "visit", NOON - 2 * hour, {"channel": "Direct"}),
        ("u1", "visit", NOON - hour, {}),
        ("u1", "pay", NOON, {}),
        ("u2", "visit", NOON - hour, {"channel": "Direct"}),
        ("u2", "pay", NOON, {}),
    )
    answer = QUESTION.reference(history, NOON)
    assert credit_of(answer, AttributionModel.LAST_NON_DIRECT) == {
        "ads": 1.0,
        "Direct": 1.0,
        "": 0.0,
    }


def test_a_conversion_that_nothing_touched_is_told_apart_from_a_value_of_that_name() -> None:
    history = told(
        ("u1", "visit", NOON, {"channel": "(none)"}),
        ("u1", "pay", NOON, {}),
        ("u2", "pay", NOON, {}),
        ("u3", "pay", NOON, {}),
    )
    (linear,) = evolve(QUESTION, models=(AttributionModel.LINEAR,)).reference(history, NOON).models
    assert [(one.value, one.touched, one.credit, one.share) for one in linear.credits] == [
        ("(none)", False, 2.0, 2 / 3),
        ("(none)", True, 1.0, 1 / 3),
    ]


def test_one_conversion_of_each_user_is_credited_with_its_own_value() -> None:
    history = told(
        ("u1", "visit", NOON, {"channel": "ads"}),
        ("u1", "pay", NOON, {"amount": 10}),
        ("u1", "pay", NOON + timedelta(days=1), {"amount": 30}),
        ("u2", "pay", NOON, {"amount": "7"}),
    )
    valued = evolve(QUESTION, conversion=Conversion("pay", value_property="amount"))
    unique = evolve(valued, counting=Counting.UNIQUE_USERS)
    first = evolve(unique, qualifying_conversion=QualifyingConversion.FIRST)
    answers = [one.reference(history, NOON) for one in (valued, unique, first)]
    assert [(one.conversions, one.value) for one in answers] == [(3, 40.0), (2, 30.0), (2, 10.0)]
    assert [one.without_value for one in answers] == [1, 1, 1]


def test_journeys_that_did_not_convert_are_cut_by_the_lookback_and_may_be_open() -> None:
    day = timedelta(days=1)
    question = evolve(QUESTION, lookback=3 * day)
    history = told(
        ("u1", "visit", NOON - 7 * day, {"channel": "ads"}),
        ("u1", "visit", NOON - 3 * day, {"channel": "ads"}),
        ("u1", "visit", NOON, {"channel": "mail"}),
        ("u2", "visit", NOON, {"channel": "ads"}),
        ("u2", "pay", NOON, {}),
    )
    answer = question.reference(history, NOON + 2 * day)
    assert (answer.unconverted, answer.unconverted_open) == (2, 1)
    rates = {one.model: one.conversion_rate for one in answer.models}
    assert rates[AttributionModel.MARKOV] == rates[AttributionModel.SHAPLEY_RATE] == 1 / 3
    assert rates[AttributionModel.LINEAR] is None


def test_filters_of_the_question_hold_for_conversions_and_touches() -> None:
    history = History(
        told(
            ("u1", "visit", NOON, {"channel": "ads"}),
            ("u1", "pay", NOON, {}),
            ("u2", "pay", NOON, {}),
        ).events,
        {"u1": {"role": "admin"}},
    )
    admins = Leaf("role", Op.EQ, "admin", Scope.USER)
    question = evolve(QUESTION, filters=admins)
    assert question.attributes() == {"role"}
    assert question.reference(history, NOON).conversions == 1


# What is refused, and what is said.


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidFields) as error:
        evolve(
            QUESTION,
            lookback=timedelta(0),
            half_life=timedelta(days=-1),
            models=(AttributionModel.LINEAR, AttributionModel.LINEAR),
            direct_values=("d",) * 51,
        )
    assert [(flaw.path, flaw.code) for flaw in error.value.flaws] == [
        (("lookback",), "out_of_range"),
        (("half_life",), "out_of_range"),
        (("models",), "models"),
        (("direct_values",), "too_many"),
    ]


@pytest.mark.parametrize("weights", [(-0.1, 0.5), (0.7, 0.7), (float("nan"), 0.1), (0, 1.1)])
def test_weights_that_are_no_shares_are_refused(weights: tuple[float, float]) -> None:
    with pytest.raises(InvalidFields):
        PositionWeights(*weights)


def test_impossible_names_and_pages_are_refused() -> None:
    with pytest.raises(InvalidFields, match="property"):
        Touchpoint("visit", property="")
    with pytest.raises(InvalidFields, match="value_property"):
        Conversion("pay", value_property="x" * 129)
    with pytest.raises(InvalidFields, match="event_type"):
        Conversion("")
    with pytest.raises(InvalidFields, match="limit"):
        ConversionsQuery(QUESTION, 1_001)


def test_rules_say_every_default_in_json() -> None:
    rules = QUESTION.rules()
    assert json.loads(json.dumps(rules)) == rules
    assert rules["lookback"] == "P30D"
    assert rules["half_life"] == "P7D"
    assert rules["weights"] == {"first": 0.4, "last": 0.4}
    assert rules["counting"] == "conversions"
    assert rules["direct_values"] == ["", "direct", "(direct)"]
    assert rules["touches_of_earlier_conversions"] == "count again"


def test_a_question_reaches_as_far_as_its_touches() -> None:
    reach, window = QUESTION.reach(), QUESTION.range.window
    assert (reach.start, reach.end) == (window.start - timedelta(days=30), window.end)
    assert reach.types == frozenset({"pay", "visit"})
    assert evolve(QUESTION, conversion=Conversion()).reach().types is None


def test_an_answer_is_complete_up_to_now_or_the_end_of_the_range() -> None:
    end = QUESTION.range.window.end
    assert QUESTION.complete_until(NOON) == NOON
    assert QUESTION.complete_until(end + timedelta(days=1)) == end


def credit_of(answer: Any, model: AttributionModel) -> dict[str, float]:
    (found,) = (one for one in answer.models if one.model is model)
    return {one.value: one.credit for one in found.credits}


def floats(shares: Any) -> list[float]:
    return [float(share) for share in shares]
