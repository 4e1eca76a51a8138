"""Credits by value of the models that share single conversions, over all paths at once."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from ....domain.questions.attribution import AttributionModel, AttributionQuery, PositionWeights
from ..columns import Bools, Codes, Doubles, Longs
from .paths import Conversions, Touches, lasting
from .stretches import Prefix, Stretches

_HALF_LIVES = 30
"""How many half-lives a block of `time_decay` lasts: weights in one differ by 2**30 at most."""


@frozen(eq=False)
class Paths:
    """Paths that have at least one touch, and what there is to share of their conversions.

    Args:
        touches: Those that are on any path.
        conversions: Those that something touched.
        weight: What each is worth, shape (n_conversions,).
        values: What the codes of touches stand for.
        codes: Those of them that touches have, ascending.
        stretches: The paths as stretches of the touches.
    """

    touches: Touches
    conversions: Conversions
    weight: Doubles
    values: Sequence[str]
    codes: Codes
    stretches: Stretches

    @staticmethod
    def of(
        touches: Touches, conversions: Conversions, weight: Doubles, values: Sequence[str]
    ) -> "Paths":
        """Paths of conversions, of which none is empty, over touches, of which each is on one."""
        codes = codes_of(touches, len(values))
        on = Stretches.of(conversions.first, conversions.end, len(touches))
        return Paths(touches, conversions, weight, values, codes, on)

    @property
    def first(self) -> Longs:
        """The first touch of each path."""
        return self.conversions.first

    @property
    def last(self) -> Longs:
        """The last touch of each path."""
        return self.conversions.end - 1

    def by_value(self, touches: Longs | slice, credit: Doubles) -> Doubles:
        """Credits of touches, by the codes of their values."""
        codes = self.touches.code[touches]
        return np.bincount(codes, credit, minlength=len(self.values)).astype(np.float64, copy=False)


def codes_of(touches: Touches, count: int) -> Codes:
    """The different codes of touches, ascending, of so many."""
    seen = np.zeros(count, np.bool_)
    seen[touches.code] = True
    return np.flatnonzero(seen).astype(np.int32)


def shared(question: AttributionQuery, model: AttributionModel, paths: Paths) -> Doubles:
    """What each value is credited with, shape (n_values,).

    Raises:
        ValueError: If the model does not share single conversions.
    """
    match model:
        case AttributionModel.LINEAR:
            evenly = paths.weight / (paths.conversions.end - paths.first)
            return paths.by_value(slice(None), paths.stretches.sums(evenly))
        case AttributionModel.POSITION_BASED:
            return _by_position(paths, question.weights)
        case AttributionModel.TIME_DECAY:
            return _decayed(paths, lasting(question.half_life))
        case AttributionModel.PARTICIPATION | AttributionModel.SHAPLEY:
            return _by_different(paths, divided=model is AttributionModel.SHAPLEY)
        case _:
            return paths.by_value(_one_touch(question, model, paths), paths.weight)


def _one_touch(question: AttributionQuery, model: AttributionModel, paths: Paths) -> Longs:
    """The touch of each path that gets everything."""
    match model:
        case AttributionModel.FIRST_TOUCH:
            return paths.first
        case AttributionModel.LAST_TOUCH:
            return paths.last
        case AttributionModel.LAST_NON_DIRECT:
            direct = np.array([question.is_direct(one) for one in paths.values], np.bool_)
            return _last_other(paths, direct)
        case _:
            raise ValueError(f"{model} does not share single conversions")


def _last_other(paths: Paths, direct: Bools) -> Longs:
    """The last touch that is not direct, or else the last."""
    others = ~direct[paths.touches.code]
    latest = np.maximum.accumulate(np.where(others, np.arange(len(others)), -1))
    found: Longs = latest[paths.last]
    return np.where(found >= paths.first, found, paths.last)


def _by_position(paths: Paths, weights: PositionWeights) -> Doubles:
    first, last, count = paths.first, paths.last, paths.last - paths.first + 1
    opening, closing = weights.first, weights.last
    both = opening + closing
    half = opening / both if both else 0.5
    at_first = np.choose(np.minimum(count, 3) - 1, (1.0, half, opening))
    at_last = np.choose(np.minimum(count, 3) - 1, (0.0, 1 - half, closing))
    credit = paths.by_value(first, paths.weight * at_first)
    credit += paths.by_value(last, paths.weight * at_last)
    if (long := count > 2).any() and both < 1:
        rest = (1 - opening - closing) * paths.weight[long]
        between = Stretches.of(first[long] + 1, last[long], len(paths.touches))
        credit += paths.by_value(slice(None), between.sums(rest / (count[long] - 2)))
    return credit


def _decayed(paths: Paths, half_life: int) -> Doubles:
    """Weights that halve with every half-life.

    Time is cut into blocks, so that weights can be summed from the beginning of each: the factor
    from there to the newest touch of a path is the same for all touches of a block.
    """
    user, at = paths.touches.user, paths.touches.at
    block = (at - at[0]) // (_HALF_LIVES * half_life)
    opens = np.ones(len(at), np.bool_)
    opens[1:] = (user[1:] != user[:-1]) | (block[1:] != block[:-1])
    starts = np.flatnonzero(opens)
    group = np.cumsum(opens) - 1
    base = at[starts]
    grown = np.exp2((at - base[group]) / half_life)

    which, part = _parts(group[paths.first], group[paths.last])
    first = np.maximum(paths.first[which], starts[part])
    end = np.minimum(paths.conversions.end[which], np.append(starts[1:], len(at))[part])
    factor = np.exp2((base[part] - at[paths.last][which]) / half_life)
    total = np.bincount(which, factor * Prefix.of(grown).between(first, end))
    order = np.argsort(part, kind="stable")
    per_weight = (paths.weight[which] * factor / total[which])[order]
    on = Stretches.of(first[order], end[order], len(at))
    return paths.by_value(slice(None), grown * on.sums(per_weight))


def _parts(first: Longs, last: Longs) -> tuple[Longs, Longs]:
    """Every pair of a place and one of the numbers from its first to its last, both included."""
    count = last - first + 1
    which = np.repeat(np.arange(len(count)), count)
    within = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    return which, first[which] + within


def _by_different(paths: Paths, *, divided: bool) -> Doubles:
    """Weights for every different value of a path, or divided among these.

    A touch stands for its value on the paths where it is the last one of it: of the conversions
    that it serves those whose path ends before the value comes again.
    """
    since, until = paths.stretches.by_place()
    ended = np.append(since, len(paths.weight))
    until = np.minimum(until, ended[_next_alike(paths.touches)])
    weight = paths.weight
    if divided:
        size = len(weight) + 1
        steps = np.bincount(since, minlength=size) - np.bincount(until, minlength=size)
        weight = weight / np.cumsum(steps)[:-1]
    return paths.by_value(slice(None), Prefix.of(weight).between(since, until))


def _next_alike(touches: Touches) -> Longs:
    """The next touch of the same value, whoever's; their number where there is none."""
    codes = touches.code
    most = codes.max(initial=0)
    small = codes.astype(np.uint8 if most < 2**8 else np.uint16) if most < 2**16 else codes
    order = np.argsort(small, kind="stable")
    following = np.full(len(codes), len(codes), np.int64)
    alike = codes[order[1:]] == codes[order[:-1]]
    following[order[:-1][alike]] = order[1:][alike]
    return following
