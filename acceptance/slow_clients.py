"""L5: heads and bodies that never end, and heads that are too large."""

import asyncio
import time

from . import Found, at_most, none_of
from .load import Probe
from .servers import Server, Shape, serving

MANY, BAR_SECONDS = 200, 10.0
#: Deadlines are looked at a moment after they have passed.
SLACK_SECONDS = 0.5
WEAK = """
from sightline.entrypoints import server
server.HEAD_DEADLINE, server.LARGEST_HEAD = 60_000, 16_000_000
"""
WEAK_SETTINGS = {"SIGHTLINE_BODY_DEADLINE_SECONDS": "60"}


async def run(controlled: bool) -> list[Found]:
    """Slow ones beside a normal client, then large ones."""
    shape = Shape() if controlled else Shape(WEAK_SETTINGS, weakened=WEAK)
    async with serving(shape) as server:
        path = "/api/v1/me"
        before = await Probe(server.port, server.key(), path, 20).run(6)
        heads, bodies, beside = await asyncio.gather(
            asyncio.gather(*(_slow(server.port, _head(), n) for n in range(MANY))),
            asyncio.gather(*(_slow(server.port, _body(server.key()), n) for n in range(MANY))),
            Probe(server.port, server.key(), path, 20).run(10),
        )
        large = await _status(server, "X: " + "a" * 200_000)
        many = await _status(server, "\r\n".join(f"X{n}: a" for n in range(20_000)))
    bar = BAR_SECONDS + SLACK_SECONDS
    usual = max(2 * before.p99_ms, 20.0)
    what = f"p99 beside them (before: {before.p99_ms:.1f} ms)"
    return [
        at_most("L5", f"the last of {MANY} slow heads closed after", max(heads), bar, "s"),
        at_most("L5", f"the last of {MANY} slow bodies closed after", max(bodies), bar, "s"),
        at_most("L5", what, beside.p99_ms, usual, "ms"),
        none_of("L5", "refused beside them", beside.refused, "200"),
        Found("L5", "a head of 200 KB", str(large), "431", large == 431),
        Found("L5", "a head of 20,000 lines", str(many), "431", many == 431),
    ]


def _head() -> bytes:
    return b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: "


def _body(key: str) -> bytes:
    lines = (
        "POST /api/v1/properties HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {key}",
        "Content-Type: application/json",
        "Content-Length: 1000",
    )
    return "\r\n".join((*lines, "", "{")).encode()


async def _slow(port: int, begun: bytes, number: int) -> float:
    """Send a byte a second until the server has enough; when that was. [s]

    They come one after the other: four hundred at one moment would hold up the probe, which
    lives in this very process.
    """
    await asyncio.sleep(number / MANY)
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(begun)
    ended = asyncio.create_task(reader.read())  # to the end: whatever it says, then closes
    while not ended.done() and time.monotonic() - began < 15:
        await asyncio.wait({ended}, timeout=1)
        writer.write(b" ")
    took = time.monotonic() - began
    ended.cancel()
    writer.close()
    await asyncio.gather(ended, return_exceptions=True)
    return took


async def _status(server: Server, lines: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        writer.write(f"GET /health/live HTTP/1.1\r\nHost: x\r\n{lines}\r\n\r\n".encode())
        return int((await asyncio.wait_for(reader.readline(), 15)).split(b" ")[1])
    except (OSError, TimeoutError, IndexError):
        return 0
    finally:
        writer.close()
