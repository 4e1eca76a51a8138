"""Threads that compute are nicer than whoever begins them."""

import os
import sys
import threading
from pathlib import Path

from sightline.adapters.duckdb.database import duckdb_database
from sightline.adapters.threads import STEPS_BACK, computing_threads

#: Elsewhere than on Linux a thread has no niceness of its own, and everybody keeps the usual one.
EXPECTED = min(os.nice(0) + STEPS_BACK, 19) if sys.platform == "linux" else os.nice(0)


def _threads() -> set[Path]:
    return set(Path("/proc/self/task").glob("*"))  # nothing, elsewhere


def _niceness(thread: Path) -> int:
    return int((thread / "stat").read_text().rpartition(")")[2].split()[16])


def test_threads_that_compute_step_back_and_so_do_those_begun_in_them() -> None:
    usual, begun_there = os.nice(0), list[int]()

    def begin() -> int:
        other = threading.Thread(target=lambda: begun_there.append(os.nice(0)))
        other.start()
        other.join()
        return os.nice(0)

    with computing_threads(1) as threads:
        assert threads.submit(begin).result() == EXPECTED
    assert begun_there == [EXPECTED]
    assert os.nice(0) == usual


async def test_readers_writer_and_engine_of_a_file_of_columns_step_back(tmp_path: Path) -> None:
    before = _threads()
    async with duckdb_database(tmp_path / "columns", threads=3) as database:
        begun = [_niceness(one) for one in _threads() - before]
        assert await database.read(lambda _: os.nice(0)) == EXPECTED
        assert await database.write(lambda _: os.nice(0)) == EXPECTED
    if sys.platform == "linux":
        assert set(begun) == {EXPECTED}
