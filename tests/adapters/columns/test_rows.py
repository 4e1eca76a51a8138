"""Rows of a tenant that are continued by what is new."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.adapters.columns.rows import put_between


@given(
    values=st.lists(st.integers(0, 99), max_size=8),
    places=st.lists(st.integers(0, 8), max_size=8),
)
def test_new_values_stand_before_their_places_in_their_order(
    values: list[int], places: list[int]
) -> None:
    ascending = sorted(min(one, len(values)) for one in places)
    expected = list(values)
    for back, place in enumerate(reversed(ascending)):
        expected.insert(place, 100 + len(ascending) - 1 - back)
    new = np.arange(100, 100 + len(ascending))
    found = put_between(np.array(values, np.int64), np.array(ascending, np.int64), new)
    assert found.tolist() == expected


@pytest.mark.parametrize("count", [1_999, 2_001, 5_000])
def test_many_new_values_stand_where_few_would(count: int) -> None:
    places = np.sort(np.arange(count) * 7 % 1_000)
    values, new = np.arange(1_000), np.arange(count) + 1_000
    found = put_between(values, places, new)
    assert found.tolist() == np.insert(values, places, new).tolist()
