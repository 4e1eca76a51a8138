"""What the operators of filters mean."""

from typing import Any

import pytest
from hypothesis import given

from sightline.domain.attributes import scalar_text
from sightline.domain.events.matching import Op, fits
from sightline.testing.strategies import attribute_values, ops_with_values, scalars

OpAndValue = tuple[Op, Any]
OPPOSITES = {
    Op.NE: Op.EQ,
    Op.NOT_IN: Op.IN,
    Op.NOT_CONTAINS: Op.CONTAINS,
    Op.IS_NOT_SET: Op.IS_SET,
}


@given(test=ops_with_values())
def test_what_is_missing_fits_the_negative_operators_alone(test: OpAndValue) -> None:
    assert fits(test[0], None, test[1]) is (test[0] in OPPOSITES)


@given(actual=attribute_values(), test=ops_with_values())
def test_an_operator_and_its_opposite_never_agree(actual: Any, test: OpAndValue) -> None:
    op, value = test
    if op in OPPOSITES:
        assert fits(op, actual, value) is not fits(OPPOSITES[op], actual, value)


@given(actual=attribute_values(), value=scalars(), other=scalars())
def test_in_is_equal_to_any(actual: Any, value: Any, other: Any) -> None:
    either = fits(Op.EQ, actual, value) or fits(Op.EQ, actual, other)
    assert fits(Op.IN, actual, [value, other]) is either


@given(actual=scalars(), value=scalars())
def test_equality_is_symmetric_and_that_of_numbers_and_of_texts(actual: Any, value: Any) -> None:
    equal = fits(Op.EQ, actual, value)
    assert equal is fits(Op.EQ, value, actual)
    numbers = all(type(one) in {int, float} for one in (actual, value))
    if numbers or type(actual) is type(value):
        assert equal is (actual == value)
    else:
        assert equal is (scalar_text(actual) == scalar_text(value))


@given(actual=scalars(), value=scalars())
def test_values_of_one_kind_are_in_exactly_one_order(actual: Any, value: Any) -> None:
    less, same, more = (fits(op, actual, value) for op in (Op.LT, Op.EQ, Op.GT))
    kinds = {
        "text" if isinstance(one, str) else "truth" if isinstance(one, bool) else "number"
        for one in (actual, value)
    }
    if len(kinds) == 2 or "truth" in kinds:
        orders = (Op.GT, Op.GE, Op.LT, Op.LE)
        assert not any(fits(op, actual, value) for op in orders)
    else:
        assert less + same + more == 1
        assert fits(Op.LE, actual, value) is (less or same)
        assert fits(Op.GE, actual, value) is (more or same)


@given(actual=scalars(), value=scalars())
def test_what_is_equal_is_contained(actual: Any, value: Any) -> None:
    if fits(Op.EQ, actual, value):
        assert fits(Op.CONTAINS, actual, value)


@pytest.mark.parametrize(
    ("op", "actual", "value", "expected"),
    [
        (Op.EQ, 1, "1", True),
        (Op.EQ, "1", 1, True),
        (Op.EQ, 1.0, 1, True),
        (Op.EQ, "1.0", 1, False),
        (Op.EQ, True, 1, False),
        (Op.EQ, True, "true", True),
        (Op.EQ, "pro", "Pro", False),
        (Op.EQ, ["pro"], "pro", False),
        (Op.EQ, ["pro"], '["pro"]', True),
        (Op.NE, ["pro"], "pro", True),
        (Op.NE, None, "pro", True),
        (Op.IN, "b", ["a", "b"], True),
        (Op.IN, 7, ["7"], True),
        (Op.NOT_IN, "c", ["a", "b"], True),
        (Op.GT, 10, 9, True),
        (Op.GT, "10", "9", False),
        (Op.GT, "10", 9, False),
        (Op.GE, "2026-03-01", "2026-03-01", True),
        (Op.LT, "2026-03-01", "2026-04-01", True),
        (Op.LT, False, True, False),
        (Op.LE, 2**53 - 1, 2.0**53, True),
        (Op.CONTAINS, "Premium Plan", "PLAN", True),
        (Op.CONTAINS, "BÜRO", "büro", True),
        (Op.CONTAINS, "Straße", "ss", False),
        (Op.CONTAINS, "İzmir", "izmir", True),
        (Op.CONTAINS, "ΑΣ", "ς", False),
        (Op.CONTAINS, 1234, "23", True),
        (Op.CONTAINS, ["vip", "early"], "VIP", True),
        (Op.NOT_CONTAINS, None, "x", True),
        (Op.IS_SET, "", None, True),
        (Op.IS_SET, False, None, True),
        (Op.IS_SET, [], None, True),
        (Op.IS_SET, None, None, False),
        (Op.IS_NOT_SET, None, None, True),
    ],
)
def test_by_hand(op: Op, actual: Any, value: Any, expected: bool) -> None:
    assert fits(op, actual, value) is expected
