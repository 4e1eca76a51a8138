"""What may be said of users, what changes make of them, and who is meant by a filter."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.attributes import canonical_text
from sightline.domain.errors import InvalidFields, VersionMismatch
from sightline.domain.identifiers import UserId
from sightline.domain.outcomes import Outcome
from sightline.domain.users import (
    User,
    UserChange,
    UserQuery,
    UserSelection,
    Way,
    applied,
    user_page,
)
from sightline.testing.strategies import (
    user_changes,
    user_ids,
    user_queries,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = UserId("ada")


def said(**attributes: Any) -> UserChange:
    return UserChange(ADA, attributes)


def known(changes: list[UserChange]) -> dict[UserId, User]:
    return {one.user.user_id: one.user for one in applied({}, changes, 1, NOON)}


@given(changes=st.lists(user_changes(), max_size=6), cut=st.integers(0, 6))
def test_one_batch_is_as_good_as_two(changes: list[UserChange], cut: int) -> None:
    later = NOON + timedelta(hours=1)
    first = known(changes[:cut])
    second = applied(first, changes[cut:], 2, later)
    both = first | {one.user.user_id: one.user for one in second}
    whole = known(changes)
    assert {one: canonical_text(dict(user.attributes)) for one, user in both.items()} == {
        one: canonical_text(dict(user.attributes)) for one, user in whole.items()
    }


@given(changes=st.lists(user_changes(), min_size=1, max_size=6))
def test_what_is_said_again_changes_nothing(changes: list[UserChange]) -> None:
    present = known(changes)
    for user, outcome in ((one.user, one.outcome) for one in applied({}, changes, 1, NOON)[-1:]):
        assert present[user.user_id] == user
        assert outcome in Outcome
    (again,) = applied(present, changes[-1:], 2, NOON + timedelta(hours=1))
    assert again.outcome is Outcome.UNCHANGED
    assert again.user == present[again.user.user_id]


@given(changes=st.lists(user_changes(), max_size=6))
def test_nobody_has_an_attribute_without_a_value(changes: list[UserChange]) -> None:
    for user in known(changes).values():
        assert None not in user.attributes.values()


def test_a_merge_keeps_what_it_does_not_name_and_null_takes_away() -> None:
    changes = [said(plan="free", seats=1, email="a@example.com"), said(plan="pro", seats=None)]
    created, changed = applied({}, changes, 3, NOON)
    assert (created.outcome, changed.outcome) == (Outcome.CREATED, Outcome.CHANGED)
    assert changed.user.attributes == {"plan": "pro", "email": "a@example.com"}


def test_a_replacement_keeps_nothing() -> None:
    whole = UserChange(ADA, {"plan": "pro", "seats": None}, Way.REPLACE)
    outcomes = applied({}, [said(email="a@example.com"), whole], 3, NOON)
    assert outcomes[-1].user.attributes == {"plan": "pro"}


def test_objects_are_replaced_whole() -> None:
    outcomes = applied(
        {}, [said(address={"city": "X", "zip": 1}), said(address={"zip": 2})], 1, NOON
    )
    assert outcomes[-1].user.attributes == {"address": {"zip": 2}}


@pytest.mark.parametrize(("before", "after"), [(1, True), (1, "1"), (0, False)])
def test_values_that_python_takes_for_one_are_different(before: Any, after: Any) -> None:
    outcomes = applied({}, [said(x=before), said(x=after)], 1, NOON)
    assert outcomes[-1].outcome is Outcome.CHANGED


def test_a_change_tells_when_and_keeps_when_it_began() -> None:
    (created,) = applied({}, [said(plan="free")], 3, NOON)
    later = NOON + timedelta(hours=1)
    (changed,) = applied({ADA: created.user}, [said(plan="pro")], 7, later)
    assert (changed.user.version, changed.user.created_at, changed.user.updated_at) == (
        7, NOON, later
    )  # fmt: skip


@pytest.mark.parametrize("expected", [0, 2, 4])
def test_only_the_expected_version_is_changed(expected: int) -> None:
    (created,) = applied({}, [said(plan="free")], 3, NOON)
    with pytest.raises(VersionMismatch) as told:
        applied({ADA: created.user}, [evolve(said(plan="pro"), expected=expected)], 4, NOON)
    assert (told.value.expected, told.value.actual) == (expected, 3)
    with pytest.raises(VersionMismatch):
        applied({}, [evolve(said(plan="pro"), expected=3)], 4, NOON)


def nested(levels: int) -> Any:
    return [nested(levels - 1)] if levels else "x"


def test_a_number_is_the_same_however_it_is_written() -> None:
    outcomes = applied({}, [said(x=1, y=[0]), said(x=1.0, y=[-0.0])], 1, NOON)
    assert outcomes[-1].outcome is Outcome.UNCHANGED


@pytest.mark.parametrize(
    ("attributes", "path", "code"),
    [
        ({"n" * 129: 1}, ("n" * 64,), "too_long"),
        ({"a\x00b": 1}, ("a\x00b",), "null_byte"),
        ({"x": "a" * 8193}, ("x",), "too_long"),
        ({"x": 2**53}, ("x",), "out_of_range"),
        ({"x": float("nan")}, ("x",), "out_of_range"),
        ({f"n{number}": 1 for number in range(201)}, (), "too_many"),
        ({f"n{number}": "a" * 8192 for number in range(8)}, (), "too_large"),
    ],
)
def test_what_cannot_be_said_is_named(
    attributes: dict[str, Any], path: tuple[str | int, ...], code: str
) -> None:
    with pytest.raises(InvalidFields) as told:
        UserChange(ADA, attributes)
    assert [(flaw.path, flaw.code) for flaw in told.value.flaws] == [(("attributes", *path), code)]


@pytest.mark.parametrize("identifier", ["", "u" * 201, "a\x00", "\ud800", " a", "a\n"])
def test_an_id_that_cannot_be_is_named(identifier: str) -> None:
    with pytest.raises(InvalidFields) as told:
        UserChange(UserId(identifier), {})
    assert [flaw.path for flaw in told.value.flaws] == [("user_id",)]


@pytest.mark.parametrize(
    ("value", "count", "code"), [(1, 120, "too_many"), ("a" * 500, 70, "too_large")]
)
def test_a_merge_cannot_bring_about_what_could_not_be_said(
    value: Any, count: int, code: str
) -> None:
    parts = [
        UserChange(ADA, {f"{part}{number}": value for number in range(count)}) for part in "ab"
    ]
    with pytest.raises(InvalidFields) as told:
        applied({}, parts, 1, NOON)
    assert [(flaw.path, flaw.code) for flaw in told.value.flaws] == [((1, "attributes"), code)]


selections = st.builds(
    UserSelection, ids=st.frozensets(user_ids(), max_size=3), everybody_but=st.booleans()
)


@given(one=selections, other=selections, user=user_ids() | st.just(UserId("unknown")))
def test_selections_combine_as_their_members_do(
    one: UserSelection, other: UserSelection, user: UserId
) -> None:
    inside, other_inside = user in one, user in other
    assert (user in ~one) is not inside
    assert (user in one & other) is (inside and other_inside)
    assert (user in one | other) is (inside or other_inside)


@given(query=user_queries(), changes=st.lists(user_changes(), max_size=6))
def test_pages_follow_one_another_without_gap_or_repeat(
    query: UserQuery, changes: list[UserChange]
) -> None:
    users = list(known(changes).values())
    walked: list[User] = []
    after = query.after
    while True:
        asked = evolve(query, after=after)
        page = user_page(asked, asked.reference(users), 1)
        walked += page.items
        if page.next is None:
            break
        after = page.next
    every = evolve(query, limit=200).reference(users)
    assert tuple(walked) == every


@pytest.mark.parametrize("limit", [0, 201])
def test_a_page_has_a_length_that_can_be(limit: int) -> None:
    with pytest.raises(InvalidFields):
        UserQuery(limit=limit)
