"""`sightline worker` beside the API: a process of its own on PostgreSQL."""

import asyncio
import signal
import time
from pathlib import Path

import pytest

from sightline.adapters.sample.portfolio import sample_portfolio
from sightline.adapters.sql.database import Database
from sightline.adapters.sql.migrate import migrate
from sightline.bootstrap import production, use_cases
from sightline.domain.identifiers import TenantId
from sightline.domain.jobs import Job, JobQuery
from sightline.entrypoints.settings import Settings, read_settings

from ..contracts.stores import (
    bare_postgres_database,
    grant_rows,
    plain_postgres_url,
    postgres_url,
)
from .command import PATIENCE, run, set_up, started

ACME = TenantId("acme")
#: A market API that does not answer, so that every attempt fails at once.
NOBODY = "http://127.0.0.1:9"


async def migrated(url: str) -> None:
    """The tables, made by their owner."""
    database = Database(url)
    await migrate(database)
    await database.aclose()


async def prepared(url: str, data: Path) -> None:
    """A tenant with properties, before the worker looks for some."""
    async with production(settings_of(url, data)) as adapters:
        drafts = [one.draft for one in sample_portfolio()[:3]]
        await use_cases(adapters).import_properties(ACME, drafts)


async def tried(url: str, data: Path) -> tuple[Job, ...]:
    """The market refreshes of that tenant, as soon as one was tried."""
    async with production(settings_of(url, data)) as adapters, asyncio.timeout(PATIENCE):
        while True:
            query = JobQuery(kind="refresh_markets")
            found = (await use_cases(adapters).list_jobs(ACME, query)).items
            if any(job.error for job in found):
                return found
            await asyncio.sleep(0.05)


def settings_of(url: str, data: Path) -> Settings:
    return read_settings({"SIGHTLINE_DATABASE_URL": url, "SIGHTLINE_DATA_DIR": str(data)})


def test_the_serving_process_does_the_jobs_itself(tmp_path: Path) -> None:
    set_up(tmp_path)
    with started(tmp_path, "serve", SIGHTLINE_MARKET_API_URL=NOBODY) as running:
        running.wait_until_ready()
        with running.client as client:
            address = client.post("/api/v1/market-refreshes").headers["location"]
            give_up = time.monotonic() + PATIENCE
            while (job := client.get(address).json())["state"] != "done":
                assert time.monotonic() < give_up, job
                time.sleep(0.05)
        assert job["result"]["markets"] == 0
        assert running.stop()[0] == 0


def test_with_sqlite_it_says_why_not(tmp_path: Path) -> None:
    ended = run(tmp_path, "worker")
    assert ended.returncode == 1
    assert "SIGHTLINE_DATABASE_URL: must be PostgreSQL for a worker" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_does_what_is_due_and_stops_when_told(tmp_path: Path, number: signal.Signals) -> None:
    name = bare_postgres_database()
    grant_rows(name)
    asyncio.run(migrated(postgres_url(name)))
    url = plain_postgres_url(name)  # whom row-level security binds
    asyncio.run(prepared(url, tmp_path))
    settings = {"SIGHTLINE_DATABASE_URL": url, "SIGHTLINE_MARKET_API_URL": NOBODY}
    with started(tmp_path, "worker", **settings) as running:
        (job,) = asyncio.run(tried(url, tmp_path))
        assert (job.kind, job.error) == ("refresh_markets", "no market can be read now")
        code, seconds = running.stop(number)
        assert (code, seconds < 40) == (0, True)
