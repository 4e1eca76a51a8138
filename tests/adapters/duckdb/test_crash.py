"""What a killed process leaves behind."""

import random
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from sightline.adapters.duckdb.database import duckdb_database
from sightline.adapters.duckdb.event_store import DuckDbEventStore
from sightline.domain.events import DayQuestion, EventQuery, day_figures, newest_first

from .endless_load import BLOCK, FIRST, TENANTS, history

PROGRAM = Path(__file__).with_name("endless_load.py")


def acknowledged(path: Path, blocks: int, seconds: float) -> int:
    """Run the loader, kill it so long after so many blocks; the last position it told of."""
    command = [sys.executable, str(PROGRAM), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(blocks)]
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.kill()
        told += process.stdout.readlines()
    return max(int(line) for line in told if line.endswith("\n"))


#: Loads while the files may not grow, and again once they may.
FULL_DISK = """
import asyncio, pathlib, resource, signal, sys
sys.path.insert(0, sys.argv[2])
from endless_load import BLOCK, TENANTS, history
from sightline.adapters.duckdb.database import duckdb_database
from sightline.adapters.duckdb.event_store import DuckDbEventStore
from sightline.domain.errors import Unavailable
from sightline.domain.events import EventQuery, EventSlice

def may_grow(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

async def main(path):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    block = EventSlice(0, BLOCK, tuple(history(1, BLOCK)))
    async with duckdb_database(path, threads=1, memory_limit="500MB") as database:
        store = DuckDbEventStore(database)
        await store.load({TENANTS[0]: block})
        may_grow(path.with_name(path.name + ".wal").stat().st_size + 1000)
        try:
            await store.load({TENANTS[1]: block})
        except Unavailable:
            print("refused")
        print(len((await store.page(TENANTS[0], EventQuery())).events), dict(await store.loaded()))
        may_grow(resource.RLIM_INFINITY)
        await store.load({TENANTS[1]: block})
    async with duckdb_database(path, threads=1, memory_limit="500MB") as database:
        print(*(await DuckDbEventStore(database).loaded()).values())

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


def test_a_full_disk_takes_nothing_and_harms_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "e.duckdb"), str(PROGRAM.parent)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == [
        "refused",
        f"{BLOCK} {{'{TENANTS[0]}': {BLOCK}}}",
        f"{BLOCK} {BLOCK}",
    ]


@pytest.mark.parametrize("seed", range(3))
async def test_a_killed_load_loses_nothing_and_repeats_nothing(tmp_path: Path, seed: int) -> None:
    chance, path = random.Random(seed), tmp_path / "events.duckdb"
    for _ in range(3):
        last = acknowledged(path, chance.randint(1, 6), chance.uniform(0, 0.05))
        async with duckdb_database(path, threads=1) as database:
            store = DuckDbEventStore(database)
            loaded = await store.loaded()
            reached = loaded[TENANTS[0]]
            assert reached in {last, last + BLOCK}
            assert loaded == dict.fromkeys(TENANTS, reached)
            expected = newest_first(history(1, reached))
            days = DayQuestion(
                (FIRST - timedelta(days=2)).date(), (FIRST + timedelta(days=40)).date()
            )
            for tenant in TENANTS:
                assert (await store.page(tenant, EventQuery())).events == expected
                found = await store.days(tenant, days)
                assert found == day_figures(days, expected, reached)
