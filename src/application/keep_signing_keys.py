"""The deployment's signing keys: which one signs, which ones others may check with."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import define, field

from ..domain.errors import Unavailable
from ..domain.tenancy import (
    PublicKey,
    SigningKey,
    needs_another,
    outlived,
    signing_key,
)
from ..ports.clock import Clock
from ..ports.signing_keys import SigningKeyRepository
from ..ports.token_signatures import TokenSignatures

#: How long the keys are remembered; a key of another process is shown long before it signs.
_REMEMBERED = timedelta(minutes=1)
#: How often the store is asked at most because of a key that is not known.
_PAUSE = timedelta(seconds=10)


@define
class KeepSigningKeys:
    """Use case: the keys as they are now, made and retired when it is time."""

    store: SigningKeyRepository
    signatures: TokenSignatures
    clock: Clock
    _known: Sequence[SigningKey] = field(default=(), init=False)
    _read_at: datetime | None = field(default=None, init=False)

    async def signing(self) -> SigningKey:
        """The key to sign with; the first time ever, one is made.

        Raises:
            Unavailable: If the store does not answer, or gives no key that this secret opens.
        """
        now = self.clock.now()
        if self._is_older_than(_REMEMBERED, now):
            await self._read(now)
        # Keys under another secret may still check tokens, but only ours can sign.
        ours = [key for key in self._known if self.signatures.opens(key)]
        if needs_another(ours, now):
            number = self._known[-1].number + 1 if self._known else 1
            # Of processes that do this at once, one key is kept, and all read that one.
            await self.store.add(self.signatures.new_key(number, now))
            await self._read(now)
            ours = [key for key in self._known if self.signatures.opens(key)]
        found = signing_key(ours, now)
        if found is None:
            raise Unavailable("no signing key can be opened with the server's secret")
        return found

    async def checking(self, key_id: str) -> PublicKey | None:
        """The key of an id, if it is one of ours."""
        now = self.clock.now()
        found = self._find(key_id)
        if self._is_older_than(_REMEMBERED if found else _PAUSE, now):
            await self._read(now)
            found = self._find(key_id)
        return found

    async def published(self) -> tuple[PublicKey, ...]:
        """Every key that somebody may have to check a token with, newest first."""
        await self.signing()
        return tuple(key.public for key in reversed(self._known))

    async def _read(self, now: datetime) -> None:
        keys = await self.store.all()
        if old := outlived(keys, now):
            await self.store.remove([key.number for key in old])
        self._known = [key for key in keys if key not in old]
        self._read_at = now

    def _is_older_than(self, age: timedelta, now: datetime) -> bool:
        return self._read_at is None or now - self._read_at >= age

    def _find(self, key_id: str) -> PublicKey | None:
        return next((key.public for key in self._known if key.public.id == key_id), None)
