"""Reads key sets over HTTP, one at a time per issuer, and remembers them."""

import asyncio
import json
import time
from collections.abc import Callable

import httpx
from attrs import define, evolve, field

from ...domain.errors import Unavailable
from ...domain.tenancy import KeySet, PublicKey, Step, TrustedIssuer, public_key, step

LARGEST_ANSWER = 65_536
"""Key sets of real issuers have a few thousand bytes. [bytes]"""


class _NoKeySet(Exception):
    """The answer is not a key set."""


@define
class HttpIssuerKeys:
    """Key sets by the address that an operator set; redirects are not followed.

    Args:
        client: Makes the calls; made and closed by whoever makes this.
        deadline_seconds: Longest wait for a key set, all in all. [s]
        monotonic: A clock that is never set. [s]
    """

    client: httpx.AsyncClient
    deadline_seconds: float = 3.0
    monotonic: Callable[[], float] = time.monotonic
    _known: dict[str, KeySet] = field(factory=dict, init=False)
    _reading: dict[str, "asyncio.Task[None]"] = field(factory=dict, init=False)

    async def find(self, issuer: TrustedIssuer, key_id: str) -> PublicKey | None:
        url = issuer.jwks_url
        todo = step(self._known.get(url, KeySet()), key_id, self.monotonic())
        reading = self._reading.get(url)
        if reading is None and todo in {Step.USE_AND_READ, Step.READ}:
            reading = self._start(url)
        if reading is not None and todo in {Step.READ, Step.GIVE_UP}:
            # Shielded: one caller that leaves must not take the keys from the others.
            await asyncio.shield(reading)
        known = self._known.get(url, KeySet())
        if step(known, key_id, self.monotonic()) in {Step.READ, Step.GIVE_UP}:
            raise Unavailable("the keys of the token's issuer cannot be had now")
        return known.find(key_id)

    def _start(self, url: str) -> "asyncio.Task[None]":
        known = self._known.get(url, KeySet())
        self._known[url] = evolve(known, asked_at=self.monotonic())
        task = asyncio.create_task(self._read(url))
        self._reading[url] = task
        task.add_done_callback(lambda _: self._reading.pop(url, None))
        return task

    async def _read(self, url: str) -> None:
        """Read a key set; what was known stays if that fails."""
        try:
            async with asyncio.timeout(self.deadline_seconds):
                keys = await self._fetched(url)
        except (httpx.HTTPError, TimeoutError, _NoKeySet):
            return
        self._known[url] = evolve(self._known[url], keys=keys, read_at=self.monotonic())

    async def _fetched(self, url: str) -> tuple[PublicKey, ...]:
        body = b""
        accept = {"accept": "application/jwk-set+json, application/json"}
        async with self.client.stream("GET", url, headers=accept) as answer:
            if answer.status_code != 200:
                raise _NoKeySet
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > LARGEST_ANSWER:
                    raise _NoKeySet
        try:
            listed = json.loads(body)["keys"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise _NoKeySet from None
        if not isinstance(listed, list):
            raise _NoKeySet
        keys = (public_key(document) for document in listed)
        return tuple(key for key in keys if key is not None)
