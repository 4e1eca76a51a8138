"""How far a rank may be relied upon: the same portfolio scored with other weights and values."""

from collections.abc import Mapping, Sequence
from math import sqrt
from random import Random
from typing import NamedTuple

from attrs import frozen

from ..errors import InvalidInput
from ..identifiers import PropertyId
from .health_arithmetic import combined_value, sub_score
from .health_evidence import HealthInputs
from .health_model import HealthModel
from .health_ranking import competition_ranks
from .health_score import health_line

DRAWS = 1_000
"""Portfolios that are drawn. [1]"""

CONCENTRATION = 50.0
"""How closely drawn weights keep to the model's: a weight of .30 varies by .064. [1]"""

MOST_SCORINGS = 5_000_000
"""Properties times draws that are answered at once. [1]"""


@frozen(slots=False)
class RankBand:
    """Where a property's rank lies in 90 of 100 drawn portfolios.

    Args:
        id: The property.
        best: 5 % of the ranks lie before this one.
        worst: 5 % of them lie behind this one.
    """

    id: PropertyId
    best: int
    worst: int


def weight_spread(weight: float, concentration: float = CONCENTRATION) -> float:
    """Standard deviation of a drawn weight. [1]

    Args:
        weight: Of weights that sum to 1.
        concentration: Over 0.

    >>> round(weight_spread(0.3), 6)
    0.064169
    """
    return sqrt(weight * (1 - weight) / (concentration + 1))


def drawn_weights(
    weights: Sequence[float], random: Random, concentration: float = CONCENTRATION
) -> tuple[float, ...]:
    """Weights from a Dirichlet distribution around the given ones; they sum to 1.

    Args:
        weights: Over 0, summing to 1.
        random: Source of chance; the same seed gives the same weights.
        concentration: Over 0.
    """
    shares = [random.gammavariate(concentration * weight, 1.0) for weight in weights]
    total = sum(shares)
    # Tiny weights may all be drawn as 0.
    return tuple(share / total for share in shares) if total > 0 else tuple(weights)


def rank_bands(
    model: HealthModel,
    inputs: Mapping[PropertyId, HealthInputs],
    random: Random,
    draws: int = DRAWS,
    concentration: float = CONCENTRATION,
) -> tuple[RankBand, ...]:
    """Where the ranks lie if weights and values were a little different, in the given order.

    Each draw takes one set of weights for all and moves every known metric of every
    property within its standard error; momentum stays. Properties without a score are
    left out. What is missing is not drawn: such ranks are less certain than their band.

    Args:
        model: The tenant's numbers.
        inputs: Every property of the portfolio.
        random: Source of chance; the same seed gives the same bands.
        draws: Portfolios that are drawn, at least 20.
        concentration: How closely drawn weights keep to the model's, over 0.

    Raises:
        InvalidInput: If there are too few draws, or properties times draws are over
            five million.
    """
    drawn = {
        identifier: one
        for identifier, each in inputs.items()
        if (one := _drawn(model, each)) is not None
    }
    return drawn_bands(model, drawn, random, draws, concentration)


class DrawnScore(NamedTuple):
    """What a drawing needs of one score.

    Args:
        z: Of every metric of the plan, None where it is missing. [1]
        errors: Their standard errors. [1]
        momentum: Score of the history alone; None where it does not count. [points]
    """

    z: tuple[float | None, ...]
    errors: tuple[float, ...]
    momentum: float | None


def drawn_bands(
    model: HealthModel,
    drawn: Mapping[PropertyId, DrawnScore],
    random: Random,
    draws: int = DRAWS,
    concentration: float = CONCENTRATION,
) -> tuple[RankBand, ...]:
    """The same for scores that were made already.

    Args:
        model: By which they were made.
        drawn: Every property that has a score.
        random: Source of chance; the same seed gives the same bands.
        draws: Portfolios that are drawn, at least 20.
        concentration: How closely drawn weights keep to the model's, over 0.

    Raises:
        InvalidInput: If there are too few draws, or properties times draws are over
            five million.
    """
    if draws < 20:
        raise InvalidInput("at least 20 draws are needed", path=("draws",), code="too_few")
    if draws * len(drawn) > MOST_SCORINGS:
        message = f"{len(drawn)} properties times {draws} draws are more than {MOST_SCORINGS}"
        raise InvalidInput(message, path=("draws",), code="too_many")
    ranks: list[list[int]] = [[] for _ in drawn]
    for _ in range(draws):
        weights = drawn_weights(model.weights, random, concentration)
        scores = [_value(model, one, weights, random) for one in drawn.values()]
        for kept, rank in zip(ranks, competition_ranks(scores), strict=True):
            kept.append(rank)
    return tuple(
        RankBand(identifier, *_central(kept)) for identifier, kept in zip(drawn, ranks, strict=True)
    )


def _value(model: HealthModel, one: DrawnScore, weights: Sequence[float], random: Random) -> float:
    scores = [
        None if z is None else sub_score(random.gauss(z, error))
        for z, error in zip(one.z, one.errors, strict=True)
    ]
    level = combined_value(weights, scores, model.averaging, model.correlation)
    if one.momentum is None:
        return level
    return (1 - model.momentum_share) * level + model.momentum_share * one.momentum


def _drawn(model: HealthModel, inputs: HealthInputs) -> DrawnScore | None:
    line = health_line(model, inputs)
    if line.score is None:
        return None
    errors = tuple(inputs.market.errors.get(planned.metric, 0.0) for planned in model.plan)
    return DrawnScore(line.z, errors, line.momentum.value if line.momentum else None)


def _central(ranks: list[int]) -> tuple[int, int]:
    ranks.sort()
    outside = int(0.05 * len(ranks))
    return ranks[outside], ranks[-1 - outside]
