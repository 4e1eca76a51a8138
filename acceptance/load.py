"""Load from wrk, and beside it a probe that measures what somebody else gets meanwhile.

Each connection of wrk waits for its answer before it asks again, so that what it measures
itself flatters a slow server; the probe asks on schedule, whatever becomes of the question
before.
"""

import asyncio
import json
import os
import resource
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path
from statistics import quantiles

from attrs import define, field, frozen

_SCRIPT = Path(__file__).parent / "answers.lua"


def wrk() -> str | None:
    """The path of wrk, installed if it may be; None if there is none."""
    if shutil.which("wrk") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "wrk"], capture_output=True, check=False)
    return shutil.which("wrk")


NO_WRK = "wrk is not installed (Debian package wrk)"


def allow_files() -> int:
    """Raise the limit of open files to what the system grants; how many that is."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@frozen
class Load:
    """What wrk saw.

    Args:
        seconds: How long it took.
        statuses: Answers by status.
        socket_errors: Connections that broke or were not made, and requests without an answer.
        silent: Answers other than 200 without Retry-After.
    """

    seconds: float
    statuses: Counter[str]
    socket_errors: int
    silent: int

    @property
    def answered(self) -> int:
        """All answers."""
        return self.statuses.total()

    @property
    def offered(self) -> float:
        """Requests per second that were answered in any way."""
        return self.answered / self.seconds

    @property
    def goodput(self) -> float:
        """Requests per second that were answered as asked."""
        return self.statuses["200"] / self.seconds

    @property
    def broken(self) -> dict[str, int]:
        """Answers that nobody should get, however much is asked."""
        return {
            name: count
            for name, count in self.statuses.items()
            if name not in {"200", "429", "503"}
        }


async def loaded(  # noqa: PLR0917  what wrk takes
    port: int, key: str, path: str, connections: int, seconds: int, rate: float = 0
) -> Load:
    """Ask one thing over many connections for so many seconds.

    Args:
        rate: Requests per second, on schedule; without it every connection asks again as
            soon as it has its answer.
    """
    threads = min(connections, 2)
    process = await asyncio.create_subprocess_exec(
        "wrk",
        *(f"-t{threads}", f"-c{connections}", f"-d{seconds}s"),
        *("--timeout", "20s", "-s", str(_SCRIPT)),
        *("-H", f"Authorization: Bearer {key}", f"http://127.0.0.1:{port}{path}"),
        *("--", str(rate / threads)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    line = next((one for one in said.decode().splitlines() if one.startswith("FOUND ")), None)
    if line is None:
        raise RuntimeError(said.decode())
    told = json.loads(line.removeprefix("FOUND "))
    errors = sum(told[name] for name in ("connect", "read", "write", "timeout"))
    return Load(told["seconds"], Counter(told["statuses"]), errors, told["silent"])


@define
class Probe:
    """Asks one thing at a steady rate over bare sockets.

    Args:
        port: Of the server.
        key: Whose.
        path: What is asked.
        rate: Requests per second.
        patience: How long it waits for an answer; what takes longer is an error. [s]
    """

    port: int
    key: str
    path: str
    rate: float
    patience: float = 20.0
    times: list[float] = field(factory=list)
    refusals: list[float] = field(factory=list)
    statuses: Counter[int] = field(factory=Counter)
    errors: int = 0
    _idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(factory=list)

    async def run(self, seconds: float) -> "Probe":
        """Ask for so long."""
        await asyncio.gather(*[self._at(n / self.rate) for n in range(int(seconds * self.rate))])
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()
        return self

    @property
    def p99_ms(self) -> float:
        """The 99th percentile of the time to an answer as asked. [ms]"""
        return _p99_ms(self.times)

    @property
    def refused_p99_ms(self) -> float:
        """The 99th percentile of the time to any other answer. [ms]"""
        return _p99_ms(self.refusals)

    @property
    def mean_ms(self) -> float:
        """The mean time to an answer as asked. [ms]"""
        return sum(self.times) / len(self.times) * 1000 if self.times else float("inf")

    @property
    def refused(self) -> int:
        """Answers other than 200, and none."""
        return self.statuses.total() - self.statuses[200] + self.errors

    async def _at(self, delay: float) -> None:
        await asyncio.sleep(delay)
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self.patience):
                status = await self._asked()
        except (OSError, EOFError, TimeoutError, ValueError):
            self.errors += 1
            return
        self.statuses[status] += 1
        taken = self.times if status == 200 else self.refusals
        taken.append(time.perf_counter() - began)

    async def _asked(self) -> int:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                break
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = f"GET {self.path} HTTP/1.1", "Host: x", f"Authorization: Bearer {self.key}"
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        status, length = await _answer(reader)
        await reader.readexactly(length)
        self._idle.append((reader, writer))
        return status


def _p99_ms(seconds: list[float]) -> float:
    if len(seconds) < 2:
        return float("inf")
    return quantiles(seconds, n=100, method="inclusive")[98] * 1000


async def _answer(reader: asyncio.StreamReader) -> tuple[int, int]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head.split(b" ", 2)[1])
    return status, int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
