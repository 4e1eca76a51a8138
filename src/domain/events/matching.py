"""How a value is compared in a filter: the ops of the filter grammar."""

import operator
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from ..attributes import Json, scalar_text


class Op(StrEnum):
    """How a value is compared."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    NOT_IN = "not_in"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    IS_SET = "is_set"
    IS_NOT_SET = "is_not_set"


def fits(op: Op, actual: Json, value: Json) -> bool:
    """Whether a value fits.

    A value that is not there (null) fails every op but `ne`, `not_in`, `not_contains` and
    `is_not_set`. Equality compares texts, a number's being its one form, so ``1`` equals
    ``"1"``. `gt`, `ge`, `lt` and `le` compare two numbers, or two texts by code point;
    anything else fails them. `contains` ignores case and looks into the value's text.

    Args:
        op: How to compare.
        actual: The value of the event or user; None where there is none.
        value: What it is compared with: a list for `in` and `not_in`, ignored for `is_set`.
    """
    return _OPS[op](actual, value)


def lowered(text: str) -> str:
    """A text without case, character by character, as engines do it (Unicode simple mapping)."""
    # One letter's small form is longer than itself (İ); its simple mapping is the first of the two.
    return "".join(one.lower()[0] for one in text)


def _equals(actual: Json, value: Json) -> bool:
    return actual is not None and scalar_text(actual) == scalar_text(value)


def _contains(actual: Json, value: Json) -> bool:
    text, part = scalar_text(actual), scalar_text(value)
    return text is not None and part is not None and lowered(part) in lowered(text)


def _in(actual: Json, value: Json) -> bool:
    assert isinstance(value, list)
    return any(_equals(actual, one) for one in value)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Json, Json], bool]:
    def holds(actual: Json, value: Json) -> bool:
        texts = isinstance(actual, str) and isinstance(value, str)
        return (texts or (_number(actual) and _number(value))) and compare(actual, value)

    return holds


def _number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_OPS: Mapping[Op, Callable[[Json, Json], bool]] = {
    Op.EQ: _equals,
    Op.NE: lambda actual, value: not _equals(actual, value),
    Op.IN: _in,
    Op.NOT_IN: lambda actual, value: not _in(actual, value),
    Op.GT: _ordered(operator.gt),
    Op.GE: _ordered(operator.ge),
    Op.LT: _ordered(operator.lt),
    Op.LE: _ordered(operator.le),
    Op.CONTAINS: _contains,
    Op.NOT_CONTAINS: lambda actual, value: not _contains(actual, value),
    Op.IS_SET: lambda actual, _: actual is not None,
    Op.IS_NOT_SET: lambda actual, _: actual is None,
}
