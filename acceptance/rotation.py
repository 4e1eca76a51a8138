"""A5: a key and its successor both work for the overlap, and then only the successor."""

import asyncio
import time

import httpx

from . import Found, at_most, none_of
from .servers import Server, serving

OVERLAP_SECONDS = 3
#: A process may remember a key for a second.
SLACK_SECONDS = 1.0


async def run(controlled: bool) -> list[Found]:
    """Rotate a key, and ask with both all the time."""
    # Without the control: an overlap that does not end when it was said to.
    overlap = OVERLAP_SECONDS if controlled else 3600
    async with serving() as server, server.client() as owner:
        made = await owner.post("/api/v1/keys", json={"name": "old", "role": "viewer"})
        old = made.raise_for_status().json()
        answer = await owner.post(
            f"/api/v1/keys/{old['id']}/rotate", json={"overlap_seconds": overlap}
        )
        new = answer.raise_for_status().json()
        rotated_at = time.monotonic()
        return await _watched(server, old["key"], new["key"], rotated_at)


async def _watched(server: Server, old: str, new: str, rotated_at: float) -> list[Found]:
    last, early, refused, asked = 0.0, 0, 0, 0
    async with server.client(old) as with_old, server.client(new) as with_new:
        while (at := time.monotonic() - rotated_at) < OVERLAP_SECONDS + 3:
            asked += 1
            refused += not await _opens(with_new)
            if await _opens(with_old):
                last = at
            elif at < OVERLAP_SECONDS - 0.2:
                early += 1
            await asyncio.sleep(0.02)
    what = f"rotated with {OVERLAP_SECONDS} s of overlap"
    bar = OVERLAP_SECONDS + SLACK_SECONDS
    return [
        at_most("A5", f"{what}, the old key last accepted after", last, bar, "s"),
        none_of("A5", f"{what}, the old key refused before", early, f"{asked}"),
        none_of("A5", f"{what}, the new key refused", refused, f"{asked}"),
    ]


async def _opens(client: httpx.AsyncClient) -> bool:
    return (await client.get("/api/v1/me")).status_code == 200
