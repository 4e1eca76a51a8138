"""Keys: issued, installed, proved, refused."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from sightline.bootstrap import Adapters, UseCases, in_memory, use_cases
from sightline.domain.errors import (
    ApiKeyExists,
    InvalidInput,
    TenantExists,
    TenantNotFound,
    Unauthenticated,
)
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.tenancy import (
    ROLES,
    ApiKey,
    IssuedKey,
    KeyDraft,
    KeyKind,
    KeySigning,
    KeyUse,
    Permission,
    Principal,
    PrincipalKind,
    Role,
    checksum_fits,
    key_digest,
)
from sightline.ports.api_keys import ApiKeyRepository

ACME = TenantId("acme")
RIVAL = TenantId("rival")
DEMO = KeyId("demo")


@define
class CountingApiKeys:
    """Counts how often the store is asked for a digest."""

    store: ApiKeyRepository
    asked: list[bytes] = field(factory=list)

    async def add(self, key: ApiKey) -> None:
        await self.store.add(key)

    async def find(self, digest: bytes) -> ApiKey | None:
        self.asked.append(digest)
        return await self.store.find(digest)

    async def of(self, tenant: TenantId) -> Sequence[ApiKey]:
        return await self.store.of(tenant)

    async def get(self, tenant: TenantId, key: KeyId) -> ApiKey | None:
        return await self.store.get(tenant, key)

    async def replace(self, old: ApiKey, new: ApiKey) -> None:
        await self.store.replace(old, new)

    async def remove(self, tenant: TenantId, key: KeyId) -> None:
        await self.store.remove(tenant, key)

    async def set_signing(self, tenant: TenantId, key: KeyId, signing: KeySigning | None) -> None:
        await self.store.set_signing(tenant, key, signing)

    async def mark_used(self, uses: Sequence[KeyUse]) -> None:
        await self.store.mark_used(uses)


async def two_tenants() -> tuple[Adapters, UseCases]:
    adapters = in_memory()
    cases = use_cases(adapters)
    await cases.create_tenant(ACME, "Acme")
    await cases.create_tenant(RIVAL, "Rival")
    return adapters, cases


async def issue(cases: UseCases, tenant: TenantId, name: str = "laptop") -> IssuedKey:
    draft = KeyDraft(name, ROLES[Role.VIEWER])
    return await cases.issue_api_key(tenant, draft, frozenset(Permission))


def proved(
    tenant: TenantId, key: KeyId, name: str = "laptop", role: Role = Role.VIEWER
) -> Principal:
    return Principal(tenant, PrincipalKind.API_KEY, key, name, ROLES[role])


async def test_an_issued_key_proves_its_tenant_and_no_other() -> None:
    _, cases = await two_tenants()
    acme = await issue(cases, ACME)
    rival = await issue(cases, RIVAL)
    assert await cases.authenticate(acme.text) == proved(ACME, acme.key.id)
    assert await cases.authenticate(rival.text) == proved(
        RIVAL, rival.key.id, "laptop", Role.VIEWER
    )


async def test_the_store_holds_no_key_only_its_digest() -> None:
    adapters, cases = await two_tenants()
    issued = await issue(cases, ACME)
    (held,) = await adapters.api_keys.of(ACME)
    assert held == issued.key
    assert held.digest == key_digest(adapters.server_secret, issued.text)
    assert issued.text[21:] not in repr(held)
    assert issued.text not in repr(issued)


async def test_a_key_is_worth_nothing_under_another_server_secret() -> None:
    adapters, cases = await two_tenants()
    issued = await issue(cases, ACME)
    elsewhere = use_cases(evolve(adapters, server_secret=b"another"))
    with pytest.raises(Unauthenticated):
        await elsewhere.authenticate(issued.text)


@given(at=st.integers(3, 56), to=st.sampled_from("aZ0_ é"))
async def test_a_damaged_key_is_refused_without_a_look_up(at: int, to: str) -> None:
    adapters, cases = await two_tenants()
    issued = await issue(cases, ACME)
    counting = CountingApiKeys(adapters.api_keys)
    cases = use_cases(evolve(adapters, api_keys=counting))
    damaged = issued.text[:at] + to + issued.text[at + 1 :]
    if damaged == issued.text:
        await cases.authenticate(damaged)
        assert len(counting.asked) == 1
    else:
        with pytest.raises(Unauthenticated):
            await cases.authenticate(damaged)
        assert counting.asked == []


@given(credential=st.one_of(st.text(), st.just("k" * 257), st.just("sl_live_"), st.just("😀")))
async def test_no_other_text_is_a_key_and_none_is_repeated(credential: str) -> None:
    _, cases = await two_tenants()
    with pytest.raises(Unauthenticated) as caught:
        await cases.authenticate(credential)
    assert len(str(caught.value)) < 60


async def test_a_fixed_key_opens_its_tenant_until_it_is_replaced() -> None:
    adapters, cases = await two_tenants()
    await cases.install_fixed_key(ACME, DEMO, "demo", "open-sesame")
    await cases.install_fixed_key(ACME, DEMO, "demo", "open-sesame")
    assert await cases.authenticate("open-sesame") == proved(ACME, DEMO, "demo", Role.ADMIN)
    await cases.install_fixed_key(ACME, DEMO, "demo", "another")
    assert await cases.authenticate("another") == proved(ACME, DEMO, "demo", Role.ADMIN)
    with pytest.raises(Unauthenticated):
        await cases.authenticate("open-sesame")
    assert len(await adapters.api_keys.of(ACME)) == 1


async def test_a_fixed_key_of_another_tenant_cannot_be_taken() -> None:
    _, cases = await two_tenants()
    await cases.install_fixed_key(ACME, DEMO, "demo", "open-sesame")
    with pytest.raises(ApiKeyExists):
        await cases.install_fixed_key(RIVAL, DEMO, "demo", "open-sesame")
    assert (await cases.authenticate("open-sesame")).tenant == ACME


async def test_a_fixed_key_that_was_rotated_works_again_once_it_is_installed_again() -> None:
    _, cases = await two_tenants()
    await cases.install_fixed_key(ACME, DEMO, "demo", "open-sesame")
    every = frozenset(Permission)
    await cases.rotate_api_key(ACME, DEMO, timedelta(0), KeyKind.LIVE, every)
    with pytest.raises(Unauthenticated):
        await cases.authenticate("open-sesame")
    await cases.install_fixed_key(ACME, DEMO, "demo", "open-sesame")
    assert (await cases.authenticate("open-sesame")).id == DEMO


async def test_a_scope_of_the_platform_in_the_store_opens_nothing_for_others() -> None:
    adapters, cases = await two_tenants()
    digest = key_digest(adapters.server_secret, "open-sesame")
    now = adapters.clock.now()
    key = ApiKey(DEMO, ACME, "demo", digest, now, frozenset(Permission))
    await adapters.api_keys.add(key)
    held = (await cases.authenticate("open-sesame")).scopes
    assert held == frozenset(Permission) - {Permission.TENANTS_ADMIN}


async def test_keys_need_a_tenant_and_a_name() -> None:
    _, cases = await two_tenants()
    with pytest.raises(TenantNotFound):
        await issue(cases, TenantId("nobody"))
    with pytest.raises(InvalidInput):
        await issue(cases, ACME, " ")
    with pytest.raises(TenantExists):
        await cases.create_tenant(ACME, "Acme again")


async def test_no_two_keys_are_alike() -> None:
    _, cases = await two_tenants()
    texts = {(await issue(cases, ACME)).text for _ in range(20)}
    assert len(texts) == 20
    assert all(map(checksum_fits, texts))
