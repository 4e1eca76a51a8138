"""A4: what was revoked opens nothing a second later, in any process.

Suspending a tenant belongs here as a third thing to revoke, once tenants can be suspended.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx

from . import Found, at_most, none_of, skipped
from .servers import Server, serving, two_workers

BAR_SECONDS, WATCHED_SECONDS, CLIENTS = 1.0, 2.0, 10
#: The control: for how long a process believes what it read of keys and revoked tokens.
WEAK = """
from sightline.adapters.memory import recent_answers as _recent
_usual = _recent.RecentAnswers.__init__
def _long(self, ask, seconds, *others, **named):
    _usual(self, ask, 30.0, *others, **named)
_recent.RecentAnswers.__init__ = _long
"""


async def run(controlled: bool) -> list[Found]:
    """One process on SQLite, two on PostgreSQL."""
    weak = "" if controlled else WEAK
    found = []
    if controlled:  # in the process that revoked it, a key ends at once whatever is remembered
        async with serving() as server:
            found += await _checked(server, "one process")
    async with two_workers({}, weak) as both:
        if both is None:
            return [*found, skipped("A4", "two processes", "no PostgreSQL")]
        return [*found, *await _checked(both, "two processes")]


async def _checked(server: Server, where: str) -> list[Found]:
    found = []
    async with server.client() as client:
        for what, revoke in (("key", _key), ("token", _token), ("key of a token", _key_of_token)):
            credential, end = await revoke(client)
            late, accepted = await _last_accepted(server, credential, end)
            title = f"{where}, {what} revoked: last accepted after"
            found += [
                at_most("A4", title, late, BAR_SECONDS, "s"),
                none_of("A4", f"{where}, {what}: never accepted before", int(not accepted), "1"),
            ]
    return found


Revoke = Callable[[], Awaitable[httpx.Response]]


async def _key(client: httpx.AsyncClient) -> tuple[str, Revoke]:
    key = await _new_key(client)
    return key["key"], lambda: client.delete(f"/api/v1/keys/{key['id']}")


async def _token(client: httpx.AsyncClient) -> tuple[str, Revoke]:
    key = await _new_key(client)
    token = (await _form(client, "/oauth/token", key, grant_type=_GRANT)).json()["access_token"]
    return token, lambda: _form(client, "/oauth/revoke", key, token=token)


async def _key_of_token(client: httpx.AsyncClient) -> tuple[str, Revoke]:
    key = await _new_key(client)
    token = (await _form(client, "/oauth/token", key, grant_type=_GRANT)).json()["access_token"]
    return token, lambda: client.delete(f"/api/v1/keys/{key['id']}")


_GRANT = "client_credentials"


async def _new_key(client: httpx.AsyncClient) -> dict[str, str]:
    made = await client.post("/api/v1/keys", json={"name": "to be revoked", "role": "viewer"})
    key: dict[str, str] = made.raise_for_status().json()
    return key


async def _form(
    client: httpx.AsyncClient, path: str, key: dict[str, str], **fields: str
) -> httpx.Response:
    """A form that says itself who asks."""
    proof = {"client_id": key["id"], "client_secret": key["key"]}
    request = client.build_request("POST", path, data={**proof, **fields})
    request.headers.pop("authorization")
    return (await client.send(request)).raise_for_status()


async def _last_accepted(server: Server, credential: str, end: Revoke) -> tuple[float, int]:
    """How long after the answer to the revocation a request was begun that was still accepted.

    Returns:
        Seconds, 0 if none was, and how many were accepted before.
    """
    accepted: list[float] = []
    revoked_at = float("inf")

    async def hammer(client: httpx.AsyncClient) -> None:
        while time.monotonic() < min(revoked_at + WATCHED_SECONDS, give_up):
            began = time.monotonic()
            if (await client.get("/api/v1/me")).status_code == 200:
                accepted.append(began)
            await asyncio.sleep(0.01)

    give_up = time.monotonic() + 30
    async with _clients(server, credential) as clients:
        hammering = [asyncio.create_task(hammer(client)) for client in clients]
        await asyncio.sleep(1)
        (await end()).raise_for_status()
        revoked_at = time.monotonic()
        before = len(accepted)
        await asyncio.gather(*hammering)
    return max(max(accepted, default=0.0) - revoked_at, 0.0), before


@asynccontextmanager
async def _clients(server: Server, credential: str) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Connections enough that every process has some of them."""
    clients = [server.client(credential) for _ in range(CLIENTS)]
    try:
        yield clients
    finally:
        await asyncio.gather(*(client.aclose() for client in clients))
