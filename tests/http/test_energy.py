from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
from attrs import evolve

from sightline.adapters.sample.energy import sample_readings, sample_sites
from sightline.domain.energy import (
    NO_SITES,
    AddressedReading,
    Brand,
    PowerReading,
    Statistic,
    circuit_id,
)
from sightline.domain.identifiers import BrandId, TenantId

from .served import Served, serving

BRAND = "11111111-1111-1111-1111-111111111111"
EAST = "955c3c4d-3a03-4d79-9655-3871f5ad999d"
NYC = "ea125f67-6b94-4992-8eb9-d832ae026106"
PANEL = "785097c8-2b34-410a-a8ea-bcaf10791c45"
SITES = sample_sites()
CIRCUIT = next(str(one.id) for one in SITES.circuits if str(one.sensor_id) == PANEL)
DAY = {"start": "2024-04-01T00:00:00Z", "end": "2024-04-02T00:00:00Z"}
POWERS = {
    "circuit": f"/api/v1/circuits/{CIRCUIT}/power",
    "location": f"/api/v1/locations/{NYC}/power",
    "organization": f"/api/v1/organizations/{EAST}/power",
    "brand": f"/api/v1/brands/{BRAND}/power",
}
READINGS = [
    AddressedReading(
        "6D12E310B371FCB1",
        number,
        PowerReading(datetime(2024, 4, 1, tzinfo=UTC) + timedelta(minutes=minute), watts),
    )
    for number, watts in ((1, 600), (2, 1200))
    for minute in range(1440)
]


@pytest.fixture(scope="module")
async def site() -> AsyncIterator[Served]:
    async with serving() as served:
        await served.cases.import_sites(TenantId("acme"), SITES)
        await served.cases.import_readings(TenantId("acme"), [READINGS])
        yield served


async def _get(served: Served, path: str, **parameters: str) -> httpx.Response:
    return await served.acme.get(path, params=parameters)


