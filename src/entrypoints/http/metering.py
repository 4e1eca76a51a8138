"""Keeps what was counted, every few seconds and at the end."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ...domain.errors import Unavailable

_log = structlog.get_logger()

EVERY_SECONDS = 5.0


async def keep_usage(
    keep: Callable[[], Awaitable[None]], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Keep counts until it is cancelled, and then once more.

    Args:
        keep: Keeps what was counted since the last time.
        sleep: Waits between two times. [s]
    """
    under_way = None
    try:
        while True:
            await sleep(EVERY_SECONDS)
            # Cut off in the middle, nobody would know whether the store has the counts.
            under_way = asyncio.ensure_future(_kept(keep))
            await asyncio.shield(under_way)
    finally:
        if under_way is not None:
            await under_way
        await _kept(keep)


async def _kept(keep: Callable[[], Awaitable[None]]) -> None:
    try:
        await keep()
    except Unavailable:  # it is kept the next time
        _log.warning("usage_not_kept")
