"""F8: a backup made while events come in holds all that was acknowledged before it began."""

import asyncio
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from sightline.adapters.sql.database import Database
from sightline.adapters.sql.power_readings import SqlPowerReadingRepository
from sightline.bootstrap import production
from sightline.domain.energy import PowerQuestion, PowerReading
from sightline.domain.errors import TenantNotFound
from sightline.domain.events import EventStatus
from sightline.domain.identifiers import CircuitId, TenantId
from sightline.domain.windows import TimeWindow
from sightline.entrypoints.settings import read_settings
from sightline.ports.event_log import EventLog

from ..cli import command
from . import writer
from .checking import compared

ACME, CIRCUIT = TenantId("acme"), CircuitId(UUID(int=1))
START = datetime(2024, 4, 1, tzinfo=UTC)
READINGS = {CIRCUIT: [PowerReading(START + timedelta(minutes=at), at) for at in range(30)]}
WHOLE_HOUR = PowerQuestion((CIRCUIT,), (TimeWindow(START, START + timedelta(hours=1)),), None, None)


async def test_a_backup_under_load_restores_all_that_was_acknowledged(tmp_path: Path) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup"
    await asyncio.to_thread(command.set_up, data)
    settings = read_settings({"SIGHTLINE_DATA_DIR": str(data)})
    acknowledged: list[str] = []
    async with production(settings) as adapters:
        load = asyncio.create_task(_load(adapters.event_log, acknowledged))
        await _more(acknowledged, 50)
        before = set(acknowledged)
        made = await asyncio.to_thread(command.run, data, "backup", str(backup))
        assert made.returncode == 0, made.stderr
        await _more(acknowledged, len(acknowledged) + 20)
        load.cancel()
    assert set(acknowledged) > before

    shutil.rmtree(data)
    began = time.monotonic()
    put = await asyncio.to_thread(command.run, data, "restore", str(backup))
    assert put.returncode == 0, put.stderr
    assert time.monotonic() - began < 60
    async with production(settings) as adapters:
        log = adapters.event_log
        events = (await log.read(writer.TENANT, 0, 1_000_000)).events
        found = [(event.position, event.event_id) for event in events]
        sent = {f"e{number}-{n}" for number in range(len(acknowledged) + 1) for n in range(10)}
        assert compared(before, sent, found).sound
        # Nothing that is in it counts twice when its sender does not know and sends again.
        again = await log.append(writer.TENANT, writer.batch("again", [found[0][1]]))
        assert again.results[0].status is EventStatus.DUPLICATE
        assert (await adapters.tenants.get(TenantId("acme"))).id == "acme"
        with pytest.raises(TenantNotFound):
            await adapters.tenants.get(TenantId("nobody"))
    verified = await asyncio.to_thread(command.run, data, "audit", "verify")
    assert verified.returncode == 0, verified.stdout


async def test_readings_come_back_with_the_backup(tmp_path: Path) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup"
    await asyncio.to_thread(command.set_up, data)
    settings = read_settings({"SIGHTLINE_DATA_DIR": str(data)})
    async with production(settings) as adapters:
        await adapters.power_readings.append(ACME, READINGS)
        expected = await adapters.power_readings.read(ACME, WHOLE_HOUR)
        made = await asyncio.to_thread(command.run, data, "backup", str(backup))
        assert made.returncode == 0, made.stderr
        assert "readings.duckdb" in made.stdout
    assert expected.circuits[CIRCUIT].summaries[0].readings == 30
    shutil.rmtree(data)
    put = await asyncio.to_thread(command.run, data, "restore", str(backup))
    assert put.returncode == 0, put.stderr
    async with production(settings) as adapters:
        assert await adapters.power_readings.read(ACME, WHOLE_HOUR) == expected


