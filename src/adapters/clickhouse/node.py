"""One ClickHouse server, asked over HTTP by a few threads."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any, TypeVar
from uuid import uuid4

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from ...domain.errors import Unavailable

T = TypeVar("T")
Settings = Mapping[str, object]

#: Without these, one slow block may be kept in the memory of the server, or be refused whole.
_WRITING: Settings = {"async_insert": 0, "max_partitions_per_insert_block": 0}
#: Codes of the engine for a statement that is wrong: ours to mend, and nothing to wait for.
_OUR_FAULT = frozenset({36, 43, 46, 47, 62, 386, 457})
#: What is told of the others; no code comes with a connection that broke.
_SAID = {None: "does not answer", 159: "takes too long", 160: "takes too long"}
_AGAIN_SECONDS = 0.2
_CHANGE_SECONDS = 600.0


class ClickHouseNode:
    """A server that is connected to when it is first asked, and again after it was away.

    Args:
        name: Host and port, for messages.
        connect: Makes a client that waits so many seconds; several threads may use it at once.
        prepare: Makes sure of its tables, once per process.
        deadline_seconds: Longest wait for an answer; what changes whole tables may take longer. [s]
        at_once: Most statements at once; further ones wait.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[float], Client],
        prepare: Callable[[Client], None],
        *,
        deadline_seconds: float = 30.0,
        at_once: int = 8,
    ) -> None:
        self._name = name
        self._connect = connect
        self._prepare = prepare
        self._deadline = deadline_seconds
        self._pool = ThreadPoolExecutor(at_once, "clickhouse")
        self._enders = ThreadPoolExecutor(1, "clickhouse-end")
        self._connecting = threading.Lock()
        self._clients: dict[float, Client] = {}

    async def ask(
        self, statement: str, values: dict[str, object] | None = None
    ) -> Sequence[Sequence[Any]]:
        """The rows of an answer."""
        return await self._do(
            lambda client, settings: (
                client.query(statement, parameters=values, settings=settings).result_rows
            )
        )

    async def ask_columns(
        self, statement: str, values: dict[str, object] | None = None
    ) -> Sequence[Any]:
        """The columns of an answer; none at all where there are no rows."""
        return await self._do(
            lambda client, settings: list(
                client.query(
                    statement,
                    parameters=values,
                    settings=settings,
                    column_oriented=True,
                ).result_columns
            )
        )

    async def change(self, statement: str, values: dict[str, object], settings: Settings) -> None:
        """Change what is there, which may take as long as to write a table anew."""
        await self._do(
            lambda client, own: client.command(
                statement, parameters=values, settings={**own, **settings}
            ),
            max(self._deadline, _CHANGE_SECONDS),
        )

    async def insert(self, table: str, columns: Sequence[str], lines: bytes) -> None:
        """Add rows, one JSON object each."""
        await self._do(
            lambda client, settings: client.raw_insert(
                table, columns, lines, {**settings, **_WRITING}, fmt="JSONEachRow"
            )
        )

    async def aclose(self) -> None:
        """Wait for what is under way, and close the connections."""
        await asyncio.to_thread(self._close)

    async def _do(
        self, call: Callable[[Client, dict[str, Any]], T], seconds: float | None = None
    ) -> T:
        """Call in a thread; if the caller gives up, the server is told to stop."""
        query_id, deadline = str(uuid4()), seconds or self._deadline
        # The server stops by itself a little before we give up on it.
        settings = {"query_id": query_id, "max_execution_time": deadline}
        doing = self._pool.submit(self._answer, lambda client: call(client, settings), deadline)
        try:
            return await asyncio.wrap_future(doing)
        except asyncio.CancelledError:
            if not doing.done():
                self._enders.submit(self._end, doing, query_id)
            raise

    def _answer(self, call: Callable[[Client], T], seconds: float) -> T:
        try:
            return call(self._connected(seconds))
        except (ClickHouseError, OSError) as error:
            code = getattr(error, "code", None)
            if code in _OUR_FAULT:
                raise
            said = _SAID.get(code, f"refuses with code {code}")
            raise Unavailable(f"the columnar store at {self._name} {said}") from error

    def _connected(self, seconds: float) -> Client:
        with self._connecting:
            if seconds not in self._clients:
                client = self._connect(seconds)
                try:
                    self._prepare(client)
                except Unavailable as error:
                    client.close()
                    raise Unavailable(f"the columnar store at {self._name}: {error}") from error
                except BaseException:
                    client.close()
                    raise
                self._clients[seconds] = client
            return self._clients[seconds]

    def _end(self, doing: "Future[Any]", query_id: str) -> None:
        """Stop a statement; more than once, for it may not have arrived yet."""
        while not wait([doing], _AGAIN_SECONDS).done and self._clients:
            with suppress(ClickHouseError, OSError):
                self._connected(self._deadline).command(
                    "KILL QUERY WHERE query_id = {id:String} ASYNC", parameters={"id": query_id}
                )

    def _close(self) -> None:
        self._pool.shutdown()
        self._enders.shutdown()
        for client in self._clients.values():
            client.close()
