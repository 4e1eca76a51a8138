"""API3:2023 Broken object property level authorization.

Control: a class of its own for what is taken, in which unknown fields are refused, and one
for what is given out, of which every field is listed in the OpenAPI document.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ..http.seeds import Form, Operation, call, operations, rightful, seed
from ..http.served import serving
from ..http.test_openapi import DOCUMENT

#: What somebody might add to a body, hoping that it is taken over.
PRIVILEGED = {
    "tenant": "rival", "tenant_id": "rival", "owner": "rival", "is_admin": True, "version": 99,
    "created_at": "2020-01-01T00:00:00Z", "digest": "00", "plan": "enterprise", "__class__": "x",
}  # fmt: skip
TAKING = [
    one for one in operations(DOCUMENT) if one.body is not None and not isinstance(one.body, Form)
]
GIVING = [one for one in operations(DOCUMENT) if one.method == "GET" and one.tenants_own]


def named(operation: Operation) -> str:
    return operation.name


@pytest.mark.parametrize("operation", TAKING, ids=named)
async def test_fields_that_nobody_may_set_are_refused_one_and_all(operation: Operation) -> None:
    async with serving() as served:
        ids = await seed(served)
        path = operation.path.format_map(ids)
        extra = {name: text for name, text in PRIVILEGED.items() if name not in operation.body}
        body = {**operation.body, **extra}
        client = rightful(served, operation)
        answer = await client.request(operation.method, path, json=body)
        assert answer.status_code == 422
        refused = {
            error["pointer"]
            for error in answer.json()["errors"]
            if error["code"] == "unknown_field"
        }
        assert refused >= {f"#/{name}" for name in extra}


@pytest.mark.parametrize("operation", GIVING, ids=named)
async def test_an_answer_holds_what_the_document_lists_and_nothing_else(
    operation: Operation,
) -> None:
    async with serving() as served:
        ids = await seed(served)
        answer = await call(rightful(served, operation), operation, ids)
        if answer.headers["content-type"] != "application/json":
            return  # an export: its lines are in tests/http/test_audit.py
        described = operation.document["responses"][str(answer.status_code)]["content"]
        schema = described["application/json"]["schema"]
        assert list(_unlisted(answer.json(), schema, "")) == []


async def test_a_key_is_given_out_without_what_proves_it() -> None:
    async with serving() as served:
        ids = await seed(served)
        shown = (await served.acme.get(f"/api/v1/keys/{ids['key_id']}")).json()
        assert {"key", "digest", "secret"} & set(shown) == set()


def _unlisted(value: Any, schema: Mapping[str, Any], where: str) -> Iterator[str]:
    """Where a document has a field that its schema does not list."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        yield from _unlisted(value, DOCUMENT["components"]["schemas"][name], where)
        return
    choices = [one for kind in ("anyOf", "oneOf", "allOf") for one in schema.get(kind, ())]
    if choices:
        found = [list(_unlisted(value, one, where)) for one in choices]
        yield from min(found, key=len)
        return
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _unlisted(one, schema.get("items", {}), f"{where}/{number}")
    elif isinstance(value, dict):
        listed = schema.get("properties", {})
        # A schema without a word is any JSON, such as a schema of the caller's own.
        more = schema.get("additionalProperties", not schema)
        for name, one in value.items():
            if name in listed:
                yield from _unlisted(one, listed[name], f"{where}/{name}")
            elif isinstance(more, dict):
                yield from _unlisted(one, more, f"{where}/{name}")
            elif not more:
                yield f"{where}/{name}"
