"""What every repository of site trees must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty repositories.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.energy import NO_SITES, Brand, BrandPage, BrandQuery, BrandSummary, Level, Sites
from ...domain.errors import Conflict, NotFound, SensorNotFound
from ...domain.identifiers import BrandId, SensorId, TenantId
from ...ports.sites import SiteRepository
from ..strategies import sites

__all__ = [
    "test_a_conflicting_document_changes_nothing",
    "test_a_device_id_finds_its_sensor",
    "test_a_later_document_replaces_what_it_names_and_keeps_the_rest",
    "test_a_tenant_lists_its_own_brands_alone",
    "test_a_tenant_never_sees_the_sites_of_another",
    "test_addresses_name_every_circuit",
    "test_brands_are_listed_page_by_page_with_what_lies_below",
    "test_device_ids_and_numbers_can_be_exchanged",
    "test_what_was_saved_is_read_around_every_thing",
    "test_what_was_saved_twice_is_there_once",
]

Fresh = Callable[[], AbstractAsyncContextManager[SiteRepository]]

ACME, RIVAL = TenantId("acme"), TenantId("rival")


def _things(document: Sites) -> list[tuple[Level, UUID]]:
    return [
        *((Level.BRAND, one.id) for one in document.brands),
        *((Level.ORGANIZATION, one.id) for one in document.organizations),
        *((Level.LOCATION, one.id) for one in document.locations),
        *((Level.SENSOR, one.id) for one in document.electric_sensors),
        *((Level.CIRCUIT, one.id) for one in document.circuits),
    ]


async def _assert_holds(repository: SiteRepository, document: Sites) -> None:
    for level, identifier in _things(document):
        expected = document.around(level, identifier).in_order()
        assert await repository.around(ACME, level, identifier) == expected


@given(document=sites())
async def test_what_was_saved_is_read_around_every_thing(fresh: Fresh, document: Sites) -> None:
    async with fresh() as repository:
        await repository.save(ACME, document)
        await _assert_holds(repository, document)


@given(document=sites())
async def test_what_was_saved_twice_is_there_once(fresh: Fresh, document: Sites) -> None:
    async with fresh() as repository:
        await repository.save(ACME, document)
        await repository.save(ACME, document)
        await _assert_holds(repository, document)


@given(older=sites(), newer=sites())
async def test_a_later_document_replaces_what_it_names_and_keeps_the_rest(
    fresh: Fresh, older: Sites, newer: Sites
) -> None:
    async with fresh() as repository:
        await repository.save(ACME, older)
        try:
            expected = older.merged(newer)
        except Conflict:
            with pytest.raises(Conflict):
                await repository.save(ACME, newer)
            expected = older
        else:
            await repository.save(ACME, newer)
        await _assert_holds(repository, expected)


@given(document=sites())
async def test_a_tenant_never_sees_the_sites_of_another(fresh: Fresh, document: Sites) -> None:
    async with fresh() as repository:
        await repository.save(ACME, document)
        for level, identifier in _things(document):
            with pytest.raises(type(level.missing(identifier))):
                await repository.around(RIVAL, level, identifier)
        for sensor in document.electric_sensors:
            with pytest.raises(SensorNotFound):
                await repository.sensor_with_duid(RIVAL, sensor.duid)
        assert await repository.addresses(RIVAL) == {}
        await repository.save(RIVAL, document)
        await _assert_holds(repository, document)


@given(document=sites())
async def test_a_device_id_finds_its_sensor(fresh: Fresh, document: Sites) -> None:
    async with fresh() as repository:
        await repository.save(ACME, document)
        for sensor in document.electric_sensors:
            assert await repository.sensor_with_duid(ACME, sensor.duid) == sensor.id
        with pytest.raises(SensorNotFound):
            await repository.sensor_with_duid(ACME, "nobody")


@given(document=sites())
async def test_addresses_name_every_circuit(fresh: Fresh, document: Sites) -> None:
    async with fresh() as repository:
        assert await repository.addresses(ACME) == {}
        await repository.save(ACME, document)
        duids = {one.id: one.duid for one in document.electric_sensors}
        assert await repository.addresses(ACME) == {
            (duids[one.sensor_id], one.circuit_number): one.id for one in document.circuits
        }


#: Some before and some after the names of the strategy, in capitals and beyond ASCII.
_NAMES = st.lists(
    st.sampled_from(("Apple", "Brand 1", "Zebra", "apple", "élan", "zoo")), max_size=5
)


def _with_brands(document: Sites, names: list[str]) -> Sites:
    extra = (Brand(BrandId(UUID(int=99 - index)), name) for index, name in enumerate(names))
    return evolve(document, brands=(*document.brands, *extra))


async def _walked(repository: SiteRepository, tenant: TenantId, limit: int) -> list[BrandSummary]:
    page = await repository.brands(tenant, BrandQuery(limit))
    found = list(page.items)
    while page.next:
        assert len(page.items) == limit
        page = await repository.brands(tenant, BrandQuery(limit, page.next))
        found.extend(page.items)
    return found


@given(document=sites(), names=_NAMES, limit=st.integers(1, 3))
async def test_brands_are_listed_page_by_page_with_what_lies_below(
    fresh: Fresh, document: Sites, names: list[str], limit: int
) -> None:
    document = _with_brands(document, names)
    async with fresh() as repository:
        assert await repository.brands(ACME, BrandQuery()) == BrandPage((), None)
        await repository.save(ACME, document)
        assert await _walked(repository, ACME, limit) == list(BrandQuery().reference(document))


@given(ours=sites(), theirs=sites(), names=_NAMES)
async def test_a_tenant_lists_its_own_brands_alone(
    fresh: Fresh, ours: Sites, theirs: Sites, names: list[str]
) -> None:
    theirs = _with_brands(theirs, names)
    async with fresh() as repository:
        await repository.save(RIVAL, theirs)
        assert await repository.brands(ACME, BrandQuery()) == BrandPage((), None)
        await repository.save(ACME, ours)
        for tenant, document in ((ACME, ours), (RIVAL, theirs)):
            page = await repository.brands(tenant, BrandQuery())
            assert page.items == BrandQuery().reference(document)


@given(document=sites())
async def test_device_ids_and_numbers_can_be_exchanged(fresh: Fresh, document: Sites) -> None:
    duids = [one.duid for one in document.electric_sensors]
    sensors = zip(document.electric_sensors, duids[1:] + duids[:1], strict=True)
    numbers = {one.id: 6 - one.circuit_number for one in document.circuits}
    turned = evolve(
        document,
        electric_sensors=tuple(evolve(one, duid=duid) for one, duid in sensors),
        circuits=tuple(evolve(one, circuit_number=numbers[one.id]) for one in document.circuits),
    )
    async with fresh() as repository:
        await repository.save(ACME, document)
        await repository.save(ACME, turned)
        await _assert_holds(repository, turned)


@given(document=sites())
async def test_a_conflicting_document_changes_nothing(fresh: Fresh, document: Sites) -> None:
    async with fresh() as repository:
        await repository.save(ACME, document)
        for sensor in document.electric_sensors[:1]:
            other = SensorId(UUID(int=999))
            taken = evolve(sensor, id=other, name="Newcomer")
            branch = document.around(Level.SENSOR, sensor.id)
            clash = evolve(branch, electric_sensors=(taken,), circuits=())
            with pytest.raises(Conflict):
                await repository.save(ACME, clash)
            with pytest.raises(NotFound):
                await repository.around(ACME, Level.SENSOR, other)
        await repository.save(ACME, NO_SITES)
        await _assert_holds(repository, document)
