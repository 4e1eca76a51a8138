"""Attribution by a Markov chain of the first order, in exact fractions.

States are the values of touches; journeys begin in one state, pass from touch to touch and end
in conversion or in nothing. Passing from a value to itself is left out, which changes no effect.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from attrs import frozen

from .journeys import Outcomes

_START, _CONVERTED, _LOST = "start", "converted", "lost"
_State = tuple[str, str]
_Counts = Mapping[_State, Mapping[_State, int]]


@frozen
class RemovalEffects:
    """What a chain says.

    Args:
        conversion_rate: Probability that a journey converts: that of the journeys themselves.
        effects: Per value, the share of conversions that would be lost if every journey that
            comes to it ended there. 0 to 1.
    """

    conversion_rate: Fraction
    effects: Mapping[str, Fraction]


def removal_effects(outcomes: Outcomes) -> RemovalEffects | None:
    """The removal effect of every value on a path; None where there is no journey.

    Args:
        outcomes: Journeys by path; no path is empty.

    References:
        Anderl, Becker, von Wangenheim, Schumann (2016), Mapping the customer journey,
        Int. J. of Research in Marketing 33(3), equations 1-3.
    """
    if not outcomes:
        return None
    counts = _transitions(outcomes)
    values = sorted({value for path in outcomes for value in path})
    whole = _conversion_probability(counts, values, None)
    return RemovalEffects(
        whole,
        {
            value: 1 - _conversion_probability(counts, values, value) / whole if whole else whole
            for value in values
        },
    )


def shared_by_effect(effects: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Shares in proportion to effects; they add up to 1, or are all 0 where no effect is."""
    total = sum(effects.values())
    return {value: effect / total if total else effect for value, effect in effects.items()}


def _transitions(outcomes: Outcomes) -> _Counts:
    counts: dict[_State, dict[_State, int]] = defaultdict(lambda: defaultdict(int))
    for path, (converted, lost) in outcomes.items():
        states = [(_START, ""), *(("value", value) for value in path)]
        for state, following in pairwise(states):
            if state != following:
                counts[state][following] += converted + lost
        counts[states[-1]][(_CONVERTED, "")] += converted
        counts[states[-1]][(_LOST, "")] += lost
    return counts


def _conversion_probability(counts: _Counts, values: Sequence[str], gone: str | None) -> Fraction:
    """Probability to convert from the start, where a state that is gone leads to nothing."""
    states = [(_START, ""), *(("value", value) for value in values if value != gone)]
    rows = [_equation(counts[state], state, states) for state in states]
    return _solved(rows)[0]


def _equation(
    leaving: Mapping[_State, int], state: _State, states: Sequence[_State]
) -> list[Fraction]:
    """Probability of a state less what its followers pass on, then what converts at once."""
    total = sum(leaving.values())
    row = [Fraction(-leaving.get(other, 0), total) for other in states]
    row[states.index(state)] += 1
    return [*row, Fraction(leaving.get((_CONVERTED, ""), 0), total)]


def _solved(rows: list[list[Fraction]]) -> list[Fraction]:
    """The solution of linear equations by elimination; there is exactly one."""
    for at in range(len(rows)):
        pivot = next(row for row in range(at, len(rows)) if rows[row][at])
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [cell / rows[at][at] for cell in rows[at]]
        for row in range(len(rows)):
            if row != at and (factor := rows[row][at]):
                pairs = zip(rows[row], rows[at], strict=True)
                rows[row] = [cell - factor * own for cell, own in pairs]
    return [row[-1] for row in rows]
