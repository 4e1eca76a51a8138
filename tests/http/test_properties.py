"""Properties over HTTP: what is asked wrongly is refused by name, what is changed is guarded."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.adapters.sample.portfolio import sample_histories, sample_portfolio
from sightline.domain.identifiers import PropertyId, TenantId

from .served import Served, serving

ACME = TenantId("acme")
WILLIS: dict[str, Any] = {
    "name": "Willis Tower",
    "address": "233 S Wacker Dr, Chicago, IL",
    "market_id": 1,
    "area_sqft": 4200000,
    "year_built": 1973,
    "property_class": "A",
    "current_occupancy_rate": 92.5,
    "current_avg_rent_per_sqft": 42.80,
    "renewal_rate_ytd": 78.5,
    "avg_lease_term_months": 96,
    "avg_time_to_lease_days": 85,
}
PATH = "/api/v1/properties"


@asynccontextmanager
async def furnished() -> AsyncIterator[Served]:
    async with serving() as served:
        await served.cases.import_properties(ACME, [one.draft for one in sample_portfolio()[:30]])
        await served.cases.import_property_history(
            ACME, {PropertyId(1): sample_histories()[PropertyId(1)]}
        )
        yield served


@pytest.fixture(scope="module")
async def house() -> AsyncIterator[Served]:
    """For tests that change nothing: making an application takes longer than asking it."""
    async with furnished() as served:
        yield served


@pytest.fixture
async def own_house() -> AsyncIterator[Served]:
    """For tests that change something."""
    async with furnished() as served:
        yield served


def flaws(response: httpx.Response) -> set[tuple[str, str]]:
    """What a refusal names: pointer or parameter, and code."""
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return {
        (flaw["pointer"] or flaw["parameter"], flaw["code"]) for flaw in response.json()["errors"]
    }


async def test_a_property_is_added_shown_changed_and_removed(served: Served) -> None:
    added = await served.acme.post(PATH, json=WILLIS)
    assert added.status_code == 201
    where, tag = added.headers["location"], added.headers["etag"]
    assert where == f"{PATH}/1"
    assert tag == f'"v{added.json()["version"]}"'
    assert {name: added.json()[name] for name in WILLIS} == WILLIS
    shown = await served.acme.get(where)
    assert (shown.json(), shown.headers["etag"]) == (added.json(), tag)
    changed = await served.acme.patch(
        where, json={"renewal_rate_ytd": None, "year_built": 1974}, headers={"If-Match": tag}
    )
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    expected = {**WILLIS, "renewal_rate_ytd": None, "year_built": 1974}
    assert {name: changed.json()[name] for name in WILLIS} == expected
    removed = await served.acme.delete(where, headers={"If-Match": changed.headers["etag"]})
    assert (removed.status_code, removed.content) == (204, b"")
    assert (await served.acme.get(where)).status_code == 404


async def test_an_id_may_be_given_and_is_taken_once(served: Served) -> None:
    given_ = await served.acme.post(PATH, json={**WILLIS, "id": 7})
    assert given_.headers["location"] == f"{PATH}/7"
    again = await served.acme.post(PATH, json={**WILLIS, "id": 7})
    assert again.status_code == 409
    assert again.json()["type"] == "/problems/property-exists"
    assert (await served.acme.post(PATH, json=WILLIS)).json()["id"] == 8


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": ""}, ("#/name", "empty")),
        ({"name": "x" * 201}, ("#/name", "too_long")),
        ({"name": "a\u0007b"}, ("#/name", "characters")),
        ({"name": 7}, ("#/name", "type")),
        ({"address": None}, ("#/address", "type")),
        ({"market_id": 0}, ("#/market_id", "out_of_range")),
        ({"market_id": "1"}, ("#/market_id", "type")),
        ({"market_id": 1.0}, ("#/market_id", "type")),
        ({"market_id": True}, ("#/market_id", "type")),
        ({"market_id": 2**63}, ("#/market_id", "out_of_range")),
        ({"area_sqft": 0}, ("#/area_sqft", "out_of_range")),
        ({"area_sqft": -1}, ("#/area_sqft", "out_of_range")),
        ({"area_sqft": 10**30}, ("#/area_sqft", "out_of_range")),
        ({"year_built": 1599}, ("#/year_built", "out_of_range")),
        ({"property_class": "AA"}, ("#/property_class", "property_class")),
        ({"property_type": "Büro"}, ("#/property_type", "property_type")),
        ({"current_occupancy_rate": 100.5}, ("#/current_occupancy_rate", "out_of_range")),
        ({"current_occupancy_rate": None}, ("#/current_occupancy_rate", "type")),
        ({"renewal_rate_ytd": -1}, ("#/renewal_rate_ytd", "out_of_range")),
        ({"id": 0}, ("#/id", "out_of_range")),
        ({"id": 2**53}, ("#/id", "out_of_range")),
        ({"tenant_id": "rival"}, ("#/tenant_id", "unknown_field")),
        ({"version": 3}, ("#/version", "unknown_field")),
        ({"Name": "x"}, ("#/Name", "unknown_field")),
    ],
)
async def test_every_wrong_field_of_a_new_property_is_named(
    house: Served, change: dict[str, Any], named: tuple[str, str]
) -> None:
    response = await house.acme.post(PATH, json={**WILLIS, **change})
    assert flaws(response) == {named}
    assert len((await house.acme.get(PATH)).json()["items"]) == 30


async def test_several_wrong_fields_are_named_at_once(house: Served) -> None:
    response = await house.acme.post(PATH, json={**WILLIS, "name": "", "area_sqft": 0})
    assert flaws(response) == {("#/name", "empty"), ("#/area_sqft", "out_of_range")}


async def test_a_missing_field_is_named(house: Served) -> None:
    body = {name: value for name, value in WILLIS.items() if name != "market_id"}
    assert flaws(await house.acme.post(PATH, json=body)) == {("#/market_id", "missing")}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": None}, ("#/name", "required")),
        ({"current_occupancy_rate": None}, ("#/current_occupancy_rate", "required")),
        ({"market_id": None}, ("#/market_id", "required")),
        ({"area_sqft": 0}, ("#/area_sqft", "out_of_range")),
        ({"year_built": "1973"}, ("#/year_built", "type")),
        ({"id": 9}, ("#/id", "unknown_field")),
        ({"version": 9}, ("#/version", "unknown_field")),
        ({"tenant_id": "rival"}, ("#/tenant_id", "unknown_field")),
    ],
)
async def test_every_wrong_field_of_a_change_is_named(
    house: Served, change: dict[str, Any], named: tuple[str, str]
) -> None:
    before = await house.acme.get(f"{PATH}/1")
    assert flaws(await house.acme.patch(f"{PATH}/1", json=change)) == {named}
    assert (await house.acme.get(f"{PATH}/1")).json() == before.json()


async def test_an_empty_change_changes_nothing_but_the_version(own_house: Served) -> None:
    before = (await own_house.acme.get(f"{PATH}/1")).json()
    after = (await own_house.acme.patch(f"{PATH}/1", json={})).json()
    assert after["version"] > before["version"]
    same = set(before) - {"version", "updated_at"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "PUT"])
async def test_a_change_of_an_old_version_is_refused(own_house: Served, method: str) -> None:
    path = f"{PATH}/1/history" if method == "PUT" else f"{PATH}/1"
    body = {"PATCH": {"name": "New"}, "PUT": {"records": []}}.get(method)
    old = (await own_house.acme.get(path if method == "PUT" else f"{PATH}/1")).headers["etag"]
    await own_house.acme.patch(f"{PATH}/1", json={"name": "Newer"})
    late = await own_house.acme.request(method, path, json=body, headers={"If-Match": old})
    assert late.status_code == 412
    assert late.json()["type"] == "/problems/version-mismatch"
    assert (await own_house.acme.get(f"{PATH}/1")).json()["name"] == "Newer"
    for any_version in ({"If-Match": "*"}, {}):
        done = await own_house.acme.request(method, path, json=body, headers=any_version)
        assert done.status_code in {200, 204} or (method == "DELETE" and done.status_code == 404)


@pytest.mark.parametrize("tag", ["v3", '"3"', 'W/"v3"', '"v3", "v4"', "''"])
async def test_a_tag_that_was_never_given_out_is_refused(house: Served, tag: str) -> None:
    response = await house.acme.patch(f"{PATH}/1", json={}, headers={"If-Match": tag})
    assert {code for _, code in flaws(response)} == {"if_match"}


@pytest.mark.parametrize("path", [f"{PATH}/1", f"{PATH}/1/history", "/api/v1/comparison-policy"])
async def test_what_a_client_has_already_is_not_sent_again(house: Served, path: str) -> None:
    tag = (await house.acme.get(path)).headers["etag"]
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        same = await house.acme.get(path, headers={"If-None-Match": known})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    other = await house.acme.get(path, headers={"If-None-Match": '"v999"'})
    assert other.status_code == 200


@pytest.mark.parametrize(
    "text",
    ["0", "-1", "1.0", "01", "1_0", "%2B1", "9007199254740992", "9" * 30, "x", "%00", "１", "1%20"],
)
async def test_an_id_that_nobody_can_have_is_simply_not_there(house: Served, text: str) -> None:
    for path in (f"{PATH}/{text}", f"{PATH}/{text}/history", f"{PATH}/{text}/market-performance"):
        response = await house.acme.get(path)
        assert response.status_code == 404, path
        assert response.json()["type"] == "/problems/property-not-found"


async def test_another_tenant_s_property_looks_like_none_at_all(house: Served) -> None:
    calls: Sequence[tuple[str, str, Any]] = (
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine"}),
        ("DELETE", "", None),
        ("GET", "/history", None),
        ("PUT", "/history", {"records": []}),
        ("GET", "/market-performance", None),
    )
    for method, rest, body in calls:
        theirs = await house.rival.request(method, f"{PATH}/1{rest}", json=body)
        nobody = await house.rival.request(method, f"{PATH}/999{rest}", json=body)
        assert (theirs.status_code, nobody.status_code) == (404, 404)
        said = [{**r.json(), "request_id": "", "detail": ""} for r in (theirs, nobody)]
        assert said[0] == said[1]
    assert (await house.rival.get(PATH)).json()["items"] == []
    assert (await house.acme.get(f"{PATH}/1")).json()["name"] == "Willis Tower"


async def test_strangers_are_turned_away(house: Served) -> None:
    for path in (PATH, f"{PATH}/1", f"{PATH}/1/history", "/api/v1/portfolio/market-performance",
                 "/api/properties/1/market-performance", "/api/v1/comparison-policy"):  # fmt: skip
        assert (await house.stranger.get(path)).status_code == 401


async def test_the_pages_of_a_list_are_the_whole_list(house: Served) -> None:
    for sort in ("id", "-id", "name", "-rent", "occupancy", "year_built", "-area_sqft"):
        seen, cursor = [], None
        while True:
            query = {"sort": sort, "limit": 7} | ({"cursor": cursor} if cursor else {})
            page = (await house.acme.get(PATH, params=query)).json()
            seen += [item["id"] for item in page["items"]]
            if (cursor := page["next_cursor"]) is None:
                break
        assert sorted(seen) == list(range(1, 31))
        whole = (await house.acme.get(PATH, params={"sort": sort, "limit": 1000})).json()
        assert [item["id"] for item in whole["items"]] == seen


async def test_filters_are_combined(house: Served) -> None:
    query = {"text": "SAMPLE", "property_type": "office", "minimum_area_sqft": "100000"}
    items = (await house.acme.get(PATH, params=query)).json()["items"]
    assert items
    assert all("Sample" in one["name"] and one["area_sqft"] >= 100_000 for one in items)
    willis = (await house.acme.get(PATH, params={"market_id": 1, "text": "wacker"})).json()
    assert [one["id"] for one in willis["items"]] == [1]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", ("limit", "too_small")),
        ("limit=1001", ("limit", "too_large")),
        ("limit=x", ("limit", "type")),
        ("limit=5&limit=6", ("limit", "repeated")),
        ("limitt=5", ("limitt", "unknown_parameter")),
        ("tenant_id=rival", ("tenant_id", "unknown_parameter")),
        ("sort=price", ("sort", "unknown_value")),
        ("sort=--id", ("sort", "unknown_value")),
        ("market_id=0", ("market_id", "too_small")),
        ("market_id=9007199254740992", ("market_id", "type")),
        ("property_class=", ("property_class", "empty")),
        ("property_type=" + "x" * 41, ("property_type", "too_long")),
        ("minimum_area_sqft=-1", ("minimum_area_sqft", "too_small")),
        ("minimum_area_sqft=nan", ("minimum_area_sqft", "type")),
        ("minimum_area_sqft=2&maximum_area_sqft=1", ("maximum_area_sqft", "reversed")),
        ("text=", ("text", "empty")),
        ("text=%0A", ("text", "empty")),
        ("text=a%07", ("text", "characters")),
        ("cursor=abc", ("cursor", "cursor")),
        ("cursor=", ("cursor", "cursor")),
    ],
)
@pytest.mark.parametrize("path", [PATH, "/api/v1/portfolio/market-performance"])
async def test_every_wrong_parameter_of_a_list_is_named(
    house: Served, path: str, query: str, named: tuple[str, str]
) -> None:
    found = flaws(await house.acme.get(f"{path}?{query}"))
    assert {name for name, _ in found} == {named[0]}
    assert named in found


async def test_a_cursor_is_of_use_only_to_its_list_and_its_tenant(house: Served) -> None:
    page = (await house.acme.get(PATH, params={"limit": 5, "sort": "name"})).json()
    cursor = page["next_cursor"]
    last = "A" if cursor[-1] != "A" else "B"
    for client, query in (
        (house.rival, {"cursor": cursor, "sort": "name"}),
        (house.acme, {"cursor": cursor, "sort": "-name"}),
        (house.acme, {"cursor": cursor, "sort": "name", "text": "tower"}),
        (house.acme, {"cursor": last + cursor[1:], "sort": "name"}),
        (house.acme, {"cursor": cursor[:-4], "sort": "name"}),
    ):
        assert {code for _, code in flaws(await client.get(PATH, params=query))} == {"cursor"}
    again = await house.acme.get(PATH, params={"cursor": cursor, "sort": "name", "limit": 1000})
    assert len(again.json()["items"]) == 25


async def test_a_history_is_put_and_shown(own_house: Served) -> None:
    path = f"{PATH}/2/history"
    records = [
        {"month": "2025-09-01", "occupancy_rate": 92.5, "rent_per_sqft": 42.8},
        {"month": "2025-08-01", "renewal_rate": 70},
    ]
    put = await own_house.acme.put(path, json={"records": records})
    assert put.status_code == 200
    assert put.json()["records"] == [
        {"month": "2025-08-01", "occupancy_rate": None, "rent_per_sqft": None,
         "renewal_rate": 70.0, "lease_term_months": None, "time_to_lease_days": None},
        {"month": "2025-09-01", "occupancy_rate": 92.5, "rent_per_sqft": 42.8,
         "renewal_rate": None, "lease_term_months": None, "time_to_lease_days": None},
    ]  # fmt: skip
    shown = await own_house.acme.get(path)
    assert (shown.json(), shown.headers["etag"]) == (put.json(), put.headers["etag"])


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, ("#/records", "missing")),
        ([], ("#", "type")),
        ({"records": {}}, ("#/records", "type")),
        ({"records": [{}]}, ("#/records/0/month", "missing")),
        ({"records": [{"month": "2025-09-02"}]}, ("#/records/0/month", "month")),
        ({"records": [{"month": "2025-02-30"}]}, ("#/records/0/month", "date")),
        ({"records": [{"month": 1}]}, ("#/records/0/month", "type")),
        (
            {"records": [{"month": "2025-09-01"}, {"month": "2025-09-01"}]},
            ("#/records/1/month", "repeated_month"),
        ),
        (
            {"records": [{"month": "2025-09-01", "occupancy_rate": 101}]},
            ("#/records/0/occupancy_rate", "out_of_range"),
        ),
        (
            {"records": [{"month": "2025-09-01", "new_deal_rate": 1}]},
            ("#/records/0/new_deal_rate", "unknown_field"),
        ),
    ],
)
async def test_every_wrong_part_of_a_history_is_named(
    house: Served, body: Any, named: tuple[str, str]
) -> None:
    before = (await house.acme.get(f"{PATH}/1/history")).json()
    assert flaws(await house.acme.put(f"{PATH}/1/history", json=body)) == {named}
    assert (await house.acme.get(f"{PATH}/1/history")).json() == before


async def test_six_hundred_months_fit_and_no_more(own_house: Served) -> None:
    months = [f"{year}-{month:02}-01" for year in range(1970, 2021) for month in range(1, 13)]
    records = [{"month": month, "occupancy_rate": 90.25} for month in months]
    fits = await own_house.acme.put(f"{PATH}/1/history", json={"records": records[:600]})
    assert fits.status_code == 200
    refused = await own_house.acme.put(f"{PATH}/1/history", json={"records": records[:601]})
    assert flaws(refused) == {("#/records", "too_long")}


@given(values=st.dictionaries(
    st.sampled_from([*WILLIS, "id", "version", "x"]),
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just([]) | st.just({}),
))  # fmt: skip
async def test_any_change_is_made_or_refused_in_words(values: dict[str, Any]) -> None:
    async with serving() as served:
        await served.acme.post(PATH, json=WILLIS)
        response = await served.acme.patch(f"{PATH}/1", json=values)
        assert response.status_code in {200, 422}
        if response.status_code == 200:
            assert set(values) <= set(WILLIS) | {"property_type"}
