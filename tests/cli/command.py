"""The `sightline` command as a user runs it: a process of its own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from attrs import define, field

from sightline.bootstrap import production, use_cases
from sightline.domain.identifiers import KeyId, TenantId
from sightline.entrypoints.settings import read_settings

KEY = "a-fixed-key-for-tests"
COMMAND = (sys.executable, "-m", "sightline.entrypoints.cli")
#: Nothing here takes so long; a machine with other work may. [s]
PATIENCE = 60.0


def environment(data: Path, **settings: str) -> dict[str, str]:
    """The variables of a command that keeps its data in a folder and nothing else."""
    # Without byte code every start of a process would compile the whole package.
    left_out = ("SIGHTLINE_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(left_out)}
    return {**kept, "SIGHTLINE_DATA_DIR": str(data), "COLUMNS": "100", **settings}


def set_up(data: Path, **variables: str) -> None:
    """A tenant that the fixed key opens, without any data."""

    async def fill() -> None:
        settings = read_settings({"SIGHTLINE_DATA_DIR": str(data), **variables})
        async with production(settings) as adapters:
            cases = use_cases(adapters)
            await cases.create_tenant(TenantId("acme"), "Acme")
            await cases.install_fixed_key(TenantId("acme"), KeyId("test"), "test", KEY)

    asyncio.run(fill())


def run(data: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment(data, **settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@define
class Running:
    """A command that serves."""

    process: subprocess.Popen[str]
    port: int
    said: list[str] = field(factory=list)

    @property
    def client(self) -> httpx.Client:
        """A client with the fixed key."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"authorization": f"Bearer {KEY}"},
            timeout=PATIENCE,
        )

    def listen_for(self, text: str) -> None:
        """Read what it prints up to a line with a text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if text in line:
                return
        message = f"it ended without saying {text!r}: {''.join(self.said)}"
        raise AssertionError(message)

    def wait_until_ready(self) -> None:
        """Ask until it is ready."""
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            assert self.process.poll() is None, "it ended before it was ready"
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/health/ready").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.02)
        raise AssertionError("it is not ready")

    def connect(self, *sent: bytes) -> socket.socket:
        """A bare connection on which something was sent already."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        for piece in sent:
            connection.sendall(piece)
        return connection

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; the exit code and how long the end took. [s]"""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(PATIENCE), time.monotonic() - began


@contextmanager
def started(data: Path, *arguments: str, **settings: str) -> Iterator[Running]:
    """A command that is running; killed at the end if it still is."""
    port = free_port()
    settings = {"SIGHTLINE_PORT": str(port), "SIGHTLINE_DEMO_KEY": KEY, **settings}
    with subprocess.Popen(
        [*COMMAND, *arguments],
        env=environment(data, **settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        running = Running(process, port)
        try:
            yield running
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
