"""One process at a time on a SQLite file."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from ...domain.errors import Unavailable

_PAUSE = 0.1


@asynccontextmanager
async def sole_writer(database_url: str, patience_seconds: float = 5.0) -> AsyncIterator[None]:
    """Hold the database file for this process; PostgreSQL needs no such thing.

    A second process that writes and checkpoints can corrupt a SQLite file
    (ADR 9). The lock dies with the process, however that ends.

    Args:
        database_url: The record store.
        patience_seconds: How long to wait for a process that is just stopping. [s]

    Raises:
        Unavailable: If another process keeps the file.
    """
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        yield
        return
    path = Path(f"{url.database}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        await _lock(file, url.database, patience_seconds)
        os.truncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(file)


async def _lock(file: int, database: str, patience_seconds: float) -> None:
    for _ in range(max(1, round(patience_seconds / _PAUSE))):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(_PAUSE)
        else:
            return
    holder = os.read(file, 20).decode().strip() or "unknown"
    raise Unavailable(
        f"the database file {database} is in use by process {holder}; "
        "stop that one first, or keep the records in PostgreSQL"
    )
