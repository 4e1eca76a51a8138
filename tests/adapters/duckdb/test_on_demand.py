"""A store that is opened by whoever needs it first."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sightline.adapters.duckdb.database import duckdb_database
from sightline.adapters.duckdb.on_demand import OnDemandEventStore
from sightline.domain.errors import Unavailable
from sightline.domain.events import DayQuestion, Event, EventQuery, EventSlice
from sightline.domain.identifiers import TenantId

ACME = TenantId("acme")
NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
EVENT = Event("e1", "u1", "visit", NOON, {"n": 1}, NOON, None, 1)
HOLD = """
import sys, duckdb
held = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


def store(path: Path) -> OnDemandEventStore:
    return OnDemandEventStore(lambda: duckdb_database(path, threads=1))


async def test_the_file_is_not_touched_before_it_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "events.duckdb"
    async with store(path) as idle:
        assert not path.exists()
        await idle.loaded()
        assert path.exists()


async def test_everything_that_is_asked_of_it_is_answered_by_the_file(tmp_path: Path) -> None:
    path = tmp_path / "events.duckdb"
    async with store(path) as first:
        await first.load({ACME: EventSlice(0, 1, (EVENT,))})
    async with store(path) as later:
        assert await later.loaded() == {ACME: 1}
        assert (await later.page(ACME, EventQuery())).events == (EVENT,)
        async with aclosing(later.stream(ACME, EventQuery())) as portions:
            assert [one async for some in portions for one in some] == [EVENT]
        days = await later.days(ACME, DayQuestion(date(2024, 3, 31), date(2024, 3, 31)))
        assert (days.events, days.users_in_range) == ((1,), 1)
        assert await later.erase(ACME, "u1") == 1
        assert (await later.page(ACME, EventQuery())).events == ()


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that has the file."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "events.duckdb")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        yield other


async def test_a_file_that_another_process_holds_is_had_as_soon_as_it_lets_go(
    tmp_path: Path, holder: subprocess.Popen[bytes]
) -> None:
    async with store(tmp_path / "events.duckdb") as waiting:
        with pytest.raises(Unavailable, match="another process holds"):
            await waiting.loaded()
        holder.communicate()
        assert await waiting.loaded() == {}
