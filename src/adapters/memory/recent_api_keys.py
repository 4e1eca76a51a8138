"""A second of memory in front of the API keys, so that a busy key costs microseconds."""

import time
from collections.abc import Callable, Sequence

from attrs import define, field

from ...domain.identifiers import KeyId, TenantId
from ...domain.tenancy import ApiKey, KeySigning, KeyUse
from ...ports.api_keys import ApiKeyRepository
from .recent_answers import RecentAnswers


@define
class RecentApiKeys:
    """Remembers what `find` and `get` answered for a moment after the question was put.

    A key revoked in another process is refused at most `seconds` later, one
    revoked in this process at once.
    """

    store: ApiKeyRepository
    seconds: float = 1.0
    monotonic: Callable[[], float] = time.monotonic
    _found: RecentAnswers[bytes, ApiKey | None] = field(init=False)
    _got: RecentAnswers[tuple[TenantId, KeyId], ApiKey | None] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._found = RecentAnswers(self.store.find, self.seconds, self.monotonic)
        self._got = RecentAnswers(self._get, self.seconds, self.monotonic)

    async def find(self, digest: bytes) -> ApiKey | None:
        return await self._found(digest)

    async def get(self, tenant: TenantId, key: KeyId) -> ApiKey | None:
        return await self._got((tenant, key))

    async def add(self, key: ApiKey) -> None:
        try:
            await self.store.add(key)
        finally:
            self._found.forget(key.digest)
            self._got.forget((key.tenant, key.id))

    async def of(self, tenant: TenantId) -> Sequence[ApiKey]:
        return await self.store.of(tenant)

    async def replace(self, old: ApiKey, new: ApiKey) -> None:
        try:
            await self.store.replace(old, new)
        finally:
            self._forget_all()

    async def remove(self, tenant: TenantId, key: KeyId) -> None:
        try:
            await self.store.remove(tenant, key)
        finally:
            self._forget_all()

    async def set_signing(self, tenant: TenantId, key: KeyId, signing: KeySigning | None) -> None:
        try:
            await self.store.set_signing(tenant, key, signing)
        finally:
            self._forget_all()

    async def mark_used(self, uses: Sequence[KeyUse]) -> None:
        try:
            await self.store.mark_used(uses)
        finally:
            self._forget_all()

    async def _get(self, place: tuple[TenantId, KeyId]) -> ApiKey | None:
        return await self.store.get(*place)

    def _forget_all(self) -> None:
        self._found.clear()
        self._got.clear()