async def test_readings_that_an_earlier_version_kept_are_there_after_the_upgrade(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    await asyncio.to_thread(command.set_up, data)
    settings = read_settings({"SIGHTLINE_DATA_DIR": str(data)})
    database = Database(settings.database_url)
    try:
        stored = SqlPowerReadingRepository(database)
        await stored.append(ACME, READINGS)
        expected = await stored.read(ACME, WHOLE_HOUR)
    finally:
        await database.aclose()
    async with production(settings) as adapters:
        assert await adapters.power_readings.read(ACME, WHOLE_HOUR) == expected
    assert (data / "readings.duckdb").exists()


async def _load(log: EventLog, acknowledged: list[str]) -> None:
    number = 0
    while True:
        ids = [f"e{number}-{n}" for n in range(10)]
        await log.append(writer.TENANT, writer.batch(f"k{number}", ids))
        acknowledged += ids
        number += 1


async def _more(acknowledged: list[str], count: int) -> None:
    while len(acknowledged) < count:  # noqa: ASYNC110  what is waited for is another task
        await asyncio.sleep(0.01)


def test_the_secret_stays_out_and_both_ways_say_so(tmp_path: Path) -> None:
    data, backup, secret = tmp_path / "data", tmp_path / "backup", tmp_path / "data" / "secret"
    command.set_up(data)
    kept = secret.read_text(encoding="utf-8").strip()
    made = command.run(data, "backup", str(backup))
    assert f"Keep a copy of {secret} elsewhere" in made.stdout
    for file in backup.iterdir():
        assert kept.encode() not in file.read_bytes(), file

    shutil.rmtree(data)
    put = command.run(data, "restore", str(backup))
    assert f"put the server secret of that time back, as {secret}" in put.stdout
    with command.started(data, "serve", SIGHTLINE_SECRET=kept) as running:
        running.wait_until_ready()
        with running.client as client:
            assert client.get("/api/v1/properties").status_code == 200


def test_a_secret_of_the_environment_is_named_by_its_variable(tmp_path: Path) -> None:
    secret = {"SIGHTLINE_SECRET": "s" * 32}
    data, backup = tmp_path / "data", tmp_path / "backup"
    command.set_up(data, **secret)
    made = command.run(data, "backup", str(backup), **secret)
    assert "Keep the value of SIGHTLINE_SECRET elsewhere" in made.stdout
    shutil.rmtree(data)
    put = command.run(data, "restore", str(backup), **secret)
    assert (put.returncode, "Before you start" in put.stdout) == (0, False)


def test_a_backup_has_a_folder_of_its_own(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command.set_up(data)
    (tmp_path / "taken").mkdir()
    refused = command.run(data, "backup", str(tmp_path / "taken"))
    assert refused.returncode != 0
    assert "is there already" in refused.stderr
    assert list((tmp_path / "taken").iterdir()) == []


def test_a_restore_overwrites_nothing(tmp_path: Path) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup"
    command.set_up(data)
    assert command.run(data, "backup", str(backup)).returncode == 0
    before = (data / "sightline.sqlite").read_bytes()
    refused = command.run(data, "restore", str(backup))
    assert refused.returncode != 0
    assert "move the old data folder away" in refused.stderr
    assert (data / "sightline.sqlite").read_bytes() == before


@pytest.mark.parametrize(
    "left",
    ["events.duckdb", "readings.duckdb", "readings.duckdb.wal", "sightline-events.sqlite-wal"],
)
def test_a_restore_mixes_with_nothing_that_was_left(tmp_path: Path, left: str) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup"
    command.set_up(data)
    assert command.run(data, "backup", str(backup)).returncode == 0
    for path in data.iterdir():
        path.unlink()
    (data / left).touch()
    refused = command.run(data, "restore", str(backup))
    assert refused.returncode != 0
    assert left in refused.stderr
    assert not (data / "sightline.sqlite").exists()


def test_a_folder_without_a_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused = command.run(tmp_path / "data", "restore", str(tmp_path / "empty"))
    assert refused.returncode != 0
    assert "holds no sightline.sqlite" in refused.stderr


def test_a_damaged_store_is_not_called_a_backup(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command.set_up(data)
    with (data / "sightline.sqlite").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)
    refused = command.run(data, "backup", str(tmp_path / "backup"))
    assert refused.returncode != 0
    assert "the backup failed" in refused.stderr


def test_on_postgresql_a_backup_is_made_by_its_own_tools(tmp_path: Path) -> None:
    refused = command.run(
        tmp_path, "backup", str(tmp_path / "b"), SIGHTLINE_DATABASE_URL="postgresql://nowhere/x"
    )
    assert refused.returncode != 0
    assert "pg_dump" in refused.stderr
