"""A6: a refresh token that comes back ends its family; ten at once get one successor."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import httpx

from . import Found
from .servers import Server, Shape, serving, two_workers

OFFLINE = {"grant_type": "client_credentials", "scope": "energy:read offline_access"}
#: The control: for how long a token that was replaced is taken for a lost answer.
WEAK = """
from datetime import timedelta
from sightline.domain.tenancy import refresh_tokens
refresh_tokens.OVERLAP = timedelta(days=1)
"""


async def run(controlled: bool) -> list[Found]:
    """In two processes if there can be two, in one otherwise."""
    weak = "" if controlled else WEAK
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(two_workers({}, weak))
        where = "two processes"
        if server is None:
            server = await stack.enter_async_context(serving(Shape(weakened=weak)))
            where = "one process"
        return [await _crowd(server, where), await _reuse(server, where)]


async def _crowd(server: Server, where: str) -> Found:
    told = await _given(server)
    answers = await asyncio.gather(*(_refresh(server, told["refresh_token"]) for _ in range(10)))
    good = [answer.json()["refresh_token"] for answer in answers if answer.status_code == 200]
    figure = f"{len(good)} x 200, {len(set(good))} successors"
    rightly = len(good) == 10 and len(set(good)) == 1
    return Found("A6", f"{where}, ten refreshes at once", figure, "10 x 200, 1 successor", rightly)


async def _reuse(server: Server, where: str) -> Found:
    first = await _given(server)
    second = (await _refresh(server, first["refresh_token"])).raise_for_status().json()
    apart = await _given(server)
    before = await _status(server, second["access_token"])
    await asyncio.sleep(10.5)  # longer than an answer may be lost
    again = (await _refresh(server, first["refresh_token"])).status_code
    newest = (await _refresh(server, second["refresh_token"])).status_code
    await asyncio.sleep(1)  # so that every process knows
    after = await _status(server, second["access_token"])
    other = await _status(server, apart["access_token"])
    seen = (before, again, newest, after, other)
    return Found(
        "A6",
        f"{where}, a replaced token after 10.5 s; newest token; access token; another family's",
        f"{before}, then {seen[1:]}",
        "200, then (400, 400, 401, 200)",
        seen == (200, 400, 400, 401, 200),
    )


async def _given(server: Server) -> dict[str, Any]:
    proof = {"client_id": server.tenants[0], "client_secret": server.key()}
    told: dict[str, Any] = (await _ask(server, **OFFLINE, **proof)).raise_for_status().json()
    return told


async def _refresh(server: Server, token: str) -> httpx.Response:
    return await _ask(server, grant_type="refresh_token", refresh_token=token)


async def _ask(server: Server, **form: str) -> httpx.Response:
    """On a connection of its own, so that any process may get it."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=30) as client:
        return await client.post("/oauth/token", data=form)


async def _status(server: Server, token: str) -> int:
    async with server.client(token) as client:
        return (await client.get("/api/v1/me")).status_code
