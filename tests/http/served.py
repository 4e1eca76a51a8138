"""A client of the whole HTTP application, wired to memory adapters."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from sightline import bootstrap
from sightline.domain.identifiers import KeyId, TenantId
from sightline.entrypoints.http.app import EdgeOptions, create_app

KEYS = {"acme": "acme-key-for-tests", "rival": "rival-key-for-tests"}


class Served:
    """The application, its adapters, and one client per tenant."""

    def __init__(self, adapters: bootstrap.Adapters, options: EdgeOptions) -> None:
        self.adapters = adapters
        self.cases = bootstrap.use_cases(adapters)
        self.app = create_app(self.cases, adapters.telemetry, adapters.server_secret, options)
        self.stranger = self._client({})
        self.acme = self._client({"authorization": f"Bearer {KEYS['acme']}"})
        self.rival = self._client({"x-api-key": KEYS["rival"]})

    def _client(self, headers: dict[str, str]) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://sightline", headers=headers)

    async def prepare(self) -> None:
        """Two tenants with a key each."""
        for name, key in KEYS.items():
            await self.cases.create_tenant(TenantId(name), name.title())
            await self.cases.install_fixed_key(TenantId(name), KeyId(name), "test", key)


@asynccontextmanager
async def serving(options: EdgeOptions | None = None) -> AsyncIterator[Served]:
    """The application on fresh memory adapters."""
    served = Served(bootstrap.in_memory(), options or EdgeOptions())
    await served.prepare()
    yield served
    for client in (served.stranger, served.acme, served.rival):
        await client.aclose()
