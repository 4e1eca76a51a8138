"""A process that keeps events and can be killed: `python writer.py FOLDER MODE ...`.

`serve PORT` answers lines of JSON, `{"key": …, "ids": […]}`, with what became of them.
`script COUNT CLIENTS` appends by itself and writes `ACK id id …` or `NO id id …` per batch.
"""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import event

from sightline.adapters.sql.database import Database
from sightline.adapters.sql.event_log import SqlEventLog
from sightline.domain.errors import Unavailable
from sightline.domain.events import EventBatch, EventDraft, NewEvent, RequestKey
from sightline.domain.identifiers import TenantId

TENANT = TenantId("acme")
NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
FILE = "events.sqlite"


def batch(key: str, ids: Sequence[str]) -> EventBatch:
    """The batch of a request; the same for the same ids."""
    request = RequestKey(key, sha256("\n".join(ids).encode()).digest())
    return EventBatch(tuple(map(_new, ids)), NOON, request)


def _new(name: str) -> NewEvent:
    draft = EventDraft(f"user-{len(name)}", "page_view", name, NOON, {"of": name})
    fingerprint = draft.fingerprint()
    return NewEvent(name, draft.user_id, "page_view", NOON, draft.properties, fingerprint)


def opened(folder: Path) -> Database:
    """The database of a folder; `SYNCHRONOUS` and `CHECKPOINT` in the environment change it."""
    database = Database(f"sqlite:///{folder / FILE}")

    @event.listens_for(database._writer.sync_engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for name, pragma in (("SYNCHRONOUS", "synchronous"), ("CHECKPOINT", "wal_autocheckpoint")):
            if value := os.environ.get(name):
                cursor.execute(f"PRAGMA {pragma}={value}")
        cursor.close()

    return database


async def serve(log: SqlEventLog, port: int) -> None:
    """Answer until killed; with `LIES` before anything is kept."""
    late: set[asyncio.Task[object]] = set()

    async def keep(key: str, ids: Sequence[str]) -> None:
        if os.environ.get("LIES"):
            late.add(asyncio.create_task(_later(log, key, ids)))
            return
        await log.append(TENANT, batch(key, ids))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            asked = json.loads(line)
            try:
                await keep(asked["key"], asked["ids"])
                said = b"kept\n"
            except Unavailable:
                said = b"unavailable\n"
            writer.write(said)
            await writer.drain()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


async def _later(log: SqlEventLog, key: str, ids: Sequence[str]) -> None:
    await asyncio.sleep(1)
    await log.append(TENANT, batch(key, ids))


async def script(log: SqlEventLog, count: int, clients: int) -> None:
    """Append so many batches, so many at a time; a batch that failed is not sent again."""
    numbers = iter(range(count))

    async def client() -> None:
        for number in numbers:
            ids = [f"{number}-{n}" for n in range(1 + number % 3)]
            try:
                await log.append(TENANT, batch(f"k{number}", ids))
                word = "ACK"
            except Unavailable:
                word = "NO"
                await asyncio.sleep(0.01)
            os.write(1, f"{word} {' '.join(ids)}\n".encode())

    await asyncio.gather(*(client() for _ in range(clients)))


async def main() -> None:
    """Run what the arguments say."""
    folder, mode, *numbers = sys.argv[1:]
    log = SqlEventLog(opened(Path(folder)))
    if mode == "serve":
        await serve(log, int(numbers[0]))
    await script(log, *map(int, numbers))
    os._exit(0)  # as a crash leaves the files, not as a tidy end would


if __name__ == "__main__":
    asyncio.run(main())
