"""Users over HTTP: what is said of them is kept, merged, found, and refused by name."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from .served import Served, serving

PATH = "/api/v1/users"
ADA = f"{PATH}/ada"


@pytest.fixture(scope="module")
async def house() -> AsyncIterator[Served]:
    """For tests that change nothing."""
    async with serving() as served:
        for number, plan in enumerate(["free", "pro", "PRO", None, "pro"]):
            attributes = {"plan": plan, "seats": number, "email": f"u{number}@Example.com"}
            await say(served, f"u{number}", **attributes)
        await say(served, "a/b", plan="free")
        yield served


async def say(served: Served, user: str, **attributes: Any) -> httpx.Response:
    body = {"users": [{"user_id": user, "attributes": attributes}]}
    answer = await served.acme.post(PATH, json=body)
    assert answer.status_code == 200, answer.text
    return answer


async def ids(served: Served, **query: Any) -> list[str]:
    answer = await served.acme.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    return [item["user_id"] for item in answer.json()["items"]]


def flaws(response: httpx.Response) -> set[tuple[str, str]]:
    assert response.status_code == 422, response.text
    return {
        (flaw["pointer"] or flaw["parameter"], flaw["code"]) for flaw in response.json()["errors"]
    }


async def test_a_user_is_described_shown_merged_and_replaced(served: Served) -> None:
    said = {"plan": "free", "seats": 1, "address": {"city": "X", "zip": "1"}}
    created = await served.acme.put(ADA, json={"attributes": said})
    assert (created.status_code, created.json()["attributes"]) == (201, said)
    shown = await served.acme.get(ADA)
    assert (shown.json(), shown.headers["etag"]) == (created.json(), created.headers["etag"])
    merged = await served.acme.patch(
        ADA, json={"attributes": {"plan": "pro", "seats": None, "address": {"zip": "2"}}}
    )
    assert (merged.status_code, merged.json()["attributes"]) == (
        200, {"plan": "pro", "address": {"zip": "2"}}
    )  # fmt: skip
    replaced = await served.acme.put(ADA, json={"attributes": {"team": "x"}})
    assert (replaced.status_code, replaced.json()["attributes"]) == (200, {"team": "x"})


async def test_what_is_said_again_keeps_the_version(served: Served) -> None:
    first = await served.acme.patch(ADA, json={"attributes": {"seats": 1}})
    again = await served.acme.patch(ADA, json={"attributes": {"seats": 1.0}})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["etag"] == first.headers["etag"]
    known = await served.acme.get(ADA, headers={"If-None-Match": first.headers["etag"]})
    assert known.status_code == 304


async def test_a_change_of_an_old_version_is_refused(served: Served) -> None:
    tag = (await served.acme.put(ADA, json={"attributes": {"n": 1}})).headers["etag"]
    body = {"attributes": {"n": 2}}
    assert (await served.acme.put(ADA, json=body, headers={"If-Match": tag})).status_code == 200
    for write in (served.acme.put, served.acme.patch):
        late = await write(ADA, json={"attributes": {"n": 3}}, headers={"If-Match": tag})
        assert late.status_code == 412
        assert late.json()["type"] == "/problems/version-mismatch"
    nobody = await served.acme.patch(f"{PATH}/bob", json=body, headers={"If-Match": tag})
    assert nobody.status_code == 412
    assert (await served.acme.get(ADA)).json()["attributes"] == {"n": 2}


async def test_a_batch_is_merged_in_order_and_tells_what_became_of_each(served: Served) -> None:
    await say(served, "ada", plan="free", seats=3)
    said = [("ada", {"plan": "pro"}), ("bob", {"seats": 1}), ("bob", {"seats": 1}), ("bob", {})]
    body = {"users": [{"user_id": one, "attributes": attributes} for one, attributes in said]}
    answer = await served.acme.post(PATH, json=body)
    items = answer.json()["items"]
    assert [(one["user_id"], one["outcome"]) for one in items] == [
        ("ada", "changed"), ("bob", "created"), ("bob", "unchanged"), ("bob", "unchanged")
    ]  # fmt: skip
    assert (await served.acme.get(ADA)).json()["attributes"] == {"plan": "pro", "seats": 3}
    again = await served.acme.post(PATH, json=body)
    assert {one["outcome"] for one in again.json()["items"]} == {"unchanged"}
    assert [one["version"] for one in again.json()["items"]] == [one["version"] for one in items]


async def test_a_batch_with_a_flaw_keeps_nothing_and_names_every_flaw(served: Served) -> None:
    good = {"user_id": "good", "attributes": {"plan": "pro"}}
    bad = [
        {"user_id": "", "attributes": {}},
        {"user_id": "b", "attributes": {"x": 2**53}},
        {"user_id": "c", "attributes": {"x": "a\x00"}},
        {"user_id": "d", "attributes": []},
    ]
    answer = await served.acme.post(PATH, json={"users": [good, *bad]})
    assert flaws(answer) == {
        ("#/users/1/user_id", "length"),
        ("#/users/2/attributes/x", "out_of_range"),
        ("#/users/3/attributes/x", "null_byte"),
        ("#/users/4/attributes", "type"),
    }
    assert await ids(served) == []


@pytest.mark.parametrize("count", [0, 1001])
async def test_none_and_too_many_at_once_are_refused(served: Served, count: int) -> None:
    users = [{"user_id": f"u{number}", "attributes": {}} for number in range(count)]
    answer = await served.acme.post(PATH, json={"users": users})
    assert flaws(answer) == {("#/users", "length")}
    assert await ids(served) == []


async def test_a_thousand_users_at_once_are_kept(served: Served) -> None:
    users = [{"user_id": f"u{number:04}", "attributes": {"n": number}} for number in range(1000)]
    answer = await served.acme.post(PATH, json={"users": users})
    assert len(answer.json()["items"]) == 1000
    assert await ids(served, filters='{"property": "n", "op": "ge", "value": 998}') == [
        "u0998", "u0999"
    ]  # fmt: skip


async def test_a_merge_beyond_what_a_user_may_have_is_named(served: Served) -> None:
    half = {f"a{number}": 1 for number in range(120)}
    await say(served, "ada", **half)
    other = {"attributes": {f"b{number}": 1 for number in range(120)}}
    assert flaws(await served.acme.patch(ADA, json=other)) == {("#/attributes", "too_many")}
    batch = {"users": [{"user_id": "bob", "attributes": {}}, {"user_id": "ada", **other}]}
    answer = await served.acme.post(PATH, json=batch)
    assert flaws(answer) == {("#/users/1/attributes", "too_many")}
    assert await ids(served) == ["ada"]


@pytest.mark.parametrize(
    "raw",
    [
        '{"attributes": {"a": 1, "a": 2}}',
        '{"attributes": {"": 1}}',
        '{"attributes": {"a": %s}}' % ("[" * 9 + "]" * 9),
        '{"attributes": {"a": 123456789012345678901234567890}}',
        '{"attributes": {"a": "\\ud800"}}',
        '{"attributes": {"a": "%s"}}' % ("x" * 8193),
        '{"attributes": {"%s": 1}}' % ("n" * 129),
    ],
    ids=["repeated", "unnamed", "deep", "huge", "surrogate", "long", "long-name"],
)
async def test_bad_attributes_are_refused_and_nothing_is_kept(served: Served, raw: str) -> None:
    headers = {"content-type": "application/json"}
    answer = await served.acme.put(ADA, content=raw, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]
    assert (await served.acme.get(ADA)).status_code == 404


@pytest.mark.parametrize("raw", ['{"attributes": {"a": NaN}}', '{"attributes": {"a": 1e999}}', "{"])
async def test_what_is_no_json_is_unreadable(served: Served, raw: str) -> None:
    headers = {"content-type": "application/json"}
    assert (await served.acme.put(ADA, content=raw, headers=headers)).status_code == 400


@pytest.mark.parametrize("identifier", ["x" * 201, "%20a", "a%00b"])
async def test_an_id_that_cannot_be_is_nobodys(served: Served, identifier: str) -> None:
    where = f"{PATH}/{identifier}"
    body = {"attributes": {"a": 1}}
    assert {pointer for pointer, _ in flaws(await served.acme.put(where, json=body))} == {
        "#/user_id"
    }
    assert (await served.acme.get(where)).status_code == 404


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"property": "plan", "op": "eq", "value": "pro"}, ["u1", "u4"]),
        ({"property": "plan", "op": "contains", "value": "pr"}, ["u1", "u2", "u4"]),
        ({"property": "plan", "op": "in", "value": ["free", "PRO"]}, ["a/b", "u0", "u2"]),
        ({"property": "plan", "op": "is_not_set"}, ["u3"]),
        ({"property": "plan", "op": "ne", "value": "pro"}, ["a/b", "u0", "u2", "u3"]),
        ({"property": "seats", "op": "eq", "value": "2"}, ["u2"]),
        ({"property": "seats", "op": "lt", "value": 2, "scope": "user"}, ["u0", "u1"]),
        ({"property": "email", "op": "contains", "value": "U3@EXAMPLE"}, ["u3"]),
        (
            {
                "or": [
                    {"property": "seats", "op": "ge", "value": 4},
                    {"not": {"property": "seats", "op": "is_set"}},
                ]
            },
            ["a/b", "u4"],
        ),
        (
            {
                "and": [
                    {"property": "plan", "op": "eq", "value": "pro"},
                    {"property": "seats", "op": "gt", "value": 1},
                ]
            },
            ["u4"],
        ),
    ],
)
async def test_users_are_found_by_their_attributes(
    house: Served, filters: Any, expected: list[str]
) -> None:
    assert await ids(house, filters=json.dumps(filters)) == expected


async def test_pages_follow_one_another(house: Served) -> None:
    walked: list[str] = []
    query = {"limit": "2", "filters": '{"property": "seats", "op": "is_set"}'}
    while True:
        page = (await house.acme.get(PATH, params=query)).json()
        walked += [item["user_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert walked == ["u0", "u1", "u2", "u3", "u4"]
    assert page["as_of_position"] == 6
    del query["filters"]
    other = await house.acme.get(PATH, params=query)
    assert flaws(other) == {("cursor", "cursor")}


async def test_an_id_that_no_address_can_hold_is_found_in_the_list(house: Served) -> None:
    assert await ids(house, user_id="a/b") == ["a/b"]
    assert await ids(house, user_id="nobody") == []


@pytest.mark.parametrize(
    "filters",
    [
        "plan=pro",
        "[]",
        '"plan"',
        '{"property": "plan"}',
        '{"property": "plan", "op": "like", "value": "x"}',
        '{"property": "plan", "op": "gt", "value": true}',
        '{"property": "plan", "op": "eq"}',
        '{"and": []}',
        '{"property": "a", "property": "b", "op": "is_set"}',
    ],
)
async def test_filters_that_cannot_be_meant_are_named(house: Served, filters: str) -> None:
    answer = await house.acme.get(PATH, params={"filters": filters})
    assert {parameter for parameter, _ in flaws(answer)} == {"filters"}
