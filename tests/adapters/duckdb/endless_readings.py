"""Appends readings until it is killed, and says after each append how far it is.

Run as a program with the path of the file; `appended` is what it appends, for the test to compare.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sightline.adapters.duckdb.database import DuckDbDatabase, opened
from sightline.adapters.duckdb.power_readings import DuckDbPowerReadingRepository
from sightline.adapters.duckdb.power_tables import POWER_LAYOUTS
from sightline.domain.energy import PowerQuestion, PowerReading
from sightline.domain.identifiers import CircuitId, TenantId
from sightline.domain.windows import TimeWindow

TENANT = TenantId("acme")
CIRCUITS = tuple(CircuitId(UUID(int=number)) for number in (1, 2, 3))
FIRST = datetime(2024, 3, 1, tzinfo=UTC)
WHOLE = TimeWindow(FIRST, FIRST + timedelta(days=400))
QUESTION = PowerQuestion(CIRCUITS, (WHOLE,), None, WHOLE)
MINUTES = 40


def appended(number: int) -> dict[CircuitId, list[PowerReading]]:
    """What the append with a number brings: half of it overwrites what came before."""
    start = FIRST + timedelta(minutes=MINUTES // 2 * number)
    minutes = [start + timedelta(minutes=minute) for minute in range(MINUTES)]
    return {
        circuit: [PowerReading(at, (number * 7 + place) % 100) for at in minutes]
        for place, circuit in enumerate(CIRCUITS)
    }


async def endless_readings(path: Path) -> None:
    """Go on from where the file is; checkpoints come after every few appends."""
    connection = opened(
        path, memory_limit="500MB", threads=1, checkpoint="20KB", layouts=POWER_LAYOUTS
    )
    database = DuckDbDatabase(connection, readers=1)
    readings = DuckDbPowerReadingRepository(database)
    position = (await readings.read(TENANT, QUESTION)).position
    while True:
        position = await readings.append(TENANT, appended(position + 1))
        print(position, flush=True)  # noqa: T201  the acknowledgement


if __name__ == "__main__":
    asyncio.run(endless_readings(Path(sys.argv[1])))
