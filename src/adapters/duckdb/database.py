"""A DuckDB file that is locked down, and the few threads that work on it.

The engine has no driver for an event loop: every call runs in a thread, at most as many at
once as there are cores; more would only share them. Whoever gives up waiting stops the
engine, so that no work outlives the one who asked for it.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import duckdb
from duckdb import DuckDBPyConnection as Connection

from ...domain.errors import Unavailable
from ..threads import computing_threads
from . import tables

_T = TypeVar("_T")

HELD = "another process holds the columnar store; it is had as soon as that one ends"
BROKEN = "the columnar store cannot be opened"
#: What the engine says of a file that another process has.
_HELD = "Conflicting lock"

#: An interrupt between two statements is lost, so it is repeated until the work has ended.
_INSIST_SECONDS = 0.01

#: What is the fault of disk, memory, deadline or process; anything else is ours.
_UNAVAILABLE = (
    duckdb.ConnectionException,
    duckdb.FatalException,
    duckdb.InterruptException,
    duckdb.IOException,
    duckdb.OutOfMemoryException,
)


class DuckDbDatabase:
    """One file. Work of readers runs beside work of the one writer.

    Args:
        connection: A connection to the file, as `opened` makes it.
        readers: Most readings at once.
        deadline_seconds: Longest that one call may take, waiting for its turn included. [s]
    """

    def __init__(
        self, connection: Connection, *, readers: int, deadline_seconds: float = 30.0
    ) -> None:
        self._connection = connection
        self._writer = connection.cursor()
        self._readers = computing_threads(readers, "duckdb-reader")
        self._writers = computing_threads(1, "duckdb-writer")
        self._deadline = deadline_seconds

    def cursor(self) -> Connection:
        """A connection of its own, with a transaction of its own; costs microseconds."""
        return self._connection.cursor()

    async def read(self, work: Callable[[Connection], _T]) -> _T:
        """Do some reading in one snapshot.

        Raises:
            Unavailable: If the engine fails, or it takes too long.
        """
        cursor = self.cursor()
        try:
            return await self.step(cursor, lambda: _in_snapshot(cursor, work))
        finally:
            cursor.close()

    async def step(self, cursor: Connection, work: Callable[[], _T]) -> _T:
        """Do one step of reading on a cursor that is kept.

        Raises:
            Unavailable: As for `read`.
        """
        return await self._done(cursor, self._readers.submit(work))

    async def write(self, work: Callable[[Connection], _T], patience: float | None = None) -> _T:
        """Do some writing in one transaction: all of it or none.

        Args:
            work: What to do.
            patience: Longest it may take, where that is not the deadline. [s]

        Raises:
            Unavailable: As for `read`.
        """
        future = self._writers.submit(_in_transaction, self._writer, work)
        return await self._done(self._writer, future, patience)

    async def aclose(self) -> None:
        """Wait for what runs, write the write-ahead log into the file, and let go of it."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        for pool in (self._readers, self._writers):
            pool.shutdown(cancel_futures=True)
        self._writer.close()
        self._connection.close()

    async def _done(
        self, cursor: Connection, future: Future[_T], patience: float | None = None
    ) -> _T:
        waiting = asyncio.wrap_future(future)
        try:
            # Unlike `wait_for` it leaves the work alone, which must first be told to stop.
            done, _ = await asyncio.wait([waiting], timeout=patience or self._deadline)
        except asyncio.CancelledError:
            await _stopped(cursor, future, waiting)
            raise
        if not done:
            await _stopped(cursor, future, waiting)
            raise Unavailable("the columnar store took too long")
        try:
            return waiting.result()
        except _UNAVAILABLE as error:
            raise Unavailable("the columnar store does not answer") from error


async def _stopped(cursor: Connection, work: Future[_T], waiting: asyncio.Future[_T]) -> None:
    """Wait until the engine has let go, pressing it to; who is cancelled meanwhile waits, too."""
    cancelled: asyncio.CancelledError | None = None
    work.cancel()
    while not waiting.done():
        cursor.interrupt()
        try:
            await asyncio.wait([waiting], timeout=_INSIST_SECONDS)
        except asyncio.CancelledError as error:
            cancelled = error
    if not waiting.cancelled():
        waiting.exception()  # nobody else asks for it
    if cancelled is not None:
        raise cancelled


def _in_snapshot(cursor: Connection, work: Callable[[Connection], _T]) -> _T:
    cursor.execute("begin transaction read only")
    try:
        return work(cursor)
    finally:
        _roll_back(cursor)


def _in_transaction(cursor: Connection, work: Callable[[Connection], _T]) -> _T:
    cursor.execute("begin transaction")
    try:
        done = work(cursor)
        _commit(cursor)
    except BaseException:
        _roll_back(cursor)
        raise
    return done


def _commit(cursor: Connection) -> None:
    try:
        cursor.execute("commit")
    except duckdb.TransactionException as error:
        # With one writer nothing else is in the way than the disk.
        raise Unavailable("the columnar store cannot keep anything now") from error


def _roll_back(cursor: Connection) -> None:
    try:
        cursor.execute("rollback")
    except duckdb.Error:
        # A commit that failed has rolled back; a broken file says so at the next call.
        return


def opened(
    path: Path,
    *,
    memory_limit: str,
    threads: int,
    checkpoint: str = "64MB",
    layouts: Sequence[str] = tables.LAYOUTS,
) -> Connection:
    """A connection to a file that reaches nothing but its file; the file is made where missing.

    Nothing can be read from or written to elsewhere, no extension be had, no setting be
    changed afterwards. Overflow of sorts goes to a folder beside the file.

    Args:
        path: The file.
        memory_limit: Most memory of the engine, such as ``2GB``.
        threads: Threads of the engine.
        checkpoint: How much is in the write-ahead log before it goes into the file.
        layouts: One script per layout of what is kept there.

    Raises:
        Unavailable: If the file cannot be had, as when another process holds it.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": f"{path}.overflow",
        "memory_limit": memory_limit,
        "threads": threads,
        "checkpoint_threshold": checkpoint,
        # Wide columns are fetched for the rows of a page alone.
        "late_materialization_max_rows": 1_100,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "python_enable_replacements": False,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(str(path), config=settings)
        # In this order and last: the folder above can no longer be set once access is gone.
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        tables.prepare(connection, layouts)
    except duckdb.Error as error:
        # Which file and which process is for the log, not for callers.
        raise Unavailable(HELD if _HELD in str(error) else BROKEN) from error
    return connection


@asynccontextmanager
async def duckdb_database(
    path: Path,
    *,
    memory_limit: str = "2GB",
    threads: int | None = None,
    deadline_seconds: float = 30.0,
    layouts: Sequence[str] = tables.LAYOUTS,
) -> AsyncIterator[DuckDbDatabase]:
    """The columnar store in a file, while it is used.

    Args:
        path: The file.
        memory_limit: Most memory of the engine, such as ``2GB``.
        threads: Threads of the engine and most readings at once; the cores where left out.
        deadline_seconds: Longest that one call may take. [s]
        layouts: One script per layout of what is kept there; that of events where left out.

    Raises:
        Unavailable: If the file cannot be had, as when another process holds it.
    """
    cores = threads or os.cpu_count() or 1
    with computing_threads(1) as opener:  # the engine's own threads are nice if this one is
        connection = await asyncio.wrap_future(
            opener.submit(opened, path, memory_limit=memory_limit, threads=cores, layouts=layouts)
        )
    database = DuckDbDatabase(connection, readers=cores, deadline_seconds=deadline_seconds)
    try:
        yield database
    finally:
        await database.aclose()
