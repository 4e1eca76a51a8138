"""Every parameter of every route refuses what it cannot mean, by name, and nothing changes."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from .seeds import CHOSEN, EVERYBODYS, Form, Operation, operations, rightful, seed
from .served import Served, serving
from .test_openapi import DOCUMENT, SCHEMAS

EVERY = list(operations(DOCUMENT))

_WRONG: Mapping[str, tuple[str, ...]] = {
    "integer": ("abc", "1.0", "1e2", "", "9" * 30, "٣", "0x1", " 1", "true"),
    "number": ("abc", "nan", "inf", "-Infinity", "1e5", "", "1,5", "9" * 40),
    "boolean": ("1", "yes", "True", ""),
    "date": ("2025-02-30", "2025-9-1", "20250901", "", "0", "2025-09-01T00:00:00Z"),
    "date-time": (
        "2025-09-01T00:00:00", "2025-09-01", "2025-02-30T00:00:00Z", "2025-09-01T24:00:00Z",
        "2025-09-01T00:00:00+25:00", "1725148800", "0.5", "", "now", "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z", "2025-09-01 00:00:00Z",
    ),
    "enum": ("nope", "", "DAY", "day,hour"),
    "array": ("nope", "", ",", "rent_per_sqft,nope"),
}  # fmt: skip

#: Lists of free texts have only these to get wrong.
_LISTED = ("", "%2C", "a%2C%2Cb", "a%2Cb%00c", "%ff", "x" * 3000)
_FREE = ("city", "property_class", "property_type", "event_type")

#: Free texts have only these to get wrong.
_TEXTS = ("a%00b", "%ff", "%ed%a0%80", "x" * 3000)


@pytest.fixture(scope="module")
async def seeded() -> AsyncIterator[tuple[Served, Mapping[str, str]]]:
    async with serving() as served:
        yield served, await seed(served)


def kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    for several in ("allOf", "oneOf"):
        if several in schema:
            return kind(schema[several][0])
    if "enum" in schema:
        return "enum"
    found = schema["type"]
    found = found[0] if isinstance(found, list) else found
    return str(schema.get("format", found)) if found == "string" else str(found)


def wrong_values() -> Iterator[Any]:
    for operation in EVERY:
        for parameter in operation.document["parameters"]:
            if parameter["in"] != "query":
                continue
            name, form = parameter["name"], kind(parameter["schema"])
            raw = _TEXTS if form == "string" else tuple(map(quote, _WRONG[form]))
            if form == "array" and name in _FREE:
                raw = _LISTED
            for value in raw:
                yield pytest.param(
                    operation, name, value, id=f"{operation.name}-{name}-{value[:24] or 'empty'}"
                )


def address(operation: Operation, ids: Mapping[str, str], query: Mapping[str, str]) -> str:
    return operation.path.format_map(ids) + "?" + "&".join(f"{k}={v}" for k, v in query.items())


def assert_plain(answer: httpx.Response) -> None:
    """A refusal is a problem in words, short, and does not repeat long input."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.json()["detail"]) <= 2000
    assert all(len(error["detail"]) < 1500 for error in answer.json().get("errors", []))
    assert "x" * 201 not in answer.text


@pytest.mark.parametrize(("operation", "name", "value"), list(wrong_values()))
async def test_a_value_that_cannot_be_meant_is_refused_by_name(
    seeded: tuple[Served, Mapping[str, str]], operation: Operation, name: str, value: str
) -> None:
    served, ids = seeded
    client = rightful(served, operation)
    query = {key: quote(text) for key, text in operation.query.items()} | {name: value}
    answer = await client.request(operation.method, address(operation, ids, query))
    assert answer.status_code == 422, answer.text
    assert_plain(answer)
    named = {error["parameter"] for error in answer.json()["errors"]}
    assert named & {name, "start", "end"}


