"""Models that share the credit of one conversion among the touches on its path.

Shares are fractions that add up to exactly 1, but for `participation`, and for `time_decay` and
`position_based`, whose weights are rounded as any double is.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from math import fsum
from typing import TYPE_CHECKING

from .journeys import ConvertedPath, Touch
from .options import AttributionModel, PositionWeights

if TYPE_CHECKING:
    from .query import AttributionQuery

_NOTHING = Fraction(0)
_ALL = Fraction(1)


def path_shares(
    question: "AttributionQuery", model: AttributionModel, path: ConvertedPath
) -> dict[str | None, Fraction]:
    """What each value on a path gets of its conversion; None, for no touch, gets all of it.

    Args:
        question: Weights, half-life and direct values.
        model: Any that credits single conversions.
        path: The conversion.

    References:
        `shapley` is the Shapley value of the game in which a set of values wins the conversions
        whose values all lie in it: each path is shared equally among its different values.
    """
    if not path.touches:
        return {None: _ALL}
    different = dict.fromkeys(path.values)
    if model is AttributionModel.PARTICIPATION:
        return dict.fromkeys(different, _ALL)
    if model is AttributionModel.SHAPLEY:
        return dict.fromkeys(different, Fraction(1, len(different)))
    shared: dict[str | None, Fraction] = defaultdict(Fraction)
    for value, share in zip(path.values, touch_shares(question, model, path), strict=True):
        shared[value] += share
    return dict(shared)


def touch_shares(
    question: "AttributionQuery", model: AttributionModel, path: ConvertedPath
) -> Sequence[Fraction]:
    """What each touch of a path, which has at least one, gets of its conversion; adds up to 1.

    Raises:
        ValueError: If the model does not credit touch by touch.
    """
    count = len(path.touches)
    match model:
        case AttributionModel.FIRST_TOUCH:
            return _only(count, 0)
        case AttributionModel.LAST_TOUCH:
            return _only(count, count - 1)
        case AttributionModel.LAST_NON_DIRECT:
            others = [at for at in range(count) if not question.is_direct(path.values[at])]
            return _only(count, max(others, default=count - 1))
        case AttributionModel.LINEAR:
            return [Fraction(1, count)] * count
        case AttributionModel.POSITION_BASED:
            return position_shares(count, question.weights)
        case AttributionModel.TIME_DECAY:
            return decayed_shares(path.touches, question.half_life)
        case _:
            raise ValueError(f"{model} does not credit touch by touch")


def position_shares(count: int, weights: PositionWeights) -> Sequence[Fraction]:
    """Shares by place: first, last, and the rest equally; of two, scaled to sum to 1.

    Args:
        count: How many touches there are, at least 1.
        weights: Of first and last; where both are 0, two touches get half each.

    >>> [str(share) for share in position_shares(4, PositionWeights(0.25, 0.25))]
    ['1/4', '1/4', '1/4', '1/4']
    """
    first, last = Fraction(weights.first), Fraction(weights.last)
    if count == 1:
        return [_ALL]
    if count == 2:
        both = first + last
        return [first / both, last / both] if both else [Fraction(1, 2)] * 2
    return [first, *[(1 - first - last) / (count - 2)] * (count - 2), last]


def decayed_shares(touches: Sequence[Touch], half_life: timedelta) -> Sequence[Fraction]:
    """Shares that halve with every half-life before the newest touch.

    Ages count from the newest touch instead of the conversion: the shares are the same, and no
    path is so old that nothing is left to share.
    """
    newest = touches[-1].at
    weights = [2.0 ** -((newest - touch.at) / half_life) for touch in touches]
    total = fsum(weights)
    return [Fraction(weight / total) for weight in weights]


def _only(count: int, credited: int) -> Sequence[Fraction]:
    return [_ALL if at == credited else _NOTHING for at in range(count)]
