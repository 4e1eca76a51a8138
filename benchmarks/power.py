"""Power of an organization: a week by the minute and a year of quarter hours, on SQLite.

Every figure is that of the use case: site tree, readings and report. The rounds
are interleaved; the smallest counts, the median stands beside it. Beside the week
stands a plain loop over the same readings, held in memory already, that finds
nothing but the energy.
"""

import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sightline.adapters.sample.energy import (
    SAMPLE_END,
    SAMPLE_START,
    sample_readings,
    sample_sites,
)
from sightline.adapters.sql.database import Database
from sightline.adapters.sql.migrate import migrate
from sightline.adapters.sql.power_readings import SqlPowerReadingRepository
from sightline.adapters.sql.sites import SqlSiteRepository
from sightline.application.import_readings import ImportReadings
from sightline.application.report_power import ReportPower
from sightline.domain.energy import Level, PowerReading, PowerRequest, Statistic
from sightline.domain.identifiers import CircuitId, TenantId
from sightline.domain.windows import Interval, TimeWindow
from sightline.entrypoints.server import settle_garbage_collector

from . import Figure, ratio, within

WEEK_OF, YEAR_OF = TenantId("week"), TenantId("year")
EAST = UUID("955c3c4d-3a03-4d79-9655-3871f5ad999d")
NEW_YORK = ZoneInfo("America/New_York")
WEEK = TimeWindow(SAMPLE_START, SAMPLE_END)
YEAR = TimeWindow(SAMPLE_END - timedelta(days=365), SAMPLE_END)
GOAL_MS = 50.0
GOAL_LOAD_S = 12.0
ROUNDS = 9

_TITLES = {
    "week": "the same week, smallest and median",
    "year": "the same year, smallest and median",
    "hours": "organization, week in hours",
    "every": "organization, week with coincident peaks",
    "months": "organization, year in months",
    "days": "organization, year in local days",
}

Ask = Callable[[], Awaitable[object]]


async def run() -> Sequence[Figure]:
    """The figures of this benchmark."""
    async with _database() as database:
        sites, readings = SqlSiteRepository(database), SqlPowerReadingRepository(database)
        for tenant in (WEEK_OF, YEAR_OF):
            await sites.save(tenant, sample_sites())
        started = time.perf_counter()
        await ImportReadings(sites, readings)(WEEK_OF, sample_readings())
        loaded = time.perf_counter() - started
        week = {one: some for one, some in _week() if one in _circuits_of(EAST)}
        for batch in _year(week):
            await readings.append(YEAR_OF, batch)
        settle_garbage_collector()
        report = ReportPower(sites, readings)
        asked = _asked(report)
        rounds = await _rounds({**asked, "loop": _looping(week)})
    took = {name: min(some) for name, some in rounds.items()}
    middle = {name: statistics.median(some) for name, some in rounds.items()}
    return [
        within("a sample week of 36 circuits generated and stored", loaded, GOAL_LOAD_S, "s"),
        within("organization, week by minute", took["week"], GOAL_MS, "ms"),
        within("organization, year of quarter hours", took["year"], GOAL_MS, "ms"),
        ratio("week over a plain loop in memory", took["week"], took["loop"], None, "ms"),
        *(
            Figure(title, f"{took[name]:.1f} ms, median {middle[name]:.1f}")
            for name, title in _TITLES.items()
        ),
    ]


@asynccontextmanager
async def _database() -> AsyncIterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'sightline.sqlite'}")
        try:
            await migrate(database)
            yield database
        finally:
            await database.aclose()


def _asked(report: ReportPower) -> Mapping[str, Ask]:
    questions: Mapping[str, tuple[TenantId, TimeWindow, Interval | None, bool]] = {
        "week": (WEEK_OF, WEEK, None, False),
        "year": (YEAR_OF, YEAR, None, False),
        "hours": (WEEK_OF, WEEK, Interval.HOUR, False),
        "every": (WEEK_OF, WEEK, None, True),
        "months": (YEAR_OF, YEAR, Interval.MONTH, False),
        "days": (YEAR_OF, YEAR, Interval.DAY, False),
    }
    return {name: _asking(report, *question) for name, question in questions.items()}


def _asking(
    report: ReportPower, tenant: TenantId, window: TimeWindow, interval: Interval | None, all_: bool
) -> Ask:
    wanted = frozenset(Statistic) if all_ else None
    request = PowerRequest(Level.ORGANIZATION, EAST, window, interval, NEW_YORK, wanted)
    return lambda: report(tenant, request)


def _looping(week: Mapping[CircuitId, Sequence[PowerReading]]) -> Ask:
    async def loop() -> float:
        return sum(_watt_seconds(readings) for readings in week.values())

    return loop


def _watt_seconds(readings: Sequence[PowerReading]) -> float:
    energy = 0.0
    for one, following in pairwise(readings):
        gap = (following.at - one.at).total_seconds()
        energy += one.watts * (gap if gap <= 180 else 60)
    return energy


async def _rounds(asked: Mapping[str, Ask]) -> Mapping[str, Sequence[float]]:
    """How long each took, in interleaved rounds. [ms]"""
    took: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(ROUNDS):
        for name, ask in asked.items():
            started = time.perf_counter()
            await ask()
            took[name].append((time.perf_counter() - started) * 1000)
    return took


def _circuits_of(organization: UUID) -> set[CircuitId]:
    sites = sample_sites().around(Level.ORGANIZATION, organization)
    return {circuit.id for circuit in sites.circuits}


def _week() -> Iterator[tuple[CircuitId, Sequence[PowerReading]]]:
    for circuit, batch in zip(sample_sites().circuits, sample_readings(), strict=True):
        yield circuit.id, [one.reading for one in batch]


def _year(
    week: Mapping[CircuitId, Sequence[PowerReading]],
) -> Iterator[Mapping[CircuitId, Sequence[PowerReading]]]:
    """One reading in every quarter hour of a year: 12 times 35,040."""
    for circuit, readings in week.items():
        powers = [one.watts for one in readings[::15]]
        yield {
            circuit: [
                PowerReading(YEAR.start + timedelta(minutes=15 * quarter), powers[quarter % 500])
                for quarter in range(365 * 96)
            ]
        }
