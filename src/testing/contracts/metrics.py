"""What every store of metrics must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty stores.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime
from typing import Protocol

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.errors import MetricBuiltIn, MetricInUse, VersionMismatch
from ...domain.identifiers import TenantId
from ...domain.metrics import (
    MetricDeclaration,
    MetricDefinition,
    MetricValue,
    OverDays,
    declared,
    recorded,
)
from ...ports.metrics import MetricDefinitionRepository, MetricValueRepository
from ..strategies import metric_days, metric_declarations, metric_names, metric_values

__all__ = [
    "test_a_built_in_metric_is_never_declared",
    "test_a_declaration_based_on_an_old_version_is_refused",
    "test_a_metric_that_a_ratio_is_made_of_stays_a_sum",
    "test_a_tenant_never_sees_another",
    "test_concurrent_values_all_arrive",
    "test_definitions_are_what_the_domain_makes_of_declarations",
    "test_one_ratio_and_one_change_of_its_part_never_both_win",
    "test_the_last_value_of_a_day_counts",
    "test_values_come_back_as_they_were_written",
]


class MetricRepository(MetricDefinitionRepository, MetricValueRepository, Protocol):
    """Both ports at once."""


Fresh = Callable[[], AbstractAsyncContextManager[MetricRepository]]

ACME, RIVAL = TenantId("acme"), TenantId("rival")
NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
FIRST, LAST = date(2026, 2, 1), date(2026, 3, 31)
SUM = MetricDeclaration(OverDays.SUM)
MEAN = MetricDeclaration(OverDays.MEAN)
RATIO = MetricDeclaration(OverDays.RATIO, numerator="revenue", denominator="orders")

declarations = st.lists(st.tuples(metric_names(), metric_declarations()), max_size=5)
batches = st.lists(st.lists(metric_values(), max_size=5), max_size=3)


@given(said=declarations)
async def test_definitions_are_what_the_domain_makes_of_declarations(
    fresh: Fresh, said: list[tuple[str, MetricDeclaration]]
) -> None:
    known: dict[str, MetricDefinition] = {}
    version = 0
    async with fresh() as repository:
        for name, wanted in said:
            made = declared(known.values(), name, wanted, None, version=version + 1, now=NOON)
            version = max(version, made.version)
            known[name] = made
            assert await repository.declare(ACME, name, wanted, None, NOON) == made
        expected = tuple(known[name] for name in sorted(known))
        assert await repository.definitions(ACME) == expected


async def test_a_declaration_based_on_an_old_version_is_refused(fresh: Fresh) -> None:
    async with fresh() as repository:
        first = await repository.declare(ACME, "revenue", SUM, 0, NOON)
        second = await repository.declare(ACME, "revenue", MEAN, first.version, NOON)
        assert second.version > first.version
        for old in (0, first.version):
            with pytest.raises(VersionMismatch) as told:
                await repository.declare(ACME, "revenue", SUM, old, NOON)
            assert (told.value.expected, told.value.actual) == (old, second.version)
        assert await repository.definitions(ACME) == (second,)


async def test_a_built_in_metric_is_never_declared(fresh: Fresh) -> None:
    async with fresh() as repository:
        with pytest.raises(MetricBuiltIn):
            await repository.declare(ACME, "events", SUM, None, NOON)
        assert await repository.definitions(ACME) == ()


async def test_a_metric_that_a_ratio_is_made_of_stays_a_sum(fresh: Fresh) -> None:
    async with fresh() as repository:
        for name in ("revenue", "orders"):
            await repository.declare(ACME, name, SUM, None, NOON)
        ratio = await repository.declare(ACME, "order_value", RATIO, None, NOON)
        assert (ratio.numerator, ratio.denominator) == ("revenue", "orders")
        with pytest.raises(MetricInUse):
            await repository.declare(ACME, "orders", MEAN, None, NOON)
        renamed = await repository.declare(ACME, "orders", evolve(SUM, unit="orders"), None, NOON)
        assert renamed.unit == "orders"


async def test_one_ratio_and_one_change_of_its_part_never_both_win(fresh: Fresh) -> None:
    async with fresh() as repository:
        for name in ("revenue", "orders"):
            await repository.declare(ACME, name, SUM, None, NOON)
        results = await asyncio.gather(
            repository.declare(ACME, "order_value", RATIO, None, NOON),
            repository.declare(ACME, "orders", MEAN, None, NOON),
            return_exceptions=True,
        )
        assert sum(isinstance(one, MetricDefinition) for one in results) == 1


@given(said=batches)
async def test_the_last_value_of_a_day_counts(fresh: Fresh, said: list[list[MetricValue]]) -> None:
    expected: dict[tuple[str, date], float] = {}
    async with fresh() as repository:
        for values in said:
            outcomes = recorded(expected, values)
            assert await repository.record(ACME, values) == outcomes
        names = sorted({name for name, _ in expected})
        found = await repository.values(ACME, names, FIRST, LAST)
        kept = {(name, day): value for name, days in found.items() for day, value in days.items()}
        assert kept == expected


@given(
    values=st.lists(metric_values(), min_size=1, max_size=5),
    names=st.lists(metric_names(), max_size=2),
    first=metric_days(),
    last=metric_days(),
)
async def test_values_come_back_as_they_were_written(
    fresh: Fresh, values: list[MetricValue], names: list[str], first: date, last: date
) -> None:
    expected: dict[str, dict[date, float]] = {}
    for one in values:
        if one.metric_name in names and first <= one.date <= last:
            expected.setdefault(one.metric_name, {})[one.date] = one.value
    async with fresh() as repository:
        await repository.record(ACME, values)
        assert await repository.values(ACME, names, first, last) == expected


@given(ours=st.lists(metric_values(), min_size=1), theirs=st.lists(metric_values(), min_size=1))
async def test_a_tenant_never_sees_another(
    fresh: Fresh, ours: list[MetricValue], theirs: list[MetricValue]
) -> None:
    names = ["revenue", "orders", "a_b", "a.b", "a-b"]
    async with fresh() as repository:
        await repository.record(ACME, ours)
        await repository.declare(ACME, "revenue", SUM, None, NOON)
        before = await repository.values(ACME, names, FIRST, LAST)
        assert await repository.values(RIVAL, names, FIRST, LAST) == {}
        assert await repository.definitions(RIVAL) == ()
        expected: dict[tuple[str, date], float] = {}
        assert await repository.record(RIVAL, theirs) == recorded(expected, theirs)
        await repository.declare(RIVAL, "revenue", MEAN, 0, NOON)
        assert await repository.values(ACME, names, FIRST, LAST) == before
        assert [one.over_days for one in await repository.definitions(ACME)] == [OverDays.SUM]


async def test_concurrent_values_all_arrive(fresh: Fresh) -> None:
    values = [MetricValue(date(2026, 3, day), "revenue", float(day)) for day in range(1, 9)]
    async with fresh() as repository:
        await asyncio.gather(*(repository.record(ACME, [one]) for one in values))
        found = await repository.values(ACME, ["revenue"], FIRST, LAST)
        assert found == {"revenue": {one.date: one.value for one in values}}
