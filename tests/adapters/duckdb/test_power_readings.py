"""Readings whose process is killed, and copies of a file while it is written."""

import asyncio
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from sightline.adapters.duckdb.backup import copied, log_beside
from sightline.adapters.duckdb.database import duckdb_database
from sightline.adapters.duckdb.power_readings import DuckDbPowerReadingRepository
from sightline.adapters.duckdb.power_tables import POWER_LAYOUTS
from sightline.adapters.memory.power_readings import MemoryPowerReadingRepository
from sightline.domain.energy import PowerFacts
from sightline.domain.errors import Unavailable

from .endless_readings import QUESTION, TENANT, appended

PROGRAM = Path(__file__).with_name("endless_readings.py")


@contextmanager
def appending(path: Path) -> Iterator[IO[str]]:
    """A process that appends and tells its positions, killed at the end."""
    command = [sys.executable, str(PROGRAM), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.kill()


async def found(path: Path) -> PowerFacts:
    """All that is in a file."""
    async with duckdb_database(path, threads=1, layouts=POWER_LAYOUTS) as database:
        return await DuckDbPowerReadingRepository(database).read(TENANT, QUESTION)


async def expected(position: int) -> PowerFacts:
    """All that was appended up to a position."""
    memory = MemoryPowerReadingRepository()
    for number in range(1, position + 1):
        await memory.append(TENANT, appended(number))
    return await memory.read(TENANT, QUESTION)


@pytest.mark.parametrize("seed", range(3))
async def test_a_killed_append_is_there_whole_or_not_at_all(tmp_path: Path, seed: int) -> None:
    chance, path = random.Random(seed), tmp_path / "readings.duckdb"
    for _ in range(3):
        with appending(path) as told:
            last = [int(told.readline()) for _ in range(chance.randint(1, 9))][-1]
        facts = await found(path)
        assert facts.position >= last
        assert facts == await expected(facts.position)


async def test_a_copy_of_a_file_in_use_holds_all_that_was_acknowledged_before(
    tmp_path: Path,
) -> None:
    path, copies = tmp_path / "readings.duckdb", []
    with appending(path) as told:
        for number in range(8):
            before = [int(told.readline()) for _ in range(5)][-1]
            copy = tmp_path / f"copy-{number}.duckdb"
            copied(path, copy, POWER_LAYOUTS)
            copies.append((before, copy))
    for before, copy in copies:
        facts = await found(copy)
        assert facts.position >= before
        assert facts == await expected(facts.position)
        assert not log_beside(copy).exists()


async def test_a_damaged_file_is_not_called_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "readings.duckdb"
    with appending(path) as told:
        for _ in range(60):
            told.readline()
    await found(path)
    with path.open("r+b") as file:
        file.seek(3 * 4096 + 100)
        for _ in range(path.stat().st_size // 65_536):
            file.write(b"\xff" * 512)
            file.seek(65_024, 1)
    with pytest.raises(Unavailable):
        copied(path, tmp_path / "copy.duckdb", POWER_LAYOUTS)


async def test_nothing_is_copied_while_a_checkpoint_is_under_way(tmp_path: Path) -> None:
    path = tmp_path / "readings.duckdb"
    await found(path)
    # Where the engine commits to meanwhile.
    await asyncio.to_thread(Path(f"{path}.wal.checkpoint").touch)
    with pytest.raises(Unavailable, match="try again"):
        copied(path, tmp_path / "copy.duckdb", POWER_LAYOUTS)
