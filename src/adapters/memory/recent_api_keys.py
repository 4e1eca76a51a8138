"""A second of memory in front of the API keys, so that a busy key costs microseconds."""

import asyncio
import time
from collections.abc import Callable, Sequence

from attrs import define, field

from ...domain.identifiers import KeyId, TenantId
from ...domain.tenancy import ApiKey
from ...ports.api_keys import ApiKeyRepository

CAPACITY = 10_000


@define
class RecentApiKeys:
    """Remembers each answer of `find`, yes or no, for a moment after the question was put.

    A key revoked elsewhere is refused at most `seconds` later. Any number of
    requests that bring the same key at once cause one look-up.
    """

    store: ApiKeyRepository
    seconds: float = 1.0
    monotonic: Callable[[], float] = time.monotonic
    _answers: dict[bytes, tuple[float, asyncio.Task[ApiKey | None]]] = field(
        factory=dict, init=False
    )

    async def find(self, digest: bytes) -> ApiKey | None:
        now = self.monotonic()
        asked_at, answer = self._answers.get(digest, (0.0, None))
        if answer is None or now - asked_at >= self.seconds or _failed(answer):
            self._answers.pop(digest, None)  # the newest stands last, so the oldest goes first
            if len(self._answers) >= CAPACITY:
                del self._answers[next(iter(self._answers))]
            answer = asyncio.ensure_future(self.store.find(digest))
            self._answers[digest] = now, answer
        # Shielded: one caller that leaves must not take the answer from the others.
        return await asyncio.shield(answer)

    async def add(self, key: ApiKey) -> None:
        try:
            await self.store.add(key)
        finally:
            self._answers.pop(key.digest, None)

    async def of(self, tenant: TenantId) -> Sequence[ApiKey]:
        return await self.store.of(tenant)

    async def remove(self, tenant: TenantId, key: KeyId) -> None:
        try:
            await self.store.remove(tenant, key)
        finally:
            self._answers.clear()


def _failed(answer: "asyncio.Task[ApiKey | None]") -> bool:
    return answer.done() and (answer.cancelled() or answer.exception() is not None)
