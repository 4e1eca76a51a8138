"""What it costs to find out who asks and what they may, per request, on a SQLite file."""

import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from attrs import evolve

from sightline import bootstrap
from sightline.domain.errors import Unauthenticated
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.tenancy import ClientCredentials
from sightline.entrypoints.settings import Settings

from . import Figure, within

ACME = TenantId("acme")
KEY = "benchmark-key-1"
ROUNDS, CALLS = 9, 400


async def run() -> list[Figure]:
    """Warm is within the second (keys) or half minute (tokens) that an answer is remembered."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=folder)
        async with bootstrap.production(settings) as adapters:
            return await _figures(adapters)


async def _figures(adapters: bootstrap.Adapters) -> list[Figure]:
    cases = bootstrap.use_cases(adapters)
    await cases.create_tenant(ACME, "Acme")
    await cases.install_fixed_key(ACME, KeyId("bench"), "bench", KEY)
    issued = await cases.tokens.issue(ClientCredentials("bench", KEY), None)
    token = issued.access_token
    bare = bootstrap.use_cases(evolve(adapters, api_keys=adapters.api_keys.store))  # type: ignore[attr-defined]  # RecentApiKeys
    damaged = "sl_live_000000000000_" + "0" * 36

    async def refused() -> None:
        with suppress(Unauthenticated):
            await cases.authenticate(damaged)

    async def anew() -> None:
        cases.tokens.verify.forget()
        await cases.authenticate(token)

    return [
        within("API key, warm", await best(lambda: cases.authenticate(KEY)), 60, "µs"),
        within("token, warm", await best(lambda: cases.authenticate(token)), 60, "µs"),
        within("damaged key, refused by its checksum", await best(refused), 60, "µs"),
        within("token, its signature checked anew", await best(anew), 2_000, "µs"),
        within(
            "API key, read from the file", await best(lambda: bare.authenticate(KEY)), 5_000, "µs"
        ),
    ]


async def best(call: Callable[[], Awaitable[object]]) -> float:
    """The mean of the best of several rounds. [µs]"""
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(CALLS):
            await call()
        found.append((time.perf_counter() - began) / CALLS * 1e6)
    return min(found)
