"""Loads blocks into a store until it is killed, and says after each how far it is.

Run as a program with the path of the file; `history` is what it loads, for the test to compare.
"""

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sightline.adapters.duckdb.database import duckdb_database
from sightline.adapters.duckdb.event_store import DuckDbEventStore
from sightline.domain.events import Event, EventSlice
from sightline.domain.identifiers import TenantId

TENANTS = (TenantId("acme"), TenantId("rival_2"))
BLOCK = 300
FIRST = datetime(2024, 3, 1, tzinfo=UTC)


def history(first: int, last: int) -> Iterator[Event]:
    """The events at these positions: some late, most users on several days."""
    for position in range(first, last + 1):
        at = FIRST + timedelta(hours=position // 20 - 30 * (position % 9 == 0))
        user, kind = f"u{position * 7919 % 83}", f"type_{position % 3}"
        yield Event(f"e{position}", user, kind, at, {"n": position % 5}, at, None, position)


async def endless_load(path: Path) -> None:
    """Go on from where the file is."""
    async with duckdb_database(path, threads=1, memory_limit="500MB") as database:
        store = DuckDbEventStore(database, settle_at=4 * BLOCK)
        loaded = (await store.loaded()).get(TENANTS[0], 0)
        while True:
            through = loaded + BLOCK
            block = EventSlice(loaded, through, tuple(history(loaded + 1, through)))
            await store.load(dict.fromkeys(TENANTS, block))
            loaded = through
            print(loaded, flush=True)  # noqa: T201  the acknowledgement


if __name__ == "__main__":
    asyncio.run(endless_load(Path(sys.argv[1])))
