"""F1: kill -9 at random moments, broken connections, clients that do not give up."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx
from attrs import frozen

from sightline.adapters.sql.migrate import migrate

from ..cli import command
from . import writer
from .checking import events_in
from .jepsen import Run

SECONDS = float(os.environ.get("SIGHTLINE_DURABILITY_SECONDS", "8"))
ROOT = Path(__file__).parents[2]


@frozen
class WriterServer:
    """The writer process beside this file."""

    folder: Path
    port: int
    environment: dict[str, str]

    def start(self) -> "subprocess.Popen[bytes]":
        command = ["-m", "tests.durability.writer", str(self.folder), "serve", str(self.port)]
        return subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env={**os.environ, **self.environment}
        )

    async def send(self, key: str, ids: Sequence[str]) -> bool:
        reader, stream = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            stream.write(json.dumps({"key": key, "ids": ids}).encode() + b"\n")
            return await reader.readuntil() == b"kept\n"
        finally:
            stream.close()

    async def everything(self) -> list[tuple[int, str]]:
        return await events_in(self.folder / writer.FILE)


@frozen
class WholeServer:
    """`sightline serve`, asked over HTTP."""

    folder: Path
    port: int

    def start(self) -> "subprocess.Popen[bytes]":
        settings = {"SIGHTLINE_PORT": str(self.port), "SIGHTLINE_LOG_LEVEL": "error"}
        return subprocess.Popen(
            [*command.COMMAND, "serve"],
            env=command.environment(self.folder, **settings),
            stdout=subprocess.DEVNULL,
        )

    async def send(self, key: str, ids: Sequence[str]) -> bool:
        events = [{"event_id": name, "user_id": "u1", "event_type": "page_view"} for name in ids]
        headers = {"authorization": f"Bearer {command.KEY}", "idempotency-key": key}
        url = f"http://127.0.0.1:{self.port}/api/v1/events"
        async with httpx.AsyncClient() as client:
            try:
                answer = await client.post(url, json={"events": events}, headers=headers)
            except httpx.TransportError as error:
                raise OSError from error
        return answer.status_code in {200, 201}

    async def everything(self) -> list[tuple[int, str]]:
        return await events_in(self.folder / "sightline-events.sqlite")


async def server(folder: Path, **environment: str) -> WriterServer:
    """A server of an empty log."""
    database = writer.opened(folder)
    await migrate(database)
    await database.aclose()
    return WriterServer(folder, command.free_port(), environment)


async def test_whatever_is_killed_nothing_is_lost_and_nothing_counts_twice(tmp_path: Path) -> None:
    run = Run(await server(tmp_path), SECONDS)
    found = await run()
    assert found.sound, found
    assert found.acknowledged > 100
    assert run.kills >= 2
    assert run.failures > 0


async def test_over_http_nothing_is_lost_and_nothing_counts_twice(tmp_path: Path) -> None:
    await asyncio.to_thread(command.set_up, tmp_path)
    run = Run(WholeServer(tmp_path, command.free_port()), SECONDS)
    found = await run()
    assert found.sound, found
    assert found.acknowledged > 50
    assert run.kills > 0


async def test_a_server_that_acknowledges_too_early_is_found_out(tmp_path: Path) -> None:
    found = await Run(await server(tmp_path, LIES="1"), 3)()
    assert found.lost
