"""F2: whatever of the unflushed a power cut leaves, what was acknowledged is there."""

import os
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from sightline.adapters.sql.migrate import migrate

from . import writer
from .checking import compared, events_in
from .crash_images import Flushed, Operation, acknowledged, image, traced, written

IMAGES = int(os.environ.get("SIGHTLINE_CRASH_IMAGES", "60"))
BATCHES = 60

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace is not installed, which tells what is written"
)


@define
class Counted:
    """What became of all images."""

    broken: int = 0
    lossy: int = 0
    sound: int = 0


async def _traced(folder: Path, **environment: str) -> tuple[dict[str, bytes], list[Operation]]:
    live = folder / "live"
    live.mkdir()
    database = writer.opened(live)
    await migrate(database)
    await database.aclose()
    before = {path.name: path.read_bytes() for path in live.iterdir()}
    # A checkpoint every few commits, so that some cuts fall into one.
    return before, traced(folder, BATCHES, {**os.environ, "CHECKPOINT": "25", **environment})


async def _counted(
    folder: Path, before: dict[str, bytes], operations: list[Operation], images: int
) -> Counted:
    chance, counted = random.Random(7), Counted()
    sent = acknowledged(operations) | _ids()
    for _ in range(images):
        done = operations[: chance.randrange(len(operations) + 1)]
        written(folder / "image", image(before, done, chance))
        try:
            found = compared(
                acknowledged(done), sent, await events_in(folder / "image" / writer.FILE)
            )
        except (AssertionError, sqlite3.DatabaseError):
            counted.broken += 1
            continue
        counted.lossy += bool(found.lost)
        counted.sound += found.sound
    return counted


def _ids() -> set[str]:
    return {f"{number}-{n}" for number in range(BATCHES) for n in range(3)}


async def test_no_power_cut_loses_what_was_acknowledged(tmp_path: Path) -> None:
    before, operations = await _traced(tmp_path)
    assert len(acknowledged(operations)) == 2 * BATCHES
    assert {one.file for one in operations if isinstance(one, Flushed)} >= {
        writer.FILE,
        f"{writer.FILE}-wal",
    }
    counted = await _counted(tmp_path, before, operations, IMAGES)
    assert counted == Counted(sound=IMAGES)


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
async def test_a_writer_that_flushes_less_is_found_out(tmp_path: Path, synchronous: str) -> None:
    before, operations = await _traced(tmp_path, SYNCHRONOUS=synchronous)
    counted = await _counted(tmp_path, before, operations, 20)
    assert counted.lossy + counted.broken > 0


async def test_the_files_of_the_trace_are_those_of_the_writer(tmp_path: Path) -> None:
    before, operations = await _traced(tmp_path)
    written(tmp_path / "image", image(before, operations, Everything()))
    for name in (writer.FILE, f"{writer.FILE}-wal"):
        assert (tmp_path / "image" / name).read_bytes() == (tmp_path / "live" / name).read_bytes()
    with closing(sqlite3.connect(tmp_path / "image" / writer.FILE)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


class Everything(random.Random):
    """A disk to which everything had arrived."""

    def choice(self, seq: Any) -> Any:
        return seq[-1]
