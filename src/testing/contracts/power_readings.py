"""What every repository of power readings must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty repositories.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.energy import PowerQuestion, PowerReading, PowerSeries, PowerSummary, instant
from ...domain.identifiers import CircuitId, TenantId
from ...domain.windows import TimeWindow
from ...ports.power_readings import PowerReadingRepository
from ..strategies import power_questions, power_readings, power_series
from ..strategies.energy import CIRCUITS

__all__ = [
    "test_a_later_reading_changes_the_quarter_hours_beside_its_own",
    "test_a_tenant_never_sees_the_readings_of_another",
    "test_every_append_that_brings_something_moves_the_position_by_one",
    "test_facts_equal_the_reference_over_all_readings",
    "test_of_several_readings_at_one_instant_the_last_counts",
    "test_repeats_and_disorder_change_nothing",
    "test_windows_of_years_equal_the_reference",
]

Fresh = Callable[[], AbstractAsyncContextManager[PowerReadingRepository]]
Batch = dict[CircuitId, list[PowerReading]]

ACME, RIVAL = TenantId("acme"), TenantId("rival")


def batches() -> st.SearchStrategy[list[Batch]]:
    """Some appends, each of some circuits, in no order."""
    readings = st.lists(power_readings(), max_size=12)
    return st.lists(st.dictionaries(st.sampled_from(CIRCUITS), readings, max_size=3), max_size=4)


def _all(appended: list[Batch]) -> dict[CircuitId, PowerSeries]:
    return {
        circuit: PowerSeries.of(one for batch in appended for one in batch.get(circuit, ()))
        for circuit in CIRCUITS
    }


@given(appended=batches(), question=power_questions())
async def test_facts_equal_the_reference_over_all_readings(
    fresh: Fresh, appended: list[Batch], question: PowerQuestion
) -> None:
    async with fresh() as repository:
        for batch in appended:
            await repository.append(ACME, batch)
        facts = await repository.read(ACME, question)
        assert facts == question.reference(facts.position, _all(appended))


@given(series=st.lists(power_series(), min_size=3, max_size=3), question=power_questions())
async def test_repeats_and_disorder_change_nothing(
    fresh: Fresh, series: list[PowerSeries], question: PowerQuestion
) -> None:
    whole = {
        circuit: [PowerReading(instant(at), w) for at, w in zip(one.at_ms, one.watts, strict=True)]
        for circuit, one in zip(CIRCUITS, series, strict=True)
    }
    async with fresh() as repository:
        await repository.append(ACME, {one: some[1::2] for one, some in whole.items()})
        for circuit, some in whole.items():
            await repository.append(ACME, {circuit: some[::-2]})
        await repository.append(ACME, {one: some[::-1] for one, some in whole.items()})
        facts = await repository.read(ACME, question)
        expected = dict(zip(CIRCUITS, series, strict=True))
        assert facts == question.reference(facts.position, expected)


@given(reading=power_readings(), later=st.lists(st.integers(0, 9), min_size=1, max_size=3))
async def test_of_several_readings_at_one_instant_the_last_counts(
    fresh: Fresh, reading: PowerReading, later: list[int]
) -> None:
    day = TimeWindow(reading.at - timedelta(days=1), reading.at + timedelta(days=1))
    question = PowerQuestion(CIRCUITS[:1], (day,), None, None)
    (circuit,) = question.circuits
    async with fresh() as repository:
        await repository.append(ACME, {circuit: [reading, evolve(reading, watts=42)]})
        for watts in later:
            await repository.append(ACME, {circuit: [evolve(reading, watts=watts)]})
        (told,) = (await repository.read(ACME, question)).circuits[circuit].summaries
        assert told == PowerSummary(later[-1] * 60_000, 60_000, 1, later[-1], later[-1])


@given(first=st.integers(1, 5), later=st.integers(0, 5), back=st.booleans())
async def test_a_later_reading_changes_the_quarter_hours_beside_its_own(
    fresh: Fresh, first: int, later: int, *, back: bool
) -> None:
    midnight = datetime(2024, 4, 1, tzinfo=UTC)
    before = PowerReading(midnight - timedelta(minutes=first), 600)
    after = PowerReading(midnight + timedelta(minutes=later), 60)
    quarters = [midnight + timedelta(minutes=15 * step) for step in (-1, 0, 1)]
    windows = tuple(TimeWindow(start, end) for start, end in pairwise(quarters))
    question = PowerQuestion(CIRCUITS[:1], windows, None, None)
    (circuit,) = question.circuits
    async with fresh() as repository:
        for reading in (after, before) if back else (before, after):
            await repository.append(ACME, {circuit: [reading]})
        told = (await repository.read(ACME, question)).circuits[circuit].summaries
    bridged = first + later <= 3
    minutes_before = first if bridged else 1
    minutes_after = later + 1 if bridged else 1
    assert [one.covered_ms // 60_000 for one in told] == [minutes_before, minutes_after]
    carried = later if bridged else 0
    assert [one.energy_watt_ms // 60_000 for one in told] == [
        600 * minutes_before,
        600 * carried + 60,
    ]


@given(years=st.lists(st.integers(1971, 2190), max_size=4, unique=True))
async def test_windows_of_years_equal_the_reference(fresh: Fresh, years: list[int]) -> None:
    starts = [datetime(year, 2, 28, 23, 59, tzinfo=UTC) for year in years]
    appended = [{CIRCUITS[0]: [PowerReading(start, 100) for start in starts]}]
    decades = TimeWindow(datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
    windows = tuple(TimeWindow(start, start + timedelta(days=800)) for start in starts)
    question = PowerQuestion(CIRCUITS, (decades, *windows), None, None)
    async with fresh() as repository:
        await repository.append(ACME, appended[0])
        facts = await repository.read(ACME, question)
        assert facts == question.reference(facts.position, _all(appended))


@given(appended=batches(), question=power_questions())
async def test_a_tenant_never_sees_the_readings_of_another(
    fresh: Fresh, appended: list[Batch], question: PowerQuestion
) -> None:
    async with fresh() as repository:
        for batch in appended:
            await repository.append(ACME, batch)
        assert await repository.read(RIVAL, question) == question.reference(0, {})


@given(appended=batches())
async def test_every_append_that_brings_something_moves_the_position_by_one(
    fresh: Fresh, appended: list[Batch]
) -> None:
    nothing = PowerQuestion((), (), None, None)
    async with fresh() as repository:
        expected = 0
        for batch in appended:
            expected += any(batch.values())
            assert await repository.append(ACME, batch) == expected
        assert (await repository.read(ACME, nothing)).position == expected