@pytest.mark.parametrize("operation", EVERY, ids=lambda operation: operation.name)
async def test_unknown_repeated_and_missing_parameters_are_refused_by_name(
    seeded: tuple[Served, Mapping[str, str]], operation: Operation
) -> None:
    served, ids = seeded
    client = rightful(served, operation)
    right = {key: quote(text) for key, text in operation.query.items()}
    unknown = await client.request(
        operation.method, address(operation, ids, {**right, "limitt": "1"}), json=operation.body
    )
    assert unknown.status_code == 422
    assert unknown.json()["errors"][0]["parameter"] == "limitt"
    assert unknown.json()["errors"][0]["code"] == "unknown_parameter"
    for parameter in operation.document["parameters"]:
        name = parameter["name"]
        if parameter["in"] == "query" and name in right and not parameter.get("explode"):
            twice = address(operation, ids, right) + f"&{name}={right[name]}"
            answer = await client.request(operation.method, twice)
            assert answer.status_code == 422
            assert ("repeated", name) in {
                (error["code"], error["parameter"]) for error in answer.json()["errors"]
            }
        if parameter["in"] == "query" and parameter["required"]:
            rest = {key: text for key, text in right.items() if key != name}
            answer = await client.request(operation.method, address(operation, ids, rest))
            assert answer.status_code == 422
            assert ("missing", name) in {
                (error["code"], error["parameter"]) for error in answer.json()["errors"]
            }


@pytest.mark.parametrize(
    "identifier",
    [
        "0",
        "-1",
        "abc",
        "9" * 30,
        "1.0",
        "٣",
        "%00",
        "a%2fb",
        "%2e%2e",
        "x" * 5000,
        "'; drop table--",
    ],
    ids=lambda text: text[:12],
)
@pytest.mark.parametrize(
    "operation",
    [one for one in EVERY if "{" in one.path and one.name not in CHOSEN],
    ids=lambda operation: operation.name,
)
async def test_an_id_that_cannot_be_is_not_there(
    seeded: tuple[Served, Mapping[str, str]], operation: Operation, identifier: str
) -> None:
    served, _ = seeded
    path = (
        operation.path.partition("{")[0]
        + quote(identifier, safe="%")
        + operation.path.partition("}")[2]
    )
    answer = await rightful(served, operation).request(
        operation.method, path, params=dict(operation.query), json=operation.body
    )
    if (operation.name, identifier) in EVERYBODYS:
        assert answer.status_code == 200
        return
    assert answer.status_code in {404, 405}, answer.text
    assert_plain(answer)


@pytest.mark.parametrize(
    "operation",
    [one for one in EVERY if one.body is not None and not isinstance(one.body, Form)],
    ids=lambda operation: operation.name,
)
async def test_a_body_of_the_wrong_shape_is_refused_and_changes_nothing(
    seeded: tuple[Served, Mapping[str, str]], operation: Operation
) -> None:
    served, ids = seeded
    client = rightful(served, operation)
    path = operation.path.format_map(ids)
    before = (await served.acme.get("/api/v1/properties/1")).text
    bodies: tuple[Any, ...] = ([], "x", 1, None, [operation.body], {"nonsense": 1}, {"": {}})
    for body in bodies:
        answer = await client.request(
            operation.method,
            path,
            content=json.dumps(body),
            headers={"content-type": "application/json"},
        )
        assert answer.status_code == 422, (body, answer.text)
        assert answer.json()["errors"]
        assert_plain(answer)
    for field, value in operation.body.items():
        for wrong in _other_types(value):
            answer = await client.request(
                operation.method, path, json={**operation.body, field: wrong}
            )
            assert answer.status_code == 422, (field, wrong, answer.text)
            assert answer.json()["errors"][0]["pointer"].startswith(f"#/{field}")
    assert (await served.acme.get("/api/v1/properties/1")).text == before


def _other_types(value: object) -> tuple[object, ...]:
    match value:
        case str():
            return (1, ["x"], {"x": 1}, True, "a\x00b")
        case bool():
            return ("true", 1, 0, [True], {"x": True})
        case int() | float():
            return ("1", [1], {"x": 1}, True, 1e301, 2**63)
        case None:
            return ("x", [1], {"x": 1})
        case _:
            return ("x", 1, True)
