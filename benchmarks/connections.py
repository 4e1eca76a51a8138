"""Ten thousand open connections, two thousand requests a second over them.

Our server beside the same application on uvicorn as it comes, one after the
other on the same machine; the client runs in this process.
"""

import asyncio
import gc
import os
import random
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import quantiles
from types import MappingProxyType

from . import Figure, ratio, within

CONNECTIONS = 10_000
RATE = 2_000
SECONDS = 8
REQUEST = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"

OURS = ("-m", "sightline.entrypoints.cli", "serve")
UNTUNED = (
    "-c",
    """
import os, uvicorn
from sightline.entrypoints.http import asgi
asgi.settle_garbage_collector = lambda: None
uvicorn.run(asgi.create(), port=int(os.environ["SIGHTLINE_PORT"]), backlog=4096, access_log=False,
            timeout_keep_alive=120)
""",
)


def loop_factory() -> asyncio.AbstractEventLoop:
    """A loop that costs the client little, so that it measures the server."""
    import uvloop  # noqa: PLC0415  only the benchmark has it

    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


async def run() -> list[Figure]:
    """Goal 16 of the performance notes."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    figures = {}
    for name, program in (("ours", OURS), ("untuned", UNTUNED)):
        with serving(program) as (port, pid):
            figures[name] = await measured(port), memory_mb(pid)
    (ours, rss), (untuned, _) = figures["ours"], figures["untuned"]
    return [
        within("p99 at 10,000 connections and 2,000 requests/s", ours, 15, "ms"),
        ratio("the same / uvicorn with its default collector", ours, untuned, 0.2, "ms"),
        Figure("resident memory with 10,000 connections", f"{rss:.0f} MB"),
    ]


@contextmanager
def serving(
    program: tuple[str, ...],
    prepare: Callable[[str], None] = lambda _: None,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[tuple[int, int]]:
    """A server process on a free port, its data folder prepared before it starts.

    Args:
        program: What Python runs.
        prepare: Does something to the folder first.
        settings: Further variables of the environment.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        environment = {
            **os.environ,
            "SIGHTLINE_PORT": str(port),
            "SIGHTLINE_DATA_DIR": folder,
            **settings,
        }
        process = subprocess.Popen(
            [sys.executable, *program], env=environment, stderr=subprocess.DEVNULL
        )
        try:
            _wait(port)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(30)


def _wait(port: int) -> None:
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError


async def measured(port: int) -> float:
    """The 99th percentile of the time from request to answer. [ms]"""
    pairs = []
    for start in range(0, CONNECTIONS, 200):
        count = min(200, CONNECTIONS - start)
        pairs += await asyncio.gather(
            *(asyncio.open_connection("127.0.0.1", port) for _ in range(count))
        )
    gc.collect()
    gc.freeze()  # or the client's own collector is what is measured
    generator = random.Random(1)
    generator.shuffle(pairs)
    times: list[float] = []
    started = time.perf_counter()
    tasks = []
    for number in range(RATE * SECONDS):
        due = started + number / RATE
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        tasks.append(asyncio.create_task(_asked(*pairs[number % CONNECTIONS], times)))
    await asyncio.gather(*tasks)
    for _, writer in pairs:
        writer.close()
    gc.unfreeze()
    return quantiles(times[RATE:], n=100)[98] * 1000


async def _asked(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, times: list[float]
) -> None:
    started = time.perf_counter()
    writer.write(REQUEST)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    await reader.readexactly(length)
    times.append(time.perf_counter() - started)


def memory_mb(pid: int) -> float:
    """Resident memory of a process and its children. [MB]"""
    listing = subprocess.run(
        ["ps", "-o", "pid=,ppid=,rss=", "-A"], capture_output=True, text=True, check=True
    )
    rows = [tuple(map(int, line.split())) for line in listing.stdout.splitlines()]
    return sum(rss for child, parent, rss in rows if pid in {child, parent}) / 1024
