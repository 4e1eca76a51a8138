"""Events made of columns are the events, and the flaws, that they are one by one."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import Flaw, InvalidFields
from sightline.domain.events import EventDraft, drafts_of

NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
GOOD: tuple[Any, ...] = ("ann", "visit", "e1", NOON, {"plan": "pro", "n": 1})
TEXTS = (
    "a", "", "two words", " a", "a ", "\u3000a", "a\u00a0", "é", "𝒹", "\u202ea", "\x00", "\x7f",
    "a\n", "\ud800", "x" * 100, "x" * 101, "x" * 200, "é" * 200, "x" * 201,
)  # fmt: skip
INSTANTS = (
    None,
    NOON,
    NOON.astimezone(timezone(timedelta(hours=-14))),
    NOON.astimezone(ZoneInfo("Asia/Kathmandu")),
    NOON.replace(tzinfo=None),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2200, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=timezone(timedelta(hours=-14))),
)
PROPERTIES: Any = (
    {},
    {"a": None, "é": "é\n\x7f", "b": True, "c": -0.0, "d": 1e300},
    {"a": {"b": [1, {"c": "x"}]}},
    {"a": "\x00"},
    {"": 1},
    {7: 1},
    {"a": float("nan")},
    {"a": 10**400},
    {"a": b""},
    [],
    None,
)
ODD = (TEXTS, TEXTS, (None, *TEXTS), INSTANTS, PROPERTIES)


def one_by_one(events: list[tuple[Any, ...]]) -> list[EventDraft] | tuple[Flaw, ...]:
    try:
        return [EventDraft(*one) for one in events]
    except InvalidFields as error:
        return error.flaws


def together(events: list[tuple[Any, ...]]) -> list[EventDraft] | tuple[Flaw, ...]:
    columns = list(zip(*events, strict=True)) or [()] * 5
    try:
        return drafts_of(*columns)
    except InvalidFields as error:
        return error.flaws


@pytest.mark.parametrize("field", range(5))
@pytest.mark.parametrize(("before", "after"), [(0, 0), (1, 2)])
def test_columns_make_what_events_are_one_by_one(field: int, before: int, after: int) -> None:
    for odd in ODD[field]:
        event = (*GOOD[:field], odd, *GOOD[field + 1 :])
        mixed = [GOOD] * before + [event] + [GOOD] * after
        made = together(mixed)
        assert repr(made) == repr(one_by_one(mixed))
        assert isinstance(made, tuple) or all(type(one) is EventDraft for one in made)


@given(st.lists(st.tuples(*map(st.sampled_from, ODD)), max_size=3))
def test_all_that_is_wrong_with_one_event_is_told(events: list[tuple[Any, ...]]) -> None:
    assert repr(together(events)) == repr(one_by_one(events))


def test_an_event_of_columns_does_not_change_either() -> None:
    (made,) = drafts_of(["ann"], ["visit"], [None], [None], [{}])
    with pytest.raises(FrozenInstanceError):
        made.user_id = ""  # type: ignore[misc]
    assert made.fingerprint() == EventDraft("ann", "visit").fingerprint()
