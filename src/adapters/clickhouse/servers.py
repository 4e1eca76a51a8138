"""All servers of a store: connected to, and asked together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TypeVar

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.httputil import get_pool_manager

from .address import ClickHouseAddress, clickhouse_address
from .node import ClickHouseNode

T = TypeVar("T")


@asynccontextmanager
async def open_nodes(
    url: str,
    prepared: Callable[[int, int], Callable[[Client], None]],
    *,
    deadline_seconds: float,
    at_once: int,
) -> AsyncIterator[Sequence[ClickHouseNode]]:
    """The servers at an address, closed at the end; they are connected to when first asked.

    Args:
        url: As in `clickhouse_address`.
        prepared: What makes sure of the tables of a server with a number among so many.
        deadline_seconds: Longest wait for an answer. [s]
        at_once: Most statements at once per server.

    Raises:
        InvalidInput: If the address has another form.
    """
    address = clickhouse_address(url)
    async with AsyncExitStack() as stack:
        nodes = []
        for number, (host, port) in enumerate(address.hosts):
            node = ClickHouseNode(
                f"{host}:{port}",
                partial(connected, address, host, port, at_once),
                prepared(number, len(address.hosts)),
                deadline_seconds=deadline_seconds,
                at_once=at_once,
            )
            stack.push_async_callback(node.aclose)
            nodes.append(node)
        yield nodes


def connected(
    address: ClickHouseAddress, host: str, port: int, at_once: int, deadline_seconds: float
) -> Client:
    """A client of one server."""
    return clickhouse_connect.get_client(
        host=host,
        port=port,
        username=address.user,
        password=address.password,
        database=address.database,
        secure=address.secure,
        # A session would let one statement wait for another.
        autogenerate_session_id=False,
        # Values in the body: addresses have a longest length.
        form_encode_query_params=True,
        connect_timeout=5,
        send_receive_timeout=int(deadline_seconds) + 5,
        # Connections of its own, past any proxy that the environment names.
        pool_mgr=get_pool_manager(maxsize=at_once),
        settings={"do_not_merge_across_partitions_select_final": 1},
    )


async def everyone(asked: Iterable[Awaitable[T]]) -> Sequence[T]:
    """Every answer, or the first error once nothing is under way any more."""
    found = await asyncio.gather(*asked, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return [one for one in found if not isinstance(one, BaseException)]
