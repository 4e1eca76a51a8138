"""The document describes what is served, all of it, in words and units."""

import json
import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

import attrs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from sightline.adapters.memory.telemetry import RecordingTelemetry
from sightline.entrypoints.http.app import framework
from sightline.entrypoints.http.openapi import document, explained, operations
from sightline.entrypoints.http.problems import PATH, kinds

from .served import Served

APP = framework(RecordingTelemetry())
DOCUMENT: dict[str, Any] = json.loads(document(APP))
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def described_operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def test_the_document_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_every_route_is_in_the_document_and_nothing_else_is() -> None:
    served = {
        (path, method.lower())
        for path, method, handler in operations(APP)
        if not handler.opt.get("hidden")
    }
    assert served == {(path, method) for path, method, _ in described_operations()}


def test_hidden_routes_are_the_documents_themselves() -> None:
    hidden = {path for path, _, handler in operations(APP) if handler.opt.get("hidden")}
    assert hidden == {"/", "/docs", "/redoc", "/openapi.json", "/assets/{name}"}


def test_public_routes_are_health_documents_and_tokens_only() -> None:
    public = {
        path for path, _, operation in described_operations() if operation.get("security") == []
    }
    tokens = {"/oauth/token", "/oauth/revoke", "/.well-known/jwks.json"}
    tokens |= {"/.well-known/oauth-authorization-server", "/.well-known/answer-keys.json"}
    assert public == tokens | {"/health/live", "/health/ready", "/problems", "/problems/{slug}"}


def test_every_operation_has_a_name_of_its_own_and_words() -> None:
    names = [operation["operationId"] for _, _, operation in described_operations()]
    assert len(set(names)) == len(names)
    for _, _, operation in described_operations():
        assert re.fullmatch("[a-z][A-Za-z]+", operation["operationId"])
        assert len(operation["summary"]) > 8
        assert operation["tags"]
        for parameter in operation["parameters"]:
            assert parameter["description"], (operation["operationId"], parameter["name"])


def test_every_operation_documents_its_refusals() -> None:
    for path, _, operation in described_operations():
        statuses = set(operation["responses"])
        assert {"406", "422"} <= statuses
        if operation.get("security") != []:
            assert {"401", "503"} <= statuses
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            assert {"400", "408", "413", "415"} <= statuses
        if "{" in path:
            assert "404" in statuses


def test_every_field_of_every_schema_is_explained() -> None:
    silent = [
        f"{name}.{field}"
        for name, schema in SCHEMAS.items()
        for field, inner in schema.get("properties", {}).items()
        if not inner.get("description")
    ]
    assert silent == []
    assert [name for name, schema in SCHEMAS.items() if not schema.get("description")] == []


def test_what_is_given_out_is_complete_and_what_is_taken_is_closed() -> None:
    taken = {
        content["schema"]["$ref"].rpartition("/")[2]
        for _, _, operation in described_operations()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        if "$ref" in content["schema"]  # lines of JSON have no schema of their own
    }
    for name in taken:
        assert SCHEMAS[name]["additionalProperties"] is False
    given = {
        schema["$ref"].rpartition("/")[2]
        for _, _, operation in described_operations()
        for status, response in operation["responses"].items()
        if status == "200"
        for content in response.get("content", {}).values()
        for schema in [content["schema"]]
        if "$ref" in schema
    }
    for name in given - taken:
        left_out = {"refresh_token"} if name == "TokenAnswer" else set()  # RFC 6749, 5.1
        assert set(SCHEMAS[name]["required"]) == set(SCHEMAS[name]["properties"]) - left_out


def test_numbers_that_leave_the_house_carry_their_unit() -> None:
    unitless = [
        f"{name}.{field}"
        for name, schema in SCHEMAS.items()
        for field, inner in schema.get("properties", {}).items()
        if inner.get("type") in ("number", ["number", "null"])
        and "x-unit" not in inner
        and not inner.get("description", "").endswith("]")
    ]
    assert unitless == []


async def test_the_served_document_is_the_same(served: Served) -> None:
    answer = await served.stranger.get("/openapi.json")
    assert answer.json() == DOCUMENT


async def test_every_kind_of_problem_is_explained_at_its_address(served: Served) -> None:
    listed = (await served.stranger.get("/problems")).json()["items"]
    assert [kind["type"] for kind in listed] == [kind.type for kind in kinds()]
    for kind in listed:
        assert kind["type"].startswith(PATH)
        assert (await served.stranger.get(kind["type"])).json() == kind
    assert (await served.stranger.get("/problems/unheard-of")).status_code == 404


async def test_the_readers_need_nothing_from_elsewhere(served: Served) -> None:
    for page in ("/docs", "/redoc"):
        answer = await served.stranger.get(page)
        used = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
        assert used
        assert all(address.startswith(("/assets/", "data:")) for address in used)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert (
            "unsafe-inline" not in answer.headers["content-security-policy"].partition("style")[0]
        )
        for address in used:
            if address.startswith("/"):
                assert (await served.stranger.get(address)).status_code == 200


async def test_packed_assets_are_served_to_clients_without_gzip_too(served: Served) -> None:
    plain = await served.stranger.get(
        "/assets/swagger-ui.css", headers={"accept-encoding": "identity"}
    )
    packed = await served.stranger.get(
        "/assets/swagger-ui.css", headers={"accept-encoding": "gzip"}
    )
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.content == packed.content


@pytest.mark.parametrize("name", ["..%2fapp.py", "app.py", "docs.html", "%2e%2e"])
async def test_only_listed_files_are_served(served: Served, name: str) -> None:
    assert (await served.stranger.get(f"/assets/{name}")).status_code == 404


def test_the_licences_of_the_readers_are_shipped() -> None:
    text = resources.files("sightline.entrypoints.http").joinpath("assets/LICENSES.txt").read_text()
    assert "swagger-ui" in text
    assert "redoc" in text.lower()


def test_docstrings_are_read_for_classes_and_fields() -> None:
    @attrs.frozen
    class Thing:
        """A thing of
        two lines.

        More of it.

        Args:
            size: How big it is, in
                two lines. [m]
            name: Its name.
        """

        size: float
        name: str

    assert explained(Thing) == (
        "A thing of two lines.",
        {"size": "How big it is, in two lines. [m]", "name": "Its name."},
    )