async def _told(served: Served, path: str, **parameters: str) -> Any:
    answer = await _get(served, path, **parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_circuit_tells_its_power_and_its_record(site: Served) -> None:
    told = await _told(site, POWERS["circuit"], **DAY)
    assert told["scope"]["name"] == "Circuit 1"
    assert told["scope"]["duid"] == "6D12E310B371FCB1"
    assert [one["name"] for one in told["scope"]["above"]] == [
        "DemoBrand",
        "East Franchise",
        "East-NYC",
        "Panel-1",
    ]
    figures = told["figures"]
    assert (figures["energy_kwh"], figures["mean_power_w"], figures["peak_w"]) == (14.4, 600, 600)
    assert (figures["coverage"], figures["readings"], figures["load_factor"]) == (1, 1440, 1)
    assert (told["children"], told["buckets"], told["complete"]) == ([], [], True)
    assert told["links"] == {
        "scope": POWERS["circuit"],
        "parent": POWERS["location"],
        "electric_sensor": f"/v1/electric_sensors/{PANEL}",
        "children": [],
    }


async def test_an_organization_is_broken_down_by_location(site: Served) -> None:
    told = await _told(site, POWERS["organization"], **DAY)
    figures = told["figures"]
    assert figures["total_power_w"] == 1800
    assert figures["average_w_per_circuit"] == 150
    assert figures["average_w_per_reporting_circuit"] == 900
    assert (figures["circuits"], figures["reporting_circuits"]) == (12, 2)
    assert figures["partial"] is True
    by_name = {one["scope"]["name"]: one["figures"] for one in told["children"]}
    assert by_name["East-NYC"]["total_power_w"] == 1800
    assert by_name["East-Boston"]["total_power_w"] is None
    assert by_name["East-Boston"]["coverage"] == 0
    assert told["links"]["children"][1] == POWERS["location"]
    assert told["links"]["parent"] == POWERS["brand"]


@pytest.mark.parametrize("path", POWERS.values(), ids=POWERS)
async def test_every_level_answers_alike_and_its_links_lead_on(site: Served, path: str) -> None:
    told = await _told(site, path, **DAY, interval="hour", timezone="Asia/Kathmandu")
    assert set(told) == {
        "scope", "start", "end", "interval", "timezone", "statistics", "figures", "children",
        "buckets", "rules", "as_of", "complete", "links",
    }  # fmt: skip
    assert told["links"]["scope"] == path
    assert [bucket["hours"] for bucket in told["buckets"]] == [0.25, *[1.0] * 23, 0.75]
    assert told["buckets"][1]["local_start"] == "2024-04-01T06:00:00+05:45"
    energies = [bucket["figures"]["energy_kwh"] for bucket in told["buckets"]]
    assert sum(energies) == pytest.approx(told["figures"]["energy_kwh"])
    for link in (*told["links"]["children"], told["links"]["parent"]):
        if link:
            await _told(site, link, **DAY)
    assert set(told["rules"]["definitions"]) == set(told["figures"])


async def test_only_the_statistics_asked_for_are_told(site: Served) -> None:
    told = await _told(site, POWERS["location"], **DAY, statistics="coincident_peak_w, energy_kwh")
    assert told["statistics"] == ["energy_kwh", "coincident_peak_w"]
    assert told["figures"]["coincident_peak_w"] == 1800
    assert told["figures"]["energy_kwh"] == pytest.approx(43.2)
    others = set(Statistic) - {"energy_kwh", "coincident_peak_w"}
    assert {told["figures"][name] for name in others} == {None}


async def test_the_position_moves_when_readings_come_in() -> None:
    async with serving() as served:
        await served.cases.import_sites(TenantId("acme"), SITES)
        before = await _told(served, POWERS["circuit"], **DAY)
        assert (before["as_of"], before["figures"]["energy_kwh"]) == (0, None)
        await served.cases.import_readings(TenantId("acme"), [READINGS[:60]])
        after = await _told(served, POWERS["circuit"], **DAY)
        assert (after["as_of"], after["figures"]["energy_kwh"]) == (1, 0.6)


async def test_the_sample_data_has_gaps_that_are_said() -> None:
    async with serving() as served:
        await served.cases.import_sites(TenantId("acme"), SITES)
        await served.cases.import_readings(TenantId("acme"), islice(sample_readings(), 3))
        first = SITES.circuits[0]
        path = f"/api/v1/circuits/{circuit_id(first.sensor_id, 1)}/power"
        told = await _told(served, path, start="2024-04-01T00:00:00Z", end="2024-04-08T00:00:00Z")
        assert told["figures"]["missing_readings"] > 0
        assert 0.9 < told["figures"]["coverage"] < 1
        assert told["complete"] is False


BAD = {
    "start missing": ({"end": DAY["end"]}, "start"),
    "end missing": ({"start": DAY["start"]}, "end"),
    "start empty": ({**DAY, "start": ""}, "start"),
    "start naive": ({**DAY, "start": "2024-04-01T00:00:00"}, "start"),
    "start a date": ({**DAY, "start": "2024-04-01"}, "start"),
    "start epoch": ({**DAY, "start": "1711929600"}, "start"),
    "start Feb 30": ({**DAY, "start": "2024-02-30T00:00:00Z"}, "start"),
    "start hour 24": ({**DAY, "start": "2024-04-01T24:00:00Z"}, "start"),
    "start offset 25": ({**DAY, "start": "2024-04-01T00:00:00+25:00"}, "start"),
    "start year 1": ({**DAY, "start": "0001-01-01T00:00:00Z"}, "start"),
    "start year 1 east": ({**DAY, "start": "0001-01-01T00:00:00+14:00"}, "start"),
    "end year 9999": ({**DAY, "end": "9999-12-31T23:59:59Z"}, "end"),
    "end year 9999 west": ({**DAY, "end": "9999-12-31T23:59:59-12:00"}, "end"),
    "reversed": ({"start": DAY["end"], "end": DAY["start"]}, "end"),
    "empty window": ({"start": DAY["start"], "end": DAY["start"]}, "end"),
    "below a millisecond": ({**DAY, "end": "2024-04-01T00:00:00.000500Z"}, "end"),
    "eleven years": ({**DAY, "end": "2035-04-01T00:00:00Z"}, "end"),
    "hours of two years": ({**DAY, "end": "2026-04-01T00:00:00Z", "interval": "hour"}, "end"),
    "too many buckets": (
        {**DAY, "end": "2024-08-01T00:00:00Z", "interval": "quarter_hour"},
        "interval",
    ),
    "interval unknown": ({**DAY, "interval": "minute"}, "interval"),
    "interval in capitals": ({**DAY, "interval": "HOUR"}, "interval"),
    "zone unknown": ({**DAY, "timezone": "Mars/Olympus"}, "timezone"),
    "zone a path": ({**DAY, "timezone": "../../etc/passwd"}, "timezone"),
    "zone empty": ({**DAY, "timezone": ""}, "timezone"),
    "zone long": ({**DAY, "timezone": "x" * 1000}, "timezone"),
    "zone with a null": ({**DAY, "timezone": "UTC\0"}, "timezone"),
    "statistic unknown": ({**DAY, "statistics": "energy_kwh,joules"}, "statistics"),
    "statistic empty": ({**DAY, "statistics": ""}, "statistics"),
    "peak demand of years": (
        {**DAY, "end": "2026-04-01T00:00:00Z", "statistics": "peak_demand_w"},
        "statistics",
    ),
    "coincident peak of months": (
        {**DAY, "end": "2024-06-01T00:00:00Z", "statistics": "coincident_peak_w"},
        "statistics",
    ),
    "parameter unknown": ({**DAY, "intervall": "hour"}, "intervall"),
}


@pytest.mark.parametrize(("parameters", "name"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("path", POWERS.values(), ids=POWERS)
async def test_a_bad_parameter_is_refused_by_name(
    site: Served, path: str, parameters: dict[str, str], name: str
) -> None:
    answer = await site.acme.get(f"{path}?{urlencode(parameters)}")
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert [error["parameter"] for error in answer.json()["errors"]] == [name]
    assert len(answer.text) < 2_500


@pytest.mark.parametrize("name", ["start", "end", "interval", "timezone", "statistics"])
async def test_a_repeated_parameter_is_refused(site: Served, name: str) -> None:
    good = {**DAY, "interval": "hour", "timezone": "UTC", "statistics": "peak_w"}
    query = urlencode([*good.items(), (name, good[name])])
    answer = await site.acme.get(f"{POWERS['circuit']}?{query}")
    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == [name]


async def test_everything_wrong_is_told_at_once(site: Served) -> None:
    answer = await _get(site, POWERS["brand"], start="yesterday", interval="minute", zone="UTC")
    assert {error["parameter"] for error in answer.json()["errors"]} == {
        "start",
        "end",
        "interval",
        "zone",
    }


PATHS = (
    "/api/v1/circuits/{}/power",
    "/api/v1/locations/{}/power",
    "/api/v1/organizations/{}/power",
    "/api/v1/brands/{}/power",
    "/v1/electric_sensors/{}",
    "/v1/locations/{}/circuit-summary",
    "/v1/brands/{}/metadata",
)
STRANGE = (
    "8876fe05-dc92-4fcf-a202-1f441111be83",
    "1",
    "x" * 300,
    "%00",
    BRAND.replace("-", ""),
    "{" + BRAND + "}",
    "ü",
)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("identifier", STRANGE)
async def test_an_id_that_is_unknown_or_malformed_is_not_found(
    site: Served, path: str, identifier: str
) -> None:
    query = f"?{urlencode(DAY)}" if path.endswith("power") else ""
    answer = await site.acme.get(path.format(identifier) + query)
    assert answer.status_code == 404, answer.text
    assert answer.json()["type"].endswith("-not-found")


@pytest.mark.parametrize(
    "path",
    [
        *(f"{path}?{urlencode(DAY)}" for path in POWERS.values()),
        f"/v1/electric_sensors/{PANEL}",
        "/v1/electric_sensors/6D12E310B371FCB1",
        f"/v1/locations/{NYC}/circuit-summary",
        f"/v1/brands/{BRAND}/metadata",
    ],
)
async def test_a_tenant_never_sees_the_sites_of_another(site: Served, path: str) -> None:
    assert (await site.acme.get(path)).status_code == 200
    foreign = await site.rival.get(path)
    assert foreign.status_code == 404
    assert (await site.stranger.get(path)).status_code == 401


async def test_a_sensor_answers_to_its_id_and_its_device_id(site: Served) -> None:
    told = await _told(site, f"/v1/electric_sensors/{PANEL}")
    assert told == await _told(site, "/v1/electric_sensors/6D12E310B371FCB1")
    assert told == await _told(site, f"/v1/electric_sensors/{PANEL.upper()}")
    assert told["location"] == {"level": "location", "id": NYC, "name": "East-NYC"}
    assert [one["circuit_number"] for one in told["circuits"]] == [1, 2, 3]


async def test_a_location_lists_its_sensors_and_circuits(site: Served) -> None:
    told = await _told(site, f"/v1/locations/{NYC}/circuit-summary")
    assert (told["sensor_count"], told["circuit_count"]) == (2, 6)
    assert [one["name"] for one in told["electric_sensors"]] == ["Panel-1", "Panel-2"]


async def test_a_brand_lists_everything_below_it(site: Served) -> None:
    told = await _told(site, f"/v1/brands/{BRAND}/metadata")
    counts = ("organization_count", "location_count", "sensor_count", "circuit_count")
    assert [told[name] for name in counts] == [3, 6, 12, 36]
    assert [one["name"] for one in told["organizations"]][1] == "East Franchise"


async def test_brands_are_listed_with_what_lies_below_each(site: Served) -> None:
    told = await _told(site, "/api/v1/brands")
    assert told == {
        "items": [
            {
                "id": BRAND,
                "name": "DemoBrand",
                "organization_count": 3,
                "location_count": 6,
                "sensor_count": 12,
                "circuit_count": 36,
            }
        ],
        "next_cursor": None,
    }


async def test_brands_come_page_by_page_and_no_cursor_leads_to_another_tenant() -> None:
    names = ("Zebra", "apple", "Élan", "Apple", "apple")
    brands = tuple(Brand(BrandId(UUID(int=9 - n)), name) for n, name in enumerate(names))
    async with serving() as served:
        await served.cases.import_sites(TenantId("acme"), evolve(NO_SITES, brands=brands))
        others = tuple(evolve(one, name=f"Our {one.name}") for one in brands)
        await served.cases.import_sites(TenantId("rival"), evolve(NO_SITES, brands=others))
        found: list[tuple[str, int]] = []
        more: dict[str, str] = {}
        while True:
            told = await _told(served, "/api/v1/brands", limit="2", **more)
            found.extend((one["name"], UUID(one["id"]).int) for one in told["items"])
            if told["next_cursor"] is None:
                break
            more = {"cursor": told["next_cursor"]}
        assert found == [("Apple", 6), ("Zebra", 9), ("apple", 5), ("apple", 8), ("Élan", 7)]
        foreign = await served.rival.get("/api/v1/brands", params={"limit": "2", **more})
        assert foreign.status_code == 422
        theirs = (await served.rival.get("/api/v1/brands")).json()["items"]
        assert {one["name"] for one in theirs} == {f"Our {name}" for name in names}


async def test_a_tenant_without_sites_has_no_brands(site: Served) -> None:
    assert (await site.rival.get("/api/v1/brands")).json() == {"items": [], "next_cursor": None}
    assert (await site.stranger.get("/api/v1/brands")).status_code == 401


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", "0"), ("limit", "201"), ("limit", "x"), ("cursor", "made-up"), ("sort", "name")],
)
async def test_a_bad_parameter_of_the_list_is_refused_by_name(
    site: Served, name: str, value: str
) -> None:
    answer = await _get(site, "/api/v1/brands", **{name: value})
    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == [name]


async def test_the_older_routes_take_no_parameters(site: Served) -> None:
    answer = await site.acme.get(f"/v1/brands/{BRAND}/metadata?verbose=1")
    assert answer.status_code == 422
