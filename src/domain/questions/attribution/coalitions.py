"""Attribution by the Shapley value of the rate of conversion, in exact fractions."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import chain, combinations
from math import comb

from attrs import frozen

from .journeys import Outcomes


@frozen
class RateGame:
    """What the game of rates says.

    Args:
        conversion_rate: Converted journeys of all: the worth of all values together.
        added: Per value, its Shapley value: what it adds to the rate; may be negative. Adds up
            to the rate.
    """

    conversion_rate: Fraction
    added: Mapping[str, Fraction]


def rate_game(outcomes: Outcomes) -> RateGame | None:
    """The game in which a set of values is worth the rate of the journeys within it.

    A set that holds no whole journey is worth nothing. None where there is no journey.

    Args:
        outcomes: Journeys by path; no path is empty.

    References:
        Shapley (1953), A value for n-person games, Contributions to the Theory of Games II,
        equation 13.
    """
    if not outcomes:
        return None
    values = sorted({value for path in outcomes for value in path})
    rates = {members: _rate(outcomes, members) for members in _subsets(values)}
    added = {value: _shapley(rates, values, value) for value in values}
    return RateGame(rates[frozenset(values)], added)


def _subsets(values: Sequence[str]) -> list[frozenset[str]]:
    sizes = (combinations(values, size) for size in range(len(values) + 1))
    return [frozenset(members) for members in chain.from_iterable(sizes)]


def _rate(outcomes: Outcomes, members: frozenset[str]) -> Fraction:
    within = [counts for path, counts in outcomes.items() if members.issuperset(path)]
    journeys = sum(converted + lost for converted, lost in within)
    return Fraction(sum(converted for converted, _ in within), journeys) if journeys else Fraction()


def _shapley(
    rates: Mapping[frozenset[str], Fraction], values: Sequence[str], value: str
) -> Fraction:
    count = len(values)
    others = [members for members in rates if value not in members]
    return sum(
        (
            (rates[members | {value}] - rates[members]) / (count * comb(count - 1, len(members)))
            for members in others
        ),
        Fraction(),
    )
