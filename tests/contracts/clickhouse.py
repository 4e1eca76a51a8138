"""ClickHouse servers of the tests, each a process of its own on loopback, and stores on them.

The engine is 500 MB large, so no process of the tests itself loads it.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any
from urllib.request import Request, urlopen
from weakref import WeakKeyDictionary

from attrs import define, field

from sightline.adapters.clickhouse.event_store import ClickHouseEventStore, open_event_store
from sightline.adapters.clickhouse.power_readings import (
    ClickHousePowerReadingRepository,
    open_power_readings,
    turns_of_one_process,
)

_SERVER = Path(__file__).with_name("clickhouse_server.py")
#: By how many servers share them.
DATABASES = {1: "alone", 2: "default"}
_TABLES = ("event", "user_day", "load_mark")
_POWER_TABLES = ("power_reading", "power_quarter_hour", "power_begun", "power_done")


@define(eq=False)
class Server:
    """A server, which may be killed and started again with what it had.

    Args:
        folder: Where its data are.
        port: Where it listens; 0 until it was first started.
    """

    folder: str = field(factory=lambda: tempfile.mkdtemp(dir=_fast_folder()))
    port: int = 0
    _process: subprocess.Popen[str] | None = None

    def begin(self) -> "Server":
        """Start it, without waiting until it answers."""
        command = [sys.executable, str(_SERVER), self.folder, str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        return self

    def ready(self) -> "Server":
        """Wait until it answers: it says so in a line with its port."""
        assert self._process is not None
        out: IO[str] | None = self._process.stdout
        assert out is not None
        self.port = int(out.readline())
        return self

    def kill(self) -> None:
        """End it at once, as a failing machine would."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def remove(self) -> None:
        """End it, and delete what it had."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, statement: str) -> str:
        """Ask it something beside every store."""
        request = Request(f"http://127.0.0.1:{self.port}/", statement.encode())
        with urlopen(request, timeout=30) as answer:
            text: bytes = answer.read()
        return text.decode().strip()


@contextmanager
def servers_of_its_own(many: int) -> Iterator[list[Server]]:
    """Servers that a test may kill."""
    started = [Server().begin() for _ in range(many)]
    try:
        yield [one.ready() for one in started]
    finally:
        for one in started:
            one.remove()


@cache
def shared_servers() -> Sequence[Server]:
    """Two servers that live as long as this process."""
    started = [Server().begin() for _ in range(2)]
    for one in started:
        atexit.register(one.remove)
    return [one.ready() for one in started]


def store_url(servers: Sequence[Server], database: str = "default") -> str:
    """The address of a store on some servers."""
    hosts = ",".join(f"127.0.0.1:{one.port}" for one in servers)
    return f"clickhouse://default@{hosts}/{database}"


#: Stores per event loop, by kind and by how many servers: to empty one takes less time than
#: to open one.
_kept: WeakKeyDictionary[AbstractEventLoop, dict[tuple[str, int], tuple[object, Any]]] = (
    WeakKeyDictionary()
)


@asynccontextmanager
async def empty_store(many: int = 2) -> AsyncIterator[ClickHouseEventStore]:
    """An empty store of events on so many servers."""
    store: ClickHouseEventStore = await _opened("events", many, open_event_store)
    await store.loaded()  # which makes the tables
    _empty(many, _TABLES)
    yield store


@asynccontextmanager
async def empty_readings(many: int = 2) -> AsyncIterator[ClickHousePowerReadingRepository]:
    """An empty store of power readings on so many servers."""
    readings: ClickHousePowerReadingRepository = await _opened(
        "readings", many, lambda url: open_power_readings(url, turns_of_one_process())
    )
    await readings.ready()  # which makes the tables
    _empty(many, _POWER_TABLES)
    yield readings


async def _opened(
    kind: str, many: int, opening: Callable[[str], AbstractAsyncContextManager[Any]]
) -> Any:
    kept = _kept.setdefault(get_running_loop(), {})
    if (kind, many) not in kept:
        servers, database = shared_servers()[:many], DATABASES[many]
        for one in servers:
            one.ask(f"create database if not exists {database}")
        context = opening(store_url(servers, database))
        kept[kind, many] = (context, await context.__aenter__())
    return kept[kind, many][1]


def _empty(many: int, tables: Sequence[str]) -> None:
    for one in shared_servers()[:many]:
        for table in tables:
            one.ask(f"truncate table if exists {DATABASES[many]}.{table}")


def _fast_folder() -> str | None:
    """Memory where there is some: every insert waits for the disk otherwise."""
    memory = Path("/dev/shm")
    return str(memory) if os.access(memory, os.W_OK) else None
