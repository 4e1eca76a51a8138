"""The schemas of event types over HTTP."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from sightline.domain.events.schemas import MOST_EVENT_TYPES, SchemaStep
from sightline.domain.identifiers import TenantId

from .served import Served

SCHEMAS = "/api/v1/event-schemas"
ONE = f"{SCHEMAS}/Order%20Completed"
DOCUMENT = Path(__file__).parents[2] / "docs/event-schemas.md"

PLAIN: dict[str, Any] = {
    "type": "object",
    "properties": {"plan": {"type": "string"}, "seats": {"type": "integer", "minimum": 1}},
    "required": ["plan"],
    "additionalProperties": False,
}
LOOSER = {**PLAIN, "properties": {**PLAIN["properties"], "note": {"type": "string"}}}
STRICTER = {**LOOSER, "required": ["plan", "note"]}


def flaws(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(one["pointer"], one["code"]) for one in answer.json()["errors"]]


async def put(client: httpx.AsyncClient, schema: Any, query: str = "", **more: Any) -> Any:
    answer = await client.put(ONE + query, json={"schema": schema, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_versions_follow_from_what_changed(served: Served) -> None:
    told = [await put(served.acme, one) for one in (PLAIN, PLAIN, LOOSER, STRICTER)]
    assert [(one["version"], one["step"]) for one in told] == [
        ("1.0", "first"),
        ("1.0", "unchanged"),
        ("1.1", "minor"),
        ("2.0", "major"),
    ]
    assert all(one["kept"] for one in told)
    assert told[2]["changes"] == [
        {"pointer": "#/properties/note", "breaking": False, "detail": "added"}
    ]
    assert told[3]["changes"] == [
        {"pointer": "#/required", "breaking": True, "detail": 'required: now also "note"'}
    ]


async def test_every_version_stays_readable(served: Served) -> None:
    for schema in (PLAIN, LOOSER, STRICTER):
        await put(served.acme, schema)
    for version, schema in (("1.0", PLAIN), ("1.1", LOOSER), ("2.0", STRICTER)):
        found = (await served.acme.get(f"{ONE}/versions/{version}")).json()
        assert (found["version"], found["schema"]) == (version, schema)
        assert found["event_type"] == "Order Completed"
    shown = (await served.acme.get(ONE)).json()
    assert (shown["version"], shown["schema"]) == ("2.0", STRICTER)
    assert [one["version"] for one in shown["versions"]] == ["2.0", "1.1", "1.0"]
    for absent in ("2.1", "3.0", "1", "01.0", "x"):
        answer = await served.acme.get(f"{ONE}/versions/{absent}")
        assert answer.status_code == 404
        assert answer.json()["type"] == "/problems/event-schema-not-found"


async def test_a_dry_run_tells_and_keeps_nothing(served: Served) -> None:
    told = await put(served.acme, PLAIN, "?dry_run=true")
    assert (told["version"], told["kept"]) == ("1.0", False)
    assert (await served.acme.get(ONE)).status_code == 404
    await put(served.acme, PLAIN)
    told = await put(served.acme, STRICTER, "?dry_run=true", mode="observe")
    assert (told["version"], told["step"], told["mode"]) == ("2.0", "major", "observe")
    shown = (await served.acme.get(ONE)).json()
    assert (shown["version"], shown["mode"]) == ("1.0", "enforce")
    assert len(shown["versions"]) == 1


async def test_who_expects_a_minor_change_gets_no_major_one(served: Served) -> None:
    await put(served.acme, PLAIN, expected="minor")
    await put(served.acme, LOOSER, expected="minor")
    for query in ("", "?dry_run=true"):
        answer = await served.acme.put(ONE + query, json={"schema": STRICTER, "expected": "minor"})
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (409, "/problems/schema-breaks")
        assert problem["version"] == "2.0"
        assert problem["changes"][0]["pointer"] == "#/required"
    assert (await served.acme.get(ONE)).json()["version"] == "1.1"


async def test_another_mode_is_on_record_and_makes_no_version(served: Served) -> None:
    for mode in ("enforce", "observe", "observe", "quarantine"):
        told = await put(served.acme, PLAIN, mode=mode)
        assert (told["version"], told["mode"]) == ("1.0", mode)
    assert (await put(served.acme, LOOSER))["mode"] == "quarantine"  # left out: as it was
    shown = (await served.acme.get(ONE)).json()
    assert [one["mode"] for one in shown["modes"]] == ["enforce", "observe", "quarantine"]


@pytest.mark.parametrize(
    ("mode", "consequence"),
    [("enforce", "refuse"), ("quarantine", "quarantine"), ("observe", "note")],
)
async def test_a_sample_is_judged_as_an_event_would_be(
    served: Served, mode: str, consequence: str
) -> None:
    await put(served.acme, PLAIN, mode=mode)
    good = await served.acme.post(f"{ONE}/check", json={"properties": {"plan": "pro"}})
    assert good.json() == {
        "valid": True, "version": "1.0", "mode": mode, "consequence": "keep", "errors": [],
    }  # fmt: skip
    sample = {"properties": {"seats": 0, "other/one": 1}}
    bad = (await served.acme.post(f"{ONE}/check", json=sample)).json()
    assert (bad["valid"], bad["consequence"]) == (False, consequence)
    assert {(one["pointer"], one["code"]) for one in bad["errors"]} == {
        ("#/properties/plan", "missing"),
        ("#/properties/seats", "too_small"),
        ("#/properties/other~1one", "unknown_field"),
    }
    checks = await served.adapters.event_schema_checks.current(TenantId("acme"))
    verdict = checks.verdict("Order Completed", sample["properties"])
    assert verdict is not None
    assert (verdict.consequence, len(verdict.flaws)) == (consequence, len(bad["errors"]))


async def test_what_is_registered_here_holds_for_the_very_next_event(served: Served) -> None:
    tenant, current = TenantId("acme"), served.adapters.event_schema_checks.current
    assert (await current(tenant)).verdict("Order Completed", {}) is None
    await put(served.acme, PLAIN)
    assert (await current(tenant)).verdict("Order Completed", {}) is not None
    await served.acme.delete(ONE)
    assert (await current(tenant)).verdict("Order Completed", {}) is None


async def test_a_retired_schema_is_kept_and_goes_on_where_it_ended(served: Served) -> None:
    assert (await served.acme.delete(ONE)).status_code == 404
    await put(served.acme, PLAIN)
    for _ in range(2):
        assert (await served.acme.delete(ONE)).status_code == 204
    shown = (await served.acme.get(ONE)).json()
    assert shown["retired_at"] is not None
    assert (await served.acme.get(f"{ONE}/versions/1.0")).status_code == 200
    listed = [(await served.acme.get(f"{SCHEMAS}?retired={r}")).json() for r in ("true", "false")]
    assert [len(one["items"]) for one in listed] == [1, 0]
    assert (await put(served.acme, LOOSER))["version"] == "1.1"
    assert (await served.acme.get(ONE)).json()["retired_at"] is None


async def test_lists_come_in_pages_that_miss_and_repeat_nothing(served: Served) -> None:
    names = ["Zebra", "a", "b", "c", "ä"]
    for name in reversed(names):
        await served.acme.put(f"{SCHEMAS}/{name}", json={"schema": PLAIN})
    seen, cursor = [], ""
    while cursor is not None:
        page = (await served.acme.get(f"{SCHEMAS}?limit=2{cursor}")).json()
        seen += [item["event_type"] for item in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert seen == names


@pytest.mark.parametrize(
    ("schema", "pointer", "code"),
    [
        ({}, "#/schema/type", "not_an_object"),
        ({**PLAIN, "requried": []}, "#/schema/requried", "unknown_keyword"),
        ({**PLAIN, "minProperties": -1}, "#/schema/minProperties", "json_schema"),
        ({**PLAIN, "$id": "https://schemas.example"}, "#/schema/$id", "foreign_reference"),
        ({**PLAIN, "allOf": [{"$ref": "http://127.0.0.1:1/x"}]}, "#/schema/allOf/0/$ref",
         "foreign_reference"),
        ({**PLAIN, "allOf": [{"$ref": "file:///etc/passwd"}]}, "#/schema/allOf/0/$ref",
         "foreign_reference"),
        ({**PLAIN, "title": "x" * 65_536}, "#/schema", "too_large"),
        ({**PLAIN, "properties": {"x" * 3000: {"type": "?"}}},
         f"#/schema/properties/{'x' * 64}/type", "json_schema"),
    ],
    ids=lambda one: str(one)[:30],
)  # fmt: skip
async def test_a_schema_that_may_not_be_is_refused_with_a_pointer(
    served: Served, schema: Any, pointer: str, code: str
) -> None:
    answer = await served.acme.put(ONE, json={"schema": schema})
    assert answer.status_code == 422
    assert (pointer, code) in flaws(answer)
    assert (await served.acme.get(ONE)).status_code == 404


async def test_properties_that_are_no_readable_json_are_refused(served: Served) -> None:
    await put(served.acme, PLAIN)
    for text, code in (
        ('"\\ud800"', "encoding"),
        ('"a\\u0000"', "null_byte"),
        ("1" * 30, "out_of_range"),
    ):
        answer = await served.acme.post(
            f"{ONE}/check",
            content='{"properties": {"plan": ' + text + "}}",
            headers={"content-type": "application/json"},
        )
        assert answer.status_code == 422
        assert flaws(answer) == [("#/properties/plan", code)]


async def test_a_name_that_cannot_be_is_refused_by_name(served: Served) -> None:
    for name in ("x" * 101, "%20a", "a%0Ab"):
        answer = await served.acme.put(f"{SCHEMAS}/{name}", json={"schema": PLAIN})
        assert answer.status_code == 422
        assert flaws(answer) == [("#/event_type", "event_type")]
        assert (await served.acme.get(f"{SCHEMAS}/{name}")).status_code == 404


async def test_there_is_an_end_to_how_many_there_may_be(served: Served) -> None:
    for number in range(MOST_EVENT_TYPES):
        wish = {"schema": {"type": "object"}}
        answer = await served.acme.put(f"{SCHEMAS}/t{number}", json=wish)
        assert answer.status_code == 200
    refused = await served.acme.put(ONE, json={"schema": PLAIN})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/too-many-schemas")
    assert (await served.acme.put(f"{SCHEMAS}/t1", json={"schema": PLAIN})).status_code == 200
    assert (await served.rival.put(ONE, json={"schema": PLAIN})).status_code == 200
    assert (await served.acme.delete(f"{SCHEMAS}/t1")).status_code == 204
    assert (await served.acme.put(ONE, json={"schema": PLAIN})).status_code == 200


async def test_many_at_once_make_one_version_after_the_other(served: Served) -> None:
    documents = [{"type": "object", "required": [f"p{n}"]} for n in range(6)]
    told = await asyncio.gather(*(put(served.acme, one) for one in documents))
    assert sorted(one["version"] for one in told) == [f"{n}.0" for n in range(1, 7)]
    shown = (await served.acme.get(ONE)).json()
    assert [one["version"] for one in shown["versions"]] == [f"{n}.0" for n in range(6, 0, -1)]


async def test_the_examples_of_the_document_are_true(served: Served) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    bodies = [json.loads(one) for one in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    assert len(bodies) == 4
    schema, breaking, sample, verdict = bodies
    first = await served.acme.put(f"{SCHEMAS}/subscription_started", json=schema)
    assert first.json()["step"] == SchemaStep.FIRST
    asked = {**schema, "schema": {**schema["schema"], "required": ["plan", "seats"]}}
    refused = await served.acme.put(
        f"{SCHEMAS}/subscription_started", json={**asked, "expected": "minor"}
    )
    assert {name: refused.json()[name] for name in breaking} == breaking
    said = await served.acme.post(f"{SCHEMAS}/subscription_started/check", json=sample)
    assert said.json() == verdict
