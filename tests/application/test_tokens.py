"""Tokens between processes that share their stores, and signing keys under a lost secret."""

import asyncio
from datetime import timedelta

import pytest
from attrs import define, evolve

from sightline.adapters.jose import JoseSignatures
from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.recent_api_keys import RecentApiKeys
from sightline.adapters.memory.refresh_families import MemoryRefreshFamilyRepository
from sightline.adapters.memory.revocations import RecentRevocations
from sightline.application import verify_token
from sightline.bootstrap import Adapters, UseCases, in_memory, use_cases
from sightline.domain.errors import TokenRefused, Unauthenticated
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.tenancy import (
    ROLES,
    ClientCredentials,
    IssuedTokens,
    KeyDraft,
    RefreshFamily,
    Role,
)

ACME = TenantId("acme")
CLIENT = ClientCredentials("laptop", "open-sesame")


@define
class Hand:
    """A clock's hand."""

    at: float = 100.0

    def __call__(self) -> float:
        return self.at


def process(shared: Adapters, hand: Hand) -> UseCases:
    """One of several processes: its own memory in front of the shared stores."""
    keys = RecentApiKeys(shared.api_keys, monotonic=hand)
    revocations = RecentRevocations(shared.revocations, monotonic=hand)
    return use_cases(evolve(shared, api_keys=keys, revocations=revocations))


async def two_processes() -> tuple[Adapters, Hand, UseCases, UseCases]:
    shared, hand = in_memory(), Hand()
    here, there = process(shared, hand), process(shared, hand)
    await here.create_tenant(ACME, "Acme")
    await here.install_fixed_key(ACME, KeyId("laptop"), "laptop", "open-sesame")
    return shared, hand, here, there


async def issued(cases: UseCases) -> IssuedTokens:
    return await cases.tokens.issue(CLIENT, "energy:read offline_access")


async def accepted(cases: UseCases, token: str) -> bool:
    try:
        await cases.authenticate(token)
    except Unauthenticated:
        return False
    return True


async def test_a_token_is_believed_by_every_process() -> None:
    _, _, here, there = await two_processes()
    told = await issued(here)
    assert (await there.authenticate(told.access_token)).scopes == told.scopes


async def test_what_is_revoked_in_one_process_ends_there_at_once_and_elsewhere_in_a_second() -> (
    None
):
    _, hand, here, there = await two_processes()
    draft = KeyDraft("other", ROLES[Role.VIEWER])
    other = await here.issue_api_key(ACME, draft, ROLES[Role.ADMIN])
    client = ClientCredentials(other.key.id, other.text)
    by_key = (await here.tokens.issue(client, None)).access_token
    first, second = await issued(here), await issued(here)
    assert second.refresh_token is not None
    tokens = (by_key, first.access_token, second.access_token)
    for token in tokens:
        assert await accepted(there, token)
    await here.revoke_api_key(ACME, other.key.id)
    await here.tokens.revoke(first.access_token, None)
    await here.tokens.revoke(second.refresh_token, None)
    for token in tokens:
        assert not await accepted(here, token)
    hand.at += 1.0
    for token in tokens:
        assert not await accepted(there, token)
    assert not await accepted(there, other.text)


async def test_ten_processes_that_refresh_at_once_give_the_same_successor() -> None:
    shared, hand, here, _ = await two_processes()
    told = await issued(here)
    token = told.refresh_token
    assert token is not None
    processes = [process(shared, hand) for _ in range(10)]
    answers = await asyncio.gather(*(one.tokens.refresh(token, None, None) for one in processes))
    assert len({answer.refresh_token for answer in answers}) == 1
    assert len({answer.access_token for answer in answers}) == 10


async def test_processes_that_start_at_once_agree_on_one_signing_key() -> None:
    shared, hand, _, _ = await two_processes()
    processes = [process(shared, hand) for _ in range(5)]
    keys = await asyncio.gather(*(one.tokens.keys.signing() for one in processes))
    assert {key.number for key in keys} == {1}
    assert len(await shared.signing_keys.all()) == 1


async def test_after_the_secret_was_lost_another_key_signs() -> None:
    shared, _, here, _ = await two_processes()
    old = await here.tokens.keys.signing()
    anew = use_cases(evolve(shared, token_signatures=JoseSignatures(b"another")))
    new = await anew.tokens.keys.signing()
    assert (old.number, new.number) == (1, 2)
    assert [key.id for key in await anew.tokens.keys.published()] == [
        new.public.id,
        old.public.id,
    ]


async def test_made_up_tokens_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_token, "CAPACITY", 3)
    _, _, here, _ = await two_processes()
    told = [(await issued(here)).access_token for _ in range(6)]
    for token in told:
        assert await accepted(here, token)
        assert not await accepted(here, token[:-5] + "AAAAA")
    assert len(here.tokens.verify._recent) == 3


async def test_a_token_is_verified_once_in_half_a_minute_and_its_key_asked_every_time() -> None:
    shared, _, here, _ = await two_processes()
    token = (await issued(here)).access_token
    assert await accepted(here, token)
    assert isinstance(shared.clock, FixedClock)
    (first,) = here.tokens.verify._recent.values()
    shared.clock.move(timedelta(seconds=29))
    assert await accepted(here, token)
    assert list(here.tokens.verify._recent.values()) == [first]
    shared.clock.move(timedelta(seconds=1))
    assert await accepted(here, token)
    assert next(iter(here.tokens.verify._recent.values())).until > first.until


class AlwaysTooLate(MemoryRefreshFamilyRepository):
    """Another process is always quicker."""

    async def advance(self, family: RefreshFamily) -> bool:
        return False


async def test_a_refresh_that_always_comes_too_late_gives_up() -> None:
    shared, hand, _, _ = await two_processes()
    late = process(evolve(shared, refresh_families=AlwaysTooLate()), hand)
    told = await issued(late)
    assert told.refresh_token is not None
    with pytest.raises(TokenRefused):
        await late.tokens.refresh(told.refresh_token, None, None)
