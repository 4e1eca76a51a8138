"""API9:2023 Improper inventory management.

Control: the OpenAPI document is made from the routes that are served; what is in it is
served, and what is served is in it. An address that will go is marked as such.
"""

import json
from collections.abc import Mapping

from litestar import get

from sightline.adapters.memory.telemetry import RecordingTelemetry
from sightline.entrypoints.http.app import framework
from sightline.entrypoints.http.openapi import operations as routes

from ..http.seeds import ABSENT, call, operations, seed
from ..http.served import serving
from ..http.test_openapi import APP, DOCUMENT

UNVERSIONED = {"Operations", "Documents", "OAuth"}


async def test_what_the_document_names_is_served() -> None:
    async with serving() as served:
        ids: Mapping[str, str] = await seed(served)
        served_document = (await served.stranger.get("/openapi.json")).json()
        assert served_document == DOCUMENT
        for operation in operations(DOCUMENT):
            answer = await call(served.acme, operation, ids)
            assert answer.status_code != 405, operation.name
            if answer.status_code == 404:  # deleted by an operation before
                assert answer.json()["detail"] != "there is no such route", operation.name


async def test_what_is_served_is_in_the_document() -> None:
    documented = {(one.method, one.path) for one in operations(DOCUMENT)}
    hidden = {"/", "/docs", "/redoc", "/openapi.json", "/assets/{name}"}
    assert {(method, path) for path, method, _ in routes(APP) if path not in hidden} == documented
    async with serving() as served:
        for path in ("/api", "/api/v1", "/api/v0/properties", "/api/v2/properties", "/admin",
                     "/debug", "/schema", "/swagger", "/.env", "/.git/config"):  # fmt: skip
            assert (await served.acme.get(path)).status_code == 404, path


async def test_no_method_answers_that_the_document_does_not_name() -> None:
    named: dict[str, set[str]] = {}
    for one in operations(DOCUMENT):
        named.setdefault(one.path, set()).add(one.method)
    async with serving() as served:
        for path, methods in named.items():
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
                answer = await served.acme.request(method, path.format_map({**ABSENT, "slug": "x"}))
                assert answer.status_code == 405, (method, path)


def test_addresses_of_the_data_carry_their_version() -> None:
    without = {
        one.path
        for one in operations(DOCUMENT)
        if not one.path.startswith(("/api/v1/", "/api/v2/"))
        and not UNVERSIONED & set(one.document["tags"])
    }
    assert without == {
        "/api/properties/{property_id}/market-performance",
        "/v1/brands/{brand_id}/metadata",
        "/v1/electric_sensors/{sensor_id}",
        "/v1/locations/{location_id}/circuit-summary",
    }


def test_what_is_marked_as_deprecated_is_so_in_the_document() -> None:
    marked = {handler.operation_id for _, _, handler in routes(APP) if handler.deprecated}
    told = {one.name for one in operations(DOCUMENT) if one.document.get("deprecated")}
    assert told == marked

    @get("/old", operation_id="getOld", public=True, deprecated=True)
    async def old() -> None:
        """An address that will go."""

    made = json.loads(framework(RecordingTelemetry(), [old]).state.openapi())
    assert made["paths"]["/old"]["get"].get("deprecated") is True
