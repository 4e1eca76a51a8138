"""`sightline market-api`: the stand-in of the market-data API."""

import asyncio
import os
import signal
import threading

from ...bootstrap import serve_stand_in
from ..listening import check_address


async def market_api(
    *, host: str = "127.0.0.1", port: int = 8100, until_input_ends: bool = False
) -> None:
    """Serve sample markets as the market-data API would, with faults that can be switched.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        until_input_ends: Stop when standard input is closed, for a program that started this.
    """
    check_address(host, port)
    stand_in = await serve_stand_in(host, port)
    print(stand_in.url, flush=True)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    if until_input_ends:
        watch = threading.Thread(target=_wait_for_end, args=(loop, stopped), daemon=True)
        watch.start()
    await stopped.wait()
    await stand_in.aclose()


def _wait_for_end(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    while os.read(0, 1024):  # not through sys.stdin, whose lock would outlive this thread
        pass
    loop.call_soon_threadsafe(stopped.set)
