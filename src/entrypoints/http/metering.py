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
    try:
        while True:
            await sleep(EVERY_SECONDS)
            await _kept(keep)
    finally:
        await _kept(keep)


async def _kept(keep: Callable[[], Awaitable[None]]) -> None:
    try:
        await keep()
    except Unavailable:  # it is kept the next time
        _log.warning("usage_not_kept")
