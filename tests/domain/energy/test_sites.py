from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from attrs import asdict, evolve, fields_dict
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.energy import (
    LARGEST_BRAND_PAGE,
    NO_SITES,
    Brand,
    BrandKey,
    BrandQuery,
    BrandSummary,
    Circuit,
    Level,
    Sensor,
    Sites,
    brand_metadata,
    brand_page,
    circuit_id,
    location_circuits,
    scope_of,
    sensor_record,
)
from sightline.domain.errors import (
    BrandNotFound,
    InvalidFields,
    InvalidInput,
    LocationNotFound,
    NotFound,
    SensorNotFound,
)
from sightline.domain.identifiers import BrandId, CircuitId, LocationId, SensorId
from sightline.testing.strategies import sites

NOBODY = UUID(int=0)
SENSOR = SensorId(UUID("785097c8-2b34-410a-a8ea-bcaf10791c45"))


def test_the_id_of_a_circuit_depends_on_sensor_and_number_alone() -> None:
    first = circuit_id(SENSOR, 1)
    assert first == UUID("62050da7-f4c9-542c-84cd-a7959326de1c")
    assert first != circuit_id(SENSOR, 2)
    assert first.version == 5


@given(document=sites())
def test_the_circuits_of_a_scope_are_those_of_its_children(document: Sites) -> None:
    for brand in document.brands:
        scope = scope_of(document, Level.BRAND, brand.id)
        assert scope.record.circuits == len(scope.circuits) == len(set(scope.circuits))
        for organization in scope.children:
            assert organization.record.above[-1].id == brand.id
            for location in organization.children:
                assert {child.record.level for child in location.children} <= {Level.CIRCUIT}
                assert location.circuits == tuple(
                    circuit for child in location.children for circuit in child.circuits
                )
            assert organization.circuits == tuple(
                circuit for child in organization.children for circuit in child.circuits
            )
    every = [scope_of(document, Level.BRAND, brand.id).circuits for brand in document.brands]
    assert {one for some in every for one in some} == {one.id for one in document.circuits}


@given(document=sites())
def test_a_scope_is_the_same_seen_from_its_surroundings_alone(document: Sites) -> None:
    for location in document.locations:
        around = document.around(Level.LOCATION, location.id)
        assert scope_of(around, Level.LOCATION, location.id) == scope_of(
            document, Level.LOCATION, location.id
        )
        assert len(around.locations) == 1


@given(document=sites())
def test_metadata_counts_what_it_lists(document: Sites) -> None:
    document = document.in_order()
    for brand in document.brands:
        told = brand_metadata(document, brand.id)
        locations = [place for one in told.organizations for place in one.locations]
        sensors = [sensor for place in locations for sensor in place.electric_sensors]
        assert told.organization_count == len(told.organizations)
        assert told.location_count == len(locations)
        assert told.sensor_count == len(sensors)
        assert told.circuit_count == sum(len(sensor.circuits) for sensor in sensors)
    for location in document.locations:
        place = location_circuits(document, location.id)
        assert place.sensor_count == len(place.electric_sensors)
        assert place.circuit_count == sum(len(one.circuits) for one in place.electric_sensors)
        assert place.organization.id == location.organization_id
    for sensor in document.electric_sensors:
        record = sensor_record(document, sensor.id)
        numbers = [circuit.circuit_number for circuit in record.circuits]
        assert numbers == sorted(numbers)
        assert (record.duid, record.location.id) == (sensor.duid, sensor.location_id)


@given(document=sites(), level=st.sampled_from(Level))
def test_what_is_not_there_is_not_found(document: Sites, level: Level) -> None:
    for look in (document.around, lambda *at: scope_of(document, *at)):
        with pytest.raises(type(level.missing(NOBODY))):
            look(level, NOBODY)


def test_metadata_of_what_is_not_there_is_not_found() -> None:
    empty = Sites((), (), (), (), ())
    cases: list[tuple[Callable[..., object], object, type[NotFound]]] = [
        (sensor_record, SensorId(NOBODY), SensorNotFound),
        (location_circuits, LocationId(NOBODY), LocationNotFound),
        (brand_metadata, BrandId(NOBODY), BrandNotFound),
    ]
    for look, identifier, error in cases:
        with pytest.raises(error):
            look(empty, identifier)


