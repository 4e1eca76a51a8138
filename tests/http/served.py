"""A client of the whole HTTP application, wired to memory adapters."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from sightline import bootstrap
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.tenancy import PLATFORM_TENANT, ROLES, Role
from sightline.entrypoints.http.app import EdgeOptions, create_app

KEYS = {
    "acme": "acme-key-for-tests",
    "rival": "rival-key-for-tests",
    "platform": "platform-key-for-tests",
}


class Served:
    """The application, its adapters, and one client per tenant."""

    def __init__(self, adapters: bootstrap.Adapters, options: EdgeOptions) -> None:
        self.adapters = adapters
        self.cases = bootstrap.use_cases(adapters)
        self.app = create_app(self.cases, adapters.telemetry, adapters.server_secret, options)
        self.stranger = self._client({})
        self.acme = self._client({"authorization": f"Bearer {KEYS['acme']}"})
        self.rival = self._client({"x-api-key": KEYS["rival"]})
        self.platform = self._client({"x-api-key": KEYS["platform"]})

    def _client(self, headers: dict[str, str]) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://sightline", headers=headers)

    async def prepare(self) -> None:
        """Two tenants with a key each, and the platform's own."""
        for name, key in KEYS.items():
            role = Role.PLATFORM if name == PLATFORM_TENANT else Role.ADMIN
            await self.cases.create_tenant(TenantId(name), name.title())
            await self.cases.install_fixed_key(
                TenantId(name), KeyId(name), "test", key, ROLES[role]
            )


@asynccontextmanager
async def serving(
    options: EdgeOptions | None = None, adapters: bootstrap.Adapters | None = None
) -> AsyncIterator[Served]:
    """The application on fresh memory adapters, unless others are given."""
    served = Served(adapters or bootstrap.in_memory(), options or EdgeOptions())
    await served.prepare()
    yield served
    for client in (served.stranger, served.acme, served.rival, served.platform):
        await client.aclose()
