"""Events over HTTP: sent once, kept once, read back as of one position."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx
import pyarrow.parquet
import pytest

from sightline.domain.identifiers import TenantId
from sightline.entrypoints.http.workbooks import EXCEL

from .served import Served
from .test_workbooks import read

ACME = TenantId("acme")


def event(number: int, **said: Any) -> dict[str, Any]:
    return {
        "event_id": f"e{number}",
        "user_id": f"u{number % 3}",
        "event_type": "visit" if number % 2 else "signup",
        "timestamp": f"2025-12-{1 + number // 24:02}T{number % 24:02}:00:00Z",
        "properties": {"n": number, "channel": "ads"},
        **said,
    }


async def send(
    client: httpx.AsyncClient, *events: Mapping[str, Any], **headers: str
) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("/api/v1/events", json={"events": events}, headers=named)


async def ids(client: httpx.AsyncClient, **asked: Any) -> list[str]:
    """The ids of all events, page by page."""
    found, cursor = [], None
    while True:
        query = {**asked, **({"cursor": cursor} if cursor else {})}
        answer = await client.get("/api/v1/events", params=query)
        assert answer.status_code == 200, answer.text
        found += [one["event_id"] for one in answer.json()["items"]]
        if (cursor := answer.json()["next_cursor"]) is None:
            return found


async def test_what_is_acknowledged_is_read_back_at_once(served: Served) -> None:
    answer = await send(served.acme, event(1), event(2))
    assert answer.status_code == 200
    assert answer.json()["accepted"] == 2
    assert [one["position"] for one in answer.json()["results"]] == [1, 2]
    listed = (await served.acme.get("/api/v1/events")).json()
    assert listed["as_of_position"] == 2
    assert listed["items"][0] == {
        **event(2),
        "position": 2,
        "received_at": "2026-01-01T00:00:00Z",
        "schema_version": None,
    }


async def test_an_event_that_is_sent_again_is_not_counted_twice(served: Served) -> None:
    await send(served.acme, event(1))
    again = await send(served.acme, event(1), event(2), event(2))
    statuses = [one["status"] for one in again.json()["results"]]
    assert statuses == ["duplicate", "accepted", "duplicate"]
    assert await ids(served.acme) == ["e2", "e1"]


async def test_a_known_id_with_other_content_is_a_conflict_that_names_the_fields(
    served: Served,
) -> None:
    await send(served.acme, event(1))
    other = event(1, user_id="u9", properties={"n": 2, "channel": "ads"})
    answer = await send(served.acme, event(2), other)
    assert answer.status_code == 409
    (told,) = answer.json()["errors"]
    assert told["pointer"] == "#/events/1"
    assert "user_id, properties" in told["detail"]
    assert await ids(served.acme) == ["e1"]  # nothing of the request was kept


async def test_the_same_key_with_the_same_body_answers_the_first_answer_again(
    served: Served,
) -> None:
    unnamed = {key: value for key, value in event(1).items() if key != "event_id"}
    first = await send(served.acme, unnamed, idempotency_key='"k1"')
    again = await send(served.acme, unnamed, idempotency_key="k1")
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert again.json() == first.json()
    assert len(await ids(served.acme)) == 1
    other = await send(served.acme, {**unnamed, "user_id": "u2"}, idempotency_key="k1")
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-key-reused"


async def test_keys_of_another_tenant_are_no_keys_of_ours(served: Served) -> None:
    await send(served.acme, event(1), idempotency_key="k1")
    answer = await send(served.rival, event(1, user_id="theirs"), idempotency_key="k1")
    assert answer.status_code == 200
    assert answer.json()["accepted"] == 1
    assert (await served.rival.get("/api/v1/events/e1")).json()["event"]["user_id"] == "theirs"
    assert (await served.acme.get("/api/v1/events/e1")).json()["event"]["user_id"] == "u1"


async def test_without_a_key_every_event_needs_an_id(served: Served) -> None:
    unnamed = {key: value for key, value in event(1).items() if key != "event_id"}
    answer = await send(served.acme, event(2), unnamed)
    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/idempotency-key-missing"
    assert await ids(served.acme) == []


async def test_lenient_handling_keeps_the_good_events_and_says_what_is_wrong_with_the_others(
    served: Served,
) -> None:
    await send(served.acme, event(1))
    answer = await send(
        served.acme,
        event(2),
        event(3, user_id=""),
        event(4, timestamp="2026-01-01T00:05:01Z"),
        event(1, event_type="other"),
        prefer="handling=lenient",
    )
    assert answer.status_code == 200
    assert answer.headers["preference-applied"] == "handling=lenient"
    told = answer.json()
    assert (told["accepted"], told["refused"]) == (1, 3)
    assert [one["status"] for one in told["results"]] == [
        "accepted", "refused", "refused", "refused",
    ]  # fmt: skip
    assert [one["errors"][0]["code"] for one in told["results"][1:]] == [
        "length", "future", "conflict",
    ]  # fmt: skip
    assert await ids(served.acme) == ["e2", "e1"]


DEEP: Any = 1
for _ in range(9):
    DEEP = {"a": DEEP}

WRONG: Mapping[str, tuple[Any, int, str]] = {
    "no events": ({"events": []}, 422, "#/events"),
    "101 events": ({"events": [event(n) for n in range(101)]}, 422, "#/events"),
    "not a list": ({"events": {}}, 422, "#/events"),
    "no list": ({}, 422, "#/events"),
    "an unknown field": ({"events": [event(1, tenant_id="rival")]}, 422, "#/events/0/tenant_id"),
    "a naive time": (
        {"events": [event(1, timestamp="2025-12-01T00:00:00")]}, 422, "#/events/0/timestamp",
    ),
    "the year 1": (
        {"events": [event(1, timestamp="0001-01-01T00:00:00Z")]}, 422, "#/events/0/timestamp",
    ),
    "the year 9999": (
        {"events": [event(1, timestamp="9999-12-31T23:59:59Z")]}, 422, "#/events/0/timestamp",
    ),
    "the future": (
        {"events": [event(1, timestamp="2026-01-01T00:05:01Z")]}, 422, "#/events/0/timestamp",
    ),
    "a number as time": ({"events": [event(1, timestamp=1)]}, 422, "#/events/0/timestamp"),
    "a null byte": (
        {"events": [event(1, properties={"a": "\x00"})]}, 422, "#/events/0/properties/a",
    ),
    "a null byte in a name": ({"events": [event(1, user_id="a\x00")]}, 422, "#/events/0/user_id"),
    "depth": (
        {"events": [event(1, properties={"a": DEEP})]},
        422,
        "#/events/0/properties/a" + "/a" * 7,
    ),
    "a huge text": (
        {"events": [event(1, properties={"a": "x" * 8_193})]}, 422, "#/events/0/properties/a",
    ),
    "a huge integer": (
        {"events": [event(1, properties={"a": 2**53})]}, 422, "#/events/0/properties/a",
    ),
    "an empty name": ({"events": [event(1, properties={"": 1})]}, 422, "#/events/0/properties"),
    "201 names": (
        {"events": [event(1, properties={f"p{n}": n for n in range(201)})]},
        422,
        "#/events/0/properties",
    ),
    "a long id": ({"events": [event(1, event_id="x" * 201)]}, 422, "#/events/0/event_id"),
    "a list as properties": ({"events": [event(1, properties=[])]}, 422, "#/events/0/properties"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
async def test_bad_input_is_told_with_its_pointer_and_nothing_is_kept(
    served: Served, name: str
) -> None:
    body, status, pointer = WRONG[name]
    if body.get("events"):
        body = {"events": [event(50), *body["events"][:100]]}
        pointer = pointer.replace("/events/0", "/events/1")
    answer = await served.acme.post("/api/v1/events", json=body)
    assert answer.status_code == status, answer.text
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
    assert await ids(served.acme) == []


def _with(value: bytes) -> bytes:
    """A body with one event whose property has this value, byte by byte."""
    return (
        b'{"events":[{"user_id":"u","event_type":"t","event_id":"e","properties":{"a":'
        + value
        + b"}}]}"
    )


RAW: Mapping[str, tuple[bytes, int]] = {
    "half a body": (b'{"events": [{"user_id": "u1"', 400),
    "no body": (b"", 400),
    "NaN": (_with(b"NaN"), 400),
    "1e999": (_with(b"1e999"), 400),
    "a repeated name": (_with(b'1,"a":2'), 422),
    "a repeated name with a space": (_with(b'1,"b" :1,"a":2'), 422),
    "a repeated field": (_with(b'1},"user_id":"v","properties":{"b":1'), 422),
    "an integer of thirty digits": (_with(b"9" * 30), 422),
    "half a character": (_with(b'"\\ud800"'), 422),
    "forty levels": (_with(b"[" * 40 + b"]" * 40), 400),
    "not UTF-8": (_with(b'"\xff"'), 400),
    "more than a mebibyte": (b" " * (1024 * 1024 + 1), 413),
}


@pytest.mark.parametrize("name", RAW)
async def test_a_body_that_cannot_be_read_is_refused_and_nothing_is_kept(
    served: Served, name: str
) -> None:
    body, status = RAW[name]
    headers = {"content-type": "application/json"}
    answer = await served.acme.post("/api/v1/events", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert await ids(served.acme) == []


async def test_a_body_that_is_not_declared_as_json_is_refused(served: Served) -> None:
    body = json.dumps({"events": [event(1)]})
    for kind in ("text/plain", ""):
        headers = {"content-type": kind}
        answer = await served.acme.post("/api/v1/events", content=body, headers=headers)
        assert answer.status_code == 415


async def test_pages_of_any_length_are_the_whole_list(served: Served) -> None:
    await send(served.acme, *(event(n) for n in range(50)))
    whole = [f"e{n}" for n in reversed(range(50))]
    for limit in (1, 7, 50, 1000):
        assert await ids(served.acme, limit=limit) == whole


async def test_a_walk_sees_one_position_whatever_comes_and_is_loaded_meanwhile(
    served: Served,
) -> None:
    await send(served.acme, *(event(n) for n in range(10, 20)))
    first = (await served.acme.get("/api/v1/events", params={"limit": 4})).json()
    await send(served.acme, *(event(n) for n in range(10)), *(event(n) for n in range(20, 30)))
    await served.cases.load_events.once()
    rest = {"limit": 100, "cursor": first["next_cursor"]}
    second = (await served.acme.get("/api/v1/events", params=rest)).json()
    found = [one["event_id"] for one in (*first["items"], *second["items"])]
    assert found == [f"e{n}" for n in range(19, 9, -1)]
    assert second["as_of_position"] == first["as_of_position"] == 10


async def test_filters_mean_what_they_say(served: Served) -> None:
    await send(served.acme, *(event(n) for n in range(6)), event(30, properties={"n": "4"}))
    await served.cases.load_events.once()
    await send(served.acme, event(6))  # in the log only
    assert await ids(served.acme, user_id="u0") == ["e30", "e6", "e3", "e0"]
    assert await ids(served.acme, event_type="visit") == ["e5", "e3", "e1"]
    assert await ids(served.acme, event_type="visit,signup", start_date="2025-12-02") == ["e30"]
    assert await ids(served.acme, end_date="2025-12-01T03:00:00Z") == ["e2", "e1", "e0"]
    equal = {"property": "n", "op": "eq", "value": 4}
    assert await ids(served.acme, filters=json.dumps(equal)) == ["e30", "e4"]
    between = {
        "and": [
            {"property": "n", "op": "gt", "value": 1},
            {"not": {"property": "n", "op": "ge", "value": 4}},
        ]
    }
    assert await ids(served.acme, filters=json.dumps(between)) == ["e3", "e2"]


async def test_filters_ask_for_users_by_their_attributes(served: Served) -> None:
    await send(served.acme, *(event(n) for n in range(6)))
    await served.cases.load_events.once()
    await send(served.acme, *(event(n) for n in range(6, 9)))
    for user, plan in (("u0", "pro"), ("u1", "free")):
        said = {"attributes": {"plan": plan}}
        (await served.acme.put(f"/api/v1/users/{user}", json=said)).raise_for_status()
    (await served.rival.put("/api/v1/users/u2", json={"attributes": {"plan": "pro"}}))
    pro = {"property": "plan", "op": "eq", "value": "pro", "scope": "user"}
    late = {"property": "n", "op": "ge", "value": 4}
    assert await ids(served.acme, filters=json.dumps(pro)) == ["e6", "e3", "e0"]
    assert await ids(served.acme, filters=json.dumps({"and": [late, pro]})) == ["e6"]
    others = {"and": [{"not": pro}, late]}
    assert await ids(served.acme, filters=json.dumps(others)) == ["e8", "e7", "e5", "e4"]
    assert await ids(served.acme, filters=json.dumps(pro), user_id="u1") == []


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ({"start_date": "2025-12-01T00:00:00"}, "start_date"),
        ({"start_date": "0001-01-01"}, "start_date"),
        ({"end_date": "9999-12-31"}, "end_date"),
        ({"start_date": "2025-12-02", "end_date": "2025-12-01"}, "end_date"),
        ({"filters": "{"}, "filters"),
        ({"filters": '{"property":"a","op":"is"}'}, "filters"),
        (
            {
                "filters": '{"or":[{"property":"a","op":"eq","value":1,"scope":"user"},'
                '{"property":"a","op":"eq","value":1}]}'
            },
            "filters",
        ),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
    ],
)
async def test_what_a_list_cannot_mean_is_refused_by_name(
    served: Served, asked: Mapping[str, str], parameter: str
) -> None:
    answer = await served.acme.get("/api/v1/events", params=asked)
    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


async def test_another_organization_is_refused_never_replaced(served: Served) -> None:
    answer = await served.acme.get("/api/v1/events", params={"org_id": "rival"})
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/other-tenant"
    assert (await served.acme.get("/api/v1/events", params={"org_id": "acme"})).status_code == 200


async def test_a_cursor_is_of_no_use_to_others_or_for_another_list(served: Served) -> None:
    for client in (served.acme, served.rival):
        await send(client, *(event(n) for n in range(5)))
    cursor = (await served.acme.get("/api/v1/events", params={"limit": 2})).json()["next_cursor"]
    tampered = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    for client, query in (
        (served.rival, {"cursor": cursor}),
        (served.acme, {"cursor": cursor, "user_id": "u1"}),
        (served.acme, {"cursor": tampered}),
    ):
        answer = await client.get("/api/v1/events", params=query)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["code"] == "cursor"


async def test_an_event_tells_where_it_is(served: Served) -> None:
    await send(served.acme, event(1))
    fresh = (await served.acme.get("/api/v1/events/e1/trace")).json()
    assert (fresh["position"], fresh["loaded_position"]) == (1, 0)
    assert fresh["visible_in"] == ["lists"]
    await served.cases.load_events.once()
    loaded = (await served.acme.get("/api/v1/events/e1/trace")).json()
    assert loaded["visible_in"] == ["lists", "figures"]
    missing = await served.rival.get("/api/v1/events/e1/trace")
    assert missing.status_code == 404


async def test_all_events_come_in_one_stream(served: Served) -> None:
    await send(served.acme, *(event(n) for n in range(100)))
    await send(served.acme, event(100, user_id="=1+1", properties={"text": 'a\u2028,"b'}))
    await served.cases.load_events.once()
    await send(served.acme, event(101), event(0, event_id="late"))
    listed = (await served.acme.get("/api/v1/events", params={"limit": 1000})).json()["items"]
    assert len(listed) == 103

    lines = await served.acme.get("/api/v1/events", headers={"accept": "application/x-ndjson"})
    assert lines.headers["content-type"].startswith("application/x-ndjson")
    assert [json.loads(line) for line in lines.text.strip().split("\n")] == listed

    cells = await served.acme.get("/api/v1/events", headers={"accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(cells.text, newline="")))
    assert [row["event_id"] for row in rows] == [one["event_id"] for one in listed]
    assert [row["timestamp"] for row in rows] == [one["timestamp"] for one in listed]
    assert [json.loads(row["properties"]) for row in rows] == [one["properties"] for one in listed]
    assert {row["user_id"] for row in rows} == {"u0", "u1", "u2", "'=1+1"}  # no formula

    media = "application/vnd.apache.arrow.stream"
    arrow = await served.acme.get("/api/v1/events", headers={"accept": media})
    table = pyarrow.ipc.open_stream(arrow.content).read_all().to_pylist()
    assert [row["event_id"] for row in table] == [one["event_id"] for one in listed]
    assert [row["timestamp"] for row in table] == [
        datetime.fromisoformat(one["timestamp"]) for one in listed
    ]
    assert [json.loads(row["properties"]) for row in table] == [one["properties"] for one in listed]

    media = "application/vnd.apache.parquet"
    parquet = await served.acme.get("/api/v1/events", headers={"accept": media})
    assert parquet.headers["content-type"] == media
    assert pyarrow.parquet.read_table(io.BytesIO(parquet.content)).to_pylist() == table
    book = await served.acme.get("/api/v1/events", headers={"accept": EXCEL})
    assert book.headers["content-type"] == EXCEL
    ((header, *found),) = read(book.content)
    assert [row[header.index("event_id")] for row in found] == [one["event_id"] for one in listed]
    assert [row[header.index("user_id")] for row in found] == [one["user_id"] for one in listed]
    assert [json.loads(str(row[-1])) for row in found] == [one["properties"] for one in listed]
    assert [row[header.index("timestamp")] for row in found] == [
        datetime.fromisoformat(one["timestamp"]).replace(tzinfo=None) for one in listed
    ]
    for answer in (lines, cells, arrow, parquet, book):
        assert answer.headers["as-of-position"] == "103"


async def test_a_stream_keeps_to_its_filters_and_its_tenant(served: Served) -> None:
    await send(served.acme, *(event(n) for n in range(9)))
    await send(served.rival, *(event(n, user_id="theirs") for n in range(9)))
    headers = {"accept": "application/x-ndjson"}
    asked = {"event_type": "visit", "limit": "3"}
    answer = await served.acme.get("/api/v1/events", params=asked, headers=headers)
    found = [json.loads(line) for line in answer.text.strip().split("\n")]
    assert [one["event_id"] for one in found] == ["e7", "e5", "e3"]
    assert "theirs" not in answer.text


def read_lines(content: bytes) -> list[tuple[str, str]]:
    """Timestamp and position of the whole lines; the last one may have broken off."""
    whole = [json.loads(line) for line in content.split(b"\n")[:-1]]
    return [(one["timestamp"], str(one["position"])) for one in whole]


def read_cells(content: bytes) -> list[tuple[str, str]]:
    whole = content.decode(errors="ignore").rpartition("\r\n")[0]
    rows = csv.DictReader(io.StringIO(whole, newline=""))
    return [(row["timestamp"], row["position"]) for row in rows]


@pytest.mark.parametrize(
    ("media", "read"), [("application/x-ndjson", read_lines), ("text/csv", read_cells)]
)
async def test_what_arrived_before_a_stream_broke_off_is_completed(
    served: Served, media: str, read: Callable[[bytes], list[tuple[str, str]]]
) -> None:
    await send(
        served.acme, *(event(n, timestamp=f"2025-12-0{1 + n % 3}T00:00:00Z") for n in range(50))
    )
    await served.cases.load_events.once()
    headers, asked = {"accept": media}, {"event_type": "visit"}
    whole = await served.acme.get("/api/v1/events", params=asked, headers=headers)
    arrived = read(whole.content[: len(whole.content) // 2])
    await send(served.acme, *(event(n, timestamp="2025-12-01T00:00:00Z") for n in range(60, 70)))
    goes_on = {
        **asked,
        "as_of_position": whole.headers["as-of-position"],
        "after": ",".join(arrived[-1]),
    }
    rest = await served.acme.get("/api/v1/events", params=goes_on, headers=headers)
    assert rest.headers["as-of-position"] == "50"
    assert [*arrived, *read(rest.content)] == read(whole.content)
    assert 0 < len(arrived) < 25 == len(read(whole.content))


async def test_pages_can_be_of_an_earlier_position(served: Served) -> None:
    await send(served.acme, *(event(n) for n in range(6)))
    await send(served.acme, *(event(n) for n in range(6, 9)))
    assert await ids(served.acme, as_of_position=6, limit=2) == [f"e{n}" for n in range(5, -1, -1)]
    goes_on = {"as_of_position": 6, "after": "2025-12-01T02:00:00Z,3"}
    assert await ids(served.acme, limit=1, **goes_on) == ["e1", "e0"]
    assert await ids(served.acme, as_of_position=0) == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"after": "2025-12-01T02:00:00Z"}, ("after", "event_key")),
        ({"after": "3,2025-12-01T02:00:00Z"}, ("after", "event_key")),
        ({"after": "2025-12-01T02:00:00,3"}, ("after", "event_key")),
        ({"after": "0001-01-01T00:00:00Z,3"}, ("after", "out_of_range")),
        ({"as_of_position": "-1"}, ("as_of_position", "too_small")),
        ({"as_of_position": "1"}, ("as_of_position", "out_of_range")),
    ],
)
async def test_a_place_to_go_on_from_that_cannot_be_is_named(
    served: Served, query: dict[str, str], named: tuple[str, str]
) -> None:
    for media in ("application/json", "application/x-ndjson"):
        answer = await served.acme.get("/api/v1/events", params=query, headers={"accept": media})
        assert answer.status_code == 422, answer.text
        flaw = answer.json()["errors"][0]
        assert (flaw["parameter"], flaw["code"]) == named


async def test_an_empty_stream_is_empty(served: Served) -> None:
    for media, length in (("application/x-ndjson", 0), ("text/csv", 1)):
        answer = await served.acme.get("/api/v1/events", headers={"accept": media})
        assert answer.status_code == 200
        assert len(answer.text.splitlines()) == length