@given(document=sites(), data=st.data())
def test_order_of_records_does_not_matter(document: Sites, data: st.DataObject) -> None:
    shuffled = Sites(
        tuple(data.draw(st.permutations(document.brands))),
        tuple(data.draw(st.permutations(document.organizations))),
        tuple(data.draw(st.permutations(document.locations))),
        tuple(data.draw(st.permutations(document.electric_sensors))),
        tuple(data.draw(st.permutations(document.circuits))),
    )
    assert shuffled.in_order() == document.in_order()
    assert document.merged(shuffled).in_order() == document.in_order()


@given(document=sites())
def test_records_without_a_parent_are_named(document: Sites) -> None:
    for name in ("brands", "organizations", "locations", "electric_sensors"):
        below = {
            "brands": document.organizations,
            "organizations": document.locations,
            "locations": document.electric_sensors,
            "electric_sensors": document.circuits,
        }[name]
        if below:
            with pytest.raises(InvalidFields) as caught:
                evolve(document, **{name: ()})
            orphans = [flaw for flaw in caught.value.flaws if flaw.code == "no_parent"]
            assert len(orphans) >= len(below)


@given(document=sites())
def test_repeated_ids_and_device_ids_are_named(document: Sites) -> None:
    for brand in document.brands[:1]:
        with pytest.raises(InvalidFields) as caught:
            evolve(document, brands=(*document.brands, brand))
        assert caught.value.flaws[0].path == ("brands", len(document.brands), "id")
    for sensor in document.electric_sensors[:1]:
        twin = evolve(sensor, id=SensorId(UUID(int=77)))
        with pytest.raises(InvalidFields) as caught:
            evolve(document, electric_sensors=(*document.electric_sensors, twin))
        assert caught.value.flaws[0].path[-1] == "duid"
    for circuit in document.circuits[:1]:
        double = evolve(circuit, id=CircuitId(UUID(int=78)))
        with pytest.raises(InvalidFields) as caught:
            evolve(document, circuits=(*document.circuits, double))
        assert caught.value.flaws[0].path[-1] == "circuit_number"


@pytest.mark.parametrize("name", ["", " x", "x ", "a\nb", "x" * 201, "nul\x00", "\u202e"])
def test_a_name_is_short_and_printable(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Brand(BrandId(NOBODY), name)
    assert caught.value.flaws[0].path == ("name",)


@pytest.mark.parametrize("duid", ["", "-x", "a b", "x" * 65, "ü", "x\n"])
def test_a_device_id_is_letters_and_digits(duid: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Sensor(SENSOR, duid, "Panel", LocationId(NOBODY))
    assert caught.value.flaws[0].path == ("duid",)


@pytest.mark.parametrize("number", [0, -1, 100_001, True, 1.0, "1"])
def test_a_circuit_number_counts_from_one(number: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        Circuit(CircuitId(NOBODY), SENSOR, "Circuit", number)
    assert caught.value.flaws[0].path == ("circuit_number",)


@given(document=sites())
def test_the_list_of_brands_counts_as_each_brand_itself_does(document: Sites) -> None:
    for listed in BrandQuery().reference(document):
        brand = brand_metadata(document, BrandId(listed.id))
        assert asdict(listed) == {name: getattr(brand, name) for name in fields_dict(BrandSummary)}


@given(document=sites())
def test_the_list_of_brands_is_by_name_and_pages_of_one_walk_through_it(document: Sites) -> None:
    every = BrandQuery().reference(document)
    assert [one.id for one in every] == [one.id for one in document.in_order().brands]
    walked: list[BrandSummary] = []
    after = None
    for _ in every:
        query = BrandQuery(1, after)
        page = brand_page(query, query.reference(document))
        walked.extend(page.items)
        after = page.next
    assert (tuple(walked), after) == (every, None)


def test_a_page_of_brands_ends_where_the_list_does() -> None:
    brands = tuple(Brand(BrandId(UUID(int=n)), "Same name") for n in (2, 1, 3))
    document = evolve(NO_SITES, brands=brands)
    query = BrandQuery(2)
    page = brand_page(query, query.reference(document))
    assert [one.id.int for one in page.items] == [1, 2]
    assert page.next == BrandKey("Same name", UUID(int=2))
    query = BrandQuery(2, page.next)
    assert brand_page(query, query.reference(document)).next is None


@pytest.mark.parametrize("limit", [0, LARGEST_BRAND_PAGE + 1])
def test_a_page_of_brands_has_a_length(limit: int) -> None:
    with pytest.raises(InvalidFields):
        BrandQuery(limit)
