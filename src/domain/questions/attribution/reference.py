"""The answer to an attribution question over a list of events."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from ..patterns import History
from .chain import removal_effects, shared_by_effect
from .coalitions import rate_game
from .figures import AttributionFigures, ModelCredits, check_size, model_credits
from .journeys import ConvertedPath, Journeys, journeys
from .options import AttributionModel
from .shares import path_shares

if TYPE_CHECKING:
    from .query import AttributionQuery


def attribution(
    question: "AttributionQuery", history: History, now: datetime
) -> AttributionFigures:
    """The figures that `AttributionQuery` asks for."""
    return attribution_of(question, journeys(question, history), now)


def attribution_of(
    question: "AttributionQuery", found: Journeys, now: datetime
) -> AttributionFigures:
    """The figures that journeys come to."""
    credited = {value for path in found.converted for value in path.values}
    lost = {touch.value for journey in found.unconverted for touch in journey}
    check_size(question.models, len(credited), credited | lost)
    valued = question.conversion.value_property is not None
    total = sum((weight(question, path) for path in found.converted), Fraction())
    last = min(now, question.range.window.end)
    still_open = sum(one[-1].at + question.lookback >= last for one in found.unconverted)
    return AttributionFigures(
        tuple(_credits(question, model, found, total) for model in question.models),
        len(found.converted),
        float(total) if valued else None,
        sum(not path.touches for path in found.converted),
        sum(path.value is None for path in found.converted) if valued else 0,
        len(found.unconverted) if question.of_journeys else None,
        still_open if question.of_journeys else None,
    )


def weight(question: "AttributionQuery", path: ConvertedPath) -> Fraction:
    """What there is to share of a conversion."""
    if question.conversion.value_property is None:
        return Fraction(1)
    return Fraction(path.value or 0)


def _credits(
    question: "AttributionQuery", model: AttributionModel, found: Journeys, total: Fraction
) -> ModelCredits:
    if model.of_whole:
        return _of_whole(question, model, found, total)
    credited: dict[str | None, Fraction] = defaultdict(Fraction)
    for path in found.converted:
        credited |= {value: credited[value] for value in path.values}
        for value, share in path_shares(question, model, path).items():
            credited[value] += share * weight(question, path)
    return model_credits(model, _floats(credited), float(total))


def _of_whole(
    question: "AttributionQuery", model: AttributionModel, found: Journeys, total: Fraction
) -> ModelCredits:
    """Credits of all conversions that something touched, in proportion to the effects."""
    rate, effects = _effects(model, found)
    alone = [path for path in found.converted if not path.touches]
    untouched = sum((weight(question, path) for path in alone), Fraction())
    shared = shared_by_effect(effects)
    credited: dict[str | None, Fraction] = {
        value: share * (total - untouched) for value, share in shared.items()
    }
    if alone:
        credited[None] = untouched
    told = {value: float(effect) for value, effect in effects.items()}
    return model_credits(
        model, _floats(credited), float(total), told, None if rate is None else float(rate)
    )


def _effects(
    model: AttributionModel, found: Journeys
) -> tuple[Fraction | None, Mapping[str, Fraction]]:
    outcomes = found.outcomes()
    if model is AttributionModel.MARKOV:
        chain = removal_effects(outcomes)
        return (chain.conversion_rate, chain.effects) if chain else (None, {})
    game = rate_game(outcomes)
    return (game.conversion_rate, game.added) if game else (None, {})


def _floats(credited: Mapping[str | None, Fraction]) -> dict[str | None, float]:
    return {value: float(credit) for value, credit in credited.items()}
