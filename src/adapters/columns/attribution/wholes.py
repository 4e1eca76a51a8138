"""Effects by value of the models that credit all journeys together."""

from math import comb

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from ..columns import Codes, Doubles, Longs, Narrow
from .paths import Touches
from .sharing import Paths


@frozen(eq=False)
class Lost:
    """Journeys that did not convert.

    Args:
        touches: Theirs, in order.
        starts: The first touch of each journey.
    """

    touches: Touches
    starts: Longs

    @property
    def last(self) -> Longs:
        """The last touch of each journey."""
        return (
            np.append(self.starts[1:], len(self.touches)) - 1 if len(self.starts) else self.starts
        )


@frozen(eq=False)
class Effects:
    """What a model says of every value.

    Args:
        codes: Codes of the values that journeys hold, ascending.
        effects: Of each, shape (n_codes,).
        conversion_rate: Converted journeys of all; None without any.
    """

    codes: Codes
    effects: Doubles
    conversion_rate: float | None


def lost_of(touches: Touches, lookback: int) -> Lost:
    """Journeys of touches that are on no path, cut where more than a lookback lies between two."""
    opens = np.ones(len(touches), np.bool_)
    opens[1:] = (np.diff(touches.user) != 0) | (np.diff(touches.at) > lookback)
    return Lost(touches, np.flatnonzero(opens))


def removal_effects(codes: Codes, paths: Paths, lost: Lost) -> Effects:
    """Removal effects of a Markov chain of the first order, by one inverse.

    A journey is lost by a removal if it comes to the value and would have converted from there.
    With visits N = (I - Q)^-1 it comes there with probability (start N)_i / N_ii, and converts
    from there with (N converting)_i; the effect is their product over the rate of conversion.
    """
    converted, all_ = len(paths.weight), len(paths.weight) + len(lost.starts)
    if not all_:
        return Effects(codes, np.zeros(0), None)
    if not converted:
        return Effects(codes, np.zeros(len(codes)), 0.0)
    place = _places(codes, len(paths.values))
    begun = _counts(place, paths.touches.code[paths.first], lost.touches.code[lost.starts])
    won = np.bincount(place[paths.touches.code[paths.last]], minlength=len(codes))
    gone = np.bincount(place[lost.touches.code[lost.last]], minlength=len(codes))
    moves = _moves(place, len(codes), paths, lost)
    leaving = moves.sum(axis=1) + won + gone
    visits = np.linalg.inv(np.eye(len(codes)) - moves / leaving[:, None])
    comes = (begun / all_) @ visits / np.diag(visits)
    converts = visits @ (won / leaving)
    return Effects(codes, comes * converts * (all_ / converted), converted / all_)


def added_rates(codes: Codes, paths: Paths, lost: Lost) -> Effects:
    """Shapley values of the rate of conversion, over all sets of values as bits."""
    converted, all_ = len(paths.weight), len(paths.weight) + len(lost.starts)
    if not all_:
        return Effects(codes, np.zeros(0), None)
    bit = 1 << _places(codes, len(paths.values))
    won = _within(_sets_of_paths(codes, paths), len(codes))
    gone = _within(_sets_of_lost(bit, lost), len(codes))
    rate = won / np.maximum(won + gone, 1)
    return Effects(codes, _shapley(rate, len(codes)), converted / all_)


def _places(codes: Codes, count: int) -> Longs:
    place = np.zeros(count, np.int64)
    place[codes] = np.arange(len(codes))
    return place


def _counts(place: Longs, *codes: Narrow) -> Longs:
    return np.bincount(place[np.concatenate(codes)], minlength=int(place.max(initial=0)) + 1)


def _moves(place: Longs, count: int, paths: Paths, lost: Lost) -> Doubles:
    """How often each value followed each other one, shape (count, count)."""
    since, until = paths.stretches.by_place()
    together = np.maximum(until[:-1] - since[1:], 0)
    moves = _pairs(place[paths.touches.code], together, count)
    inside = np.ones(max(len(lost.touches) - 1, 0), np.int64)
    inside[lost.starts[1:] - 1] = 0
    moves += _pairs(place[lost.touches.code], inside, count)
    np.fill_diagonal(moves, 0.0)
    return moves


def _pairs(place: Longs, times: Longs, count: int) -> Doubles:
    pairs = place[:-1] * count + place[1:]
    counted = np.bincount(pairs, times, minlength=count * count).astype(np.float64, copy=False)
    return counted.reshape(count, count)


def _sets_of_paths(codes: Codes, paths: Paths) -> Longs:
    """The set of values on each path, as bits."""
    sets = np.zeros(len(paths.weight), np.int64)
    before = np.zeros(len(paths.touches) + 1, np.int64)
    for at, code in enumerate(codes):
        np.cumsum(paths.touches.code == code, out=before[1:])
        sets |= (before[paths.conversions.end] > before[paths.first]).astype(np.int64) << at
    return sets


def _sets_of_lost(bit: Longs, lost: Lost) -> Longs:
    if not len(lost.starts):
        return lost.starts
    return np.bitwise_or.reduceat(bit[lost.touches.code], lost.starts)


def _within(sets: Longs, count: int) -> Longs:
    """How many sets lie within each set, shape (2**count,)."""
    found = np.bincount(sets, minlength=1 << count)
    for at in range(count):
        halves = found.reshape(-1, 2, 1 << at)
        halves[:, 1] += halves[:, 0]
    return found


def _shapley(rate: Doubles, count: int) -> Doubles:
    size = np.array([int(one).bit_count() for one in range(1 << count)])
    orders = np.array([1 / (count * comb(count - 1, taken)) for taken in range(count)])
    return np.array([_added(rate, size, orders, at) for at in range(count)])


def _added(rate: Doubles, size: NDArray[np.int64], orders: Doubles, at: int) -> float:
    steps = rate.reshape(-1, 2, 1 << at)
    without = size.reshape(-1, 2, 1 << at)[:, 0]
    return float(((steps[:, 1] - steps[:, 0]) * orders[without]).sum())
