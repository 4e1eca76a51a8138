"""What every store of users must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty stores.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.attributes import Attributes, canonical_text
from ...domain.errors import InvalidFields, TooManyUsers, UserNotFound, VersionMismatch
from ...domain.events import Condition, Leaf, Op, Scope
from ...domain.identifiers import TenantId, UserId
from ...domain.outcomes import Outcome
from ...domain.users import (
    KnownUsers,
    User,
    UserChange,
    UserQuery,
    UserSelection,
    applied,
    described,
    user_page,
)
from ...ports.users import UserRepository
from ..strategies import user_changes, user_conditions, user_ids, user_queries

__all__ = [
    "test_a_batch_that_cannot_be_changes_nothing",
    "test_a_tenant_never_sees_another",
    "test_changes_come_to_what_the_domain_says",
    "test_concurrent_changes_all_arrive",
    "test_largest_values_come_back",
    "test_more_than_the_limit_are_refused_not_left_out",
    "test_of_concurrent_changes_to_one_version_one_wins",
    "test_only_changes_move_the_position",
    "test_pages_are_those_of_the_reference",
    "test_some_are_found_by_their_ids",
    "test_what_is_known_of_some_attributes",
    "test_whom_a_condition_fits_is_what_the_domain_says",
]

Fresh = Callable[[], AbstractAsyncContextManager[UserRepository]]

ACME, RIVAL = TenantId("acme"), TenantId("rival")
NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
NOBODY = UserId("nobody")
Batches = list[list[UserChange]]

batches = st.lists(st.lists(user_changes(), min_size=1, max_size=4), max_size=3)


def _written(users: Sequence[User]) -> list[tuple[str, str, int, datetime, datetime]]:
    # Attributes as text, for Python takes 1 and true for one.
    return [
        (
            one.user_id,
            canonical_text(dict(one.attributes)),
            one.version,
            one.created_at,
            one.updated_at,
        )
        for one in users
    ]


async def _filled(repository: UserRepository, said: Batches) -> Mapping[UserId, User]:
    """Say everything, held against the domain as it goes; who is there at the end."""
    users: dict[UserId, User] = {}
    position = 0
    for index, changes in enumerate(said):
        now = NOON + timedelta(hours=index)
        expected = applied(users, changes, position + 1, now)
        outcomes = await repository.apply(ACME, changes, now)
        assert [one.outcome for one in outcomes] == [one.outcome for one in expected]
        assert _written([one.user for one in outcomes]) == _written([one.user for one in expected])
        position += any(one.outcome is not Outcome.UNCHANGED for one in expected)
        users |= {one.user.user_id: one.user for one in expected}
    assert (await repository.page(ACME, UserQuery())).position == position
    return users


@given(said=batches)
async def test_changes_come_to_what_the_domain_says(fresh: Fresh, said: Batches) -> None:
    async with fresh() as repository:
        users = await _filled(repository, said)
        for one in users.values():
            assert _written([await repository.get(ACME, one.user_id)]) == _written([one])
        with pytest.raises(UserNotFound):
            await repository.get(ACME, NOBODY)


@given(said=batches, query=user_queries())
async def test_pages_are_those_of_the_reference(
    fresh: Fresh, said: Batches, query: UserQuery
) -> None:
    async with fresh() as repository:
        users = await _filled(repository, said)
        expected = user_page(query, query.reference(users.values()), 0)
        found = await repository.page(ACME, query)
        assert _written(found.items) == _written(expected.items)
        assert found.next == expected.next


@given(said=batches, names=st.sets(st.sampled_from(["plan", "seats", "absent"])))
async def test_what_is_known_of_some_attributes(
    fresh: Fresh, said: Batches, names: set[str]
) -> None:
    async with fresh() as repository:
        users = await _filled(repository, said)
        await repository.apply(RIVAL, [UserChange(NOBODY, {"plan": "theirs"})], NOON)
        position = (await repository.page(ACME, UserQuery())).position
        known = await repository.known(ACME, names)
        assert known.position == position
        expected = KnownUsers.of(users.values(), names, position).attributes
        assert {one: canonical_text(dict(said)) for one, said in known.attributes.items()} == {
            one: canonical_text(dict(said)) for one, said in expected.items()
        }


@given(said=batches, condition=user_conditions())
async def test_whom_a_condition_fits_is_what_the_domain_says(
    fresh: Fresh, said: Batches, condition: Condition
) -> None:
    async with fresh() as repository:
        users = await _filled(repository, said)
        selected = await repository.fitting(ACME, condition, 100)
        for one in users.values():
            assert (one.user_id in selected) is described(condition, one.attributes)
        assert (NOBODY in selected) is described(condition, {})
        assert selected.ids <= users.keys()


async def test_more_than_the_limit_are_refused_not_left_out(fresh: Fresh) -> None:
    everybody = [UserChange(UserId(f"u{number}"), {"plan": "pro"}) for number in range(5)]
    async with fresh() as repository:
        await repository.apply(ACME, everybody, NOON)
        for op in (Op.EQ, Op.NE):
            leaf = Leaf("plan", op, "pro", Scope.USER)
            selected = await repository.fitting(ACME, leaf, 5)
            ids = frozenset(one.user_id for one in everybody)
            assert selected == UserSelection(ids, op is Op.NE)
            with pytest.raises(TooManyUsers) as told:
                await repository.fitting(ACME, leaf, 4)
            assert told.value.limit == 4


@given(said=batches, wanted=st.lists(user_ids() | st.just(NOBODY), max_size=4))
async def test_some_are_found_by_their_ids(
    fresh: Fresh, said: Batches, wanted: list[UserId]
) -> None:
    async with fresh() as repository:
        users = await _filled(repository, said)
        expected = [users[one] for one in sorted(set(wanted)) if one in users]
        assert _written(await repository.some(ACME, wanted)) == _written(expected)


async def test_only_changes_move_the_position(fresh: Fresh) -> None:
    change = UserChange(UserId("ada"), {"plan": "pro"})
    async with fresh() as repository:
        for _ in range(3):
            await repository.apply(ACME, [change], NOON)
        assert await repository.apply(ACME, [], NOON) == ()
        page = await repository.page(ACME, UserQuery())
        assert (page.position, [one.version for one in page.items]) == (1, [1])


async def test_a_batch_that_cannot_be_changes_nothing(fresh: Fresh) -> None:
    ada, bob = UserId("ada"), UserId("bob")
    half = UserChange(ada, {f"a{number}": 1 for number in range(120)})
    other_half = UserChange(ada, {f"b{number}": 1 for number in range(120)})
    async with fresh() as repository:
        await repository.apply(ACME, [half], NOON)
        with pytest.raises(InvalidFields):
            await repository.apply(ACME, [UserChange(bob, {}), other_half], NOON)
        late = evolve(UserChange(ada, {"x": 1}), expected=7)
        with pytest.raises(VersionMismatch) as told:
            await repository.apply(ACME, [UserChange(bob, {}), late], NOON)
        assert (told.value.expected, told.value.actual) == (7, 1)
        page = await repository.page(ACME, UserQuery())
        assert (page.position, [one.user_id for one in page.items]) == (1, [ada])


@given(said=batches, theirs=batches)
async def test_a_tenant_never_sees_another(fresh: Fresh, said: Batches, theirs: Batches) -> None:
    leaf = Leaf("plan", Op.IS_SET)
    async with fresh() as repository:
        users = await _filled(repository, said)
        for one in users:
            with pytest.raises(UserNotFound):
                await repository.get(RIVAL, one)
        assert await repository.some(RIVAL, list(users)) == ()
        assert (await repository.page(RIVAL, UserQuery())).items == ()
        assert await repository.fitting(RIVAL, leaf, 9) == UserSelection(frozenset())
        before = await repository.page(ACME, UserQuery())
        for changes in theirs:
            await repository.apply(RIVAL, changes, NOON)
        assert await repository.page(ACME, UserQuery()) == before
        described_so = {one for one, user in users.items() if described(leaf, user.attributes)}
        assert (await repository.fitting(ACME, leaf, 9)).ids == described_so


async def test_largest_values_come_back(fresh: Fresh) -> None:
    ada = UserId("𝔄" * 200)
    attributes: Attributes = {
        "n" * 128: "ä" * 8192,
        "x": 2**53 - 1,
        "y": 1.7976931348623157e308,
        "z": [[[]]],
    }
    async with fresh() as repository:
        await repository.apply(ACME, [UserChange(ada, attributes)], NOON)
        assert (await repository.get(ACME, ada)).attributes == attributes
        for leaf in (
            Leaf("n" * 128, Op.CONTAINS, "Ä" * 8192),
            Leaf("x", Op.EQ, str(2**53 - 1)),
            Leaf("y", Op.GE, 1.7976931348623157e308),
        ):
            assert ada in await repository.fitting(ACME, leaf, 1)


async def test_of_concurrent_changes_to_one_version_one_wins(fresh: Fresh) -> None:
    ada = UserId("ada")
    async with fresh() as repository:
        await repository.apply(ACME, [UserChange(ada, {"n": -1})], NOON)
        changes = [UserChange(ada, {"n": number}, expected=1) for number in range(6)]
        results = await asyncio.gather(
            *(repository.apply(ACME, [one], NOON) for one in changes), return_exceptions=True
        )
        assert sum(isinstance(one, tuple) for one in results) == 1
        assert sum(isinstance(one, VersionMismatch) for one in results) == 5


async def test_concurrent_changes_all_arrive(fresh: Fresh) -> None:
    ada = UserId("ada")
    async with fresh() as repository:
        changes = [UserChange(ada, {f"n{number}": number}) for number in range(6)]
        await asyncio.gather(*(repository.apply(ACME, [one], NOON) for one in changes))
        kept = await repository.get(ACME, ada)
        assert kept.attributes == {f"n{number}": number for number in range(6)}
        assert kept.version == 6
