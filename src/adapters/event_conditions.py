"""Conditions on events as SQL: how comparisons join, in whatever words an engine has for truth."""

from collections.abc import Callable, Sequence

from attrs import frozen

from ..domain.events import AllOf, AnyOf, Condition, Leaf, Not, Scope


@frozen
class Truth:
    """The words of an engine.

    Args:
        true: What always holds.
        false: What never holds.
    """

    true: str
    false: str


def condition_text(condition: Condition, comparison: Callable[[Leaf], str], words: Truth) -> str:
    """A condition on properties of the event; never null if no comparison is.

    Args:
        condition: What must hold.
        comparison: Writes one comparison.
        words: The engine's words.
    """
    match condition:
        case Leaf(scope=Scope.USER):
            # Properties of users are looked up before; here nobody has any.
            return words.true if condition.holds({}, {}) else words.false
        case Leaf():
            return f"({comparison(condition)})"
        case Not():
            return f"(not {condition_text(condition.condition, comparison, words)})"
        case AllOf():
            parts = [condition_text(one, comparison, words) for one in condition.conditions]
            return _joined(parts, " and ", words.true)
        case AnyOf():
            parts = [condition_text(one, comparison, words) for one in condition.conditions]
            return _joined(parts, " or ", words.false)


def _joined(parts: Sequence[str], word: str, of_none: str) -> str:
    return f"({word.join(parts)})" if parts else of_none
