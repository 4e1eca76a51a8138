import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from attrs import define, evolve, field

from sightline.adapters.memory import recent_answers
from sightline.adapters.memory.recent_api_keys import RecentApiKeys
from sightline.domain.errors import Unavailable
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.tenancy import ApiKey, KeySigning, KeyUse, Permission, SignatureAlgorithm

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCOPES = frozenset({Permission.ENERGY_READ})
KEY = ApiKey(KeyId("k"), TenantId("acme"), "n", bytes(32), NOW, SCOPES)


@define
class SlowStore:
    """Answers when it is told to, and counts the questions."""

    key: ApiKey | None = KEY
    fails: bool = False
    asked: int = 0
    open: asyncio.Event = field(factory=asyncio.Event)

    async def find(self, digest: bytes) -> ApiKey | None:
        self.asked += 1
        answer = self.key
        await self.open.wait()
        if self.fails:
            raise Unavailable("closed")
        return answer

    async def add(self, key: ApiKey) -> None:
        self.key = key

    async def of(self, tenant: TenantId) -> Sequence[ApiKey]:
        return () if self.key is None else (self.key,)

    async def get(self, tenant: TenantId, key: KeyId) -> ApiKey | None:
        return await self.find(b"")

    async def replace(self, old: ApiKey, new: ApiKey) -> None:
        self.key = old

    async def remove(self, tenant: TenantId, key: KeyId) -> None:
        self.key = None

    async def set_signing(self, tenant: TenantId, key: KeyId, signing: KeySigning | None) -> None:
        assert self.key is not None
        self.key = evolve(self.key, signing=signing)

    async def mark_used(self, uses: Sequence[KeyUse]) -> None:
        assert self.key is not None
        self.key = evolve(self.key, last_used_at=uses[0].at)


@define
class Hand:
    """A clock's hand."""

    at: float = 100.0

    def __call__(self) -> float:
        return self.at


async def test_many_who_ask_at_once_cause_one_question() -> None:
    store = SlowStore()
    recent = RecentApiKeys(store)
    asking = [asyncio.create_task(recent.find(KEY.digest)) for _ in range(50)]
    await asyncio.sleep(0)
    asking[0].cancel()
    store.open.set()
    found = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert found[1:] == [KEY] * 49
    assert store.asked == 1


@pytest.mark.parametrize(("seconds", "asked"), [(0.0, 1), (0.999, 1), (1.0, 2), (60.0, 2)])
async def test_an_answer_is_remembered_for_one_second(seconds: float, asked: int) -> None:
    store, hand = SlowStore(), Hand()
    store.open.set()
    recent = RecentApiKeys(store, monotonic=hand)
    await recent.find(KEY.digest)
    hand.at += seconds
    await recent.find(KEY.digest)
    assert store.asked == asked


async def test_a_key_revoked_elsewhere_is_refused_after_a_second() -> None:
    store, hand = SlowStore(), Hand()
    store.open.set()
    recent = RecentApiKeys(store, monotonic=hand)
    assert await recent.find(KEY.digest) == KEY
    store.key = None
    hand.at += 1.0
    assert await recent.find(KEY.digest) is None


async def test_a_key_revoked_here_is_refused_at_once_and_a_new_one_let_in() -> None:
    store = SlowStore()
    store.open.set()
    recent = RecentApiKeys(store)
    assert await recent.find(KEY.digest) == KEY
    await recent.remove(KEY.tenant, KEY.id)
    assert await recent.find(KEY.digest) is None
    await recent.add(KEY)
    assert await recent.find(KEY.digest) == KEY


async def test_what_changes_here_is_seen_here_at_once() -> None:
    store = SlowStore()
    store.open.set()
    recent = RecentApiKeys(store)
    assert await recent.get(KEY.tenant, KEY.id) == KEY
    assert await recent.find(KEY.digest) == KEY
    ended = evolve(KEY, expires_at=NOW, replaced_by=KeyId("l"))
    await recent.replace(ended, KEY)
    assert await recent.get(KEY.tenant, KEY.id) == await recent.find(KEY.digest) == ended
    await recent.mark_used([KeyUse(KEY.tenant, KEY.id, NOW)])
    assert await recent.find(KEY.digest) == evolve(ended, last_used_at=NOW)
    signing = KeySigning(SignatureAlgorithm.HMAC_SHA256, True, b"salt")
    await recent.set_signing(KEY.tenant, KEY.id, signing)
    for found in (await recent.find(KEY.digest), await recent.get(KEY.tenant, KEY.id)):
        assert found is not None
        assert found.signing == signing


async def test_a_failure_is_not_remembered() -> None:
    store = SlowStore(fails=True)
    store.open.set()
    recent = RecentApiKeys(store)
    with pytest.raises(Unavailable):
        await recent.find(KEY.digest)
    store.fails = False
    assert await recent.find(KEY.digest) == KEY


async def test_made_up_keys_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    store = SlowStore(key=None)
    store.open.set()
    monkeypatch.setattr(recent_answers, "CAPACITY", 10)
    recent = RecentApiKeys(store)
    for number in range(100):
        await recent.find(number.to_bytes(32))
    assert len(recent._found._answers) == 10
