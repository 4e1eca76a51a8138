"""What holds for every route: who comes in, what is refused, what every answer carries."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import httpx
import pytest
from attrs import frozen
from litestar import Litestar, post

from sightline import bootstrap
from sightline.adapters.memory.telemetry import RecordingTelemetry
from sightline.adapters.telemetry.logs import request_lines
from sightline.adapters.telemetry.prometheus import PrometheusTelemetry
from sightline.domain.errors import Unavailable
from sightline.entrypoints.http.access import Authenticated, BodyDeadline
from sightline.entrypoints.http.app import EdgeOptions, framework
from sightline.entrypoints.http.inputs import Call, admit, decoded, described
from sightline.entrypoints.http.openapi import name_parameters
from sightline.entrypoints.http.problems import UnreadableBody, handlers

from .served import Served, serving


@frozen
class Draft:
    name: str = described("A name.", max_length=10)
    size: int = described("A size.", default=1, minimum=1, maximum=9)


@post("/echo", takes=Draft, public=True, status_code=200)
async def echo(request: Call) -> Draft:
    """The body again."""
    return await request.payload(Draft)


def echoing() -> Any:
    app = Litestar(
        [echo],
        request_class=Call,
        before_request=admit,
        exception_handlers=handlers(),
        request_max_body_size=1000,
        openapi_config=None,
    )
    name_parameters(app)
    return app


async def post_to(app: Any, content: bytes, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        named = {"content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return await client.post("/echo", content=content, headers=named)


@pytest.mark.parametrize(
    "path", ["/nowhere", "/metrics", "/api/v1/properties", "/health", "/api//v1"]
)
async def test_a_stranger_learns_nothing_not_even_which_routes_exist(
    served: Served, path: str
) -> None:
    answer = await served.stranger.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["type"] == "/problems/unauthenticated"


@pytest.mark.parametrize(
    "path", ["/health/live", "/health/ready", "/docs", "/redoc", "/openapi.json", "/problems"]
)
async def test_health_and_documents_are_for_everybody(served: Served, path: str) -> None:
    assert (await served.stranger.get(path)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer wrong-key-entirely"},
        {"authorization": "Basic YTpi"},
        {"authorization": "Bearer "},
        {"x-api-key": "sl_live_000000000000_000000000000000000000000000000000000"},
        {"x-api-key": "x" * 5000},
        {"x-api-key": "acme-key-for-tests", "authorization": "Bearer rival-key-for-tests"},
        {"x-api-key": "ümläut".encode().decode("latin-1")},
    ],
)
async def test_a_wrong_credential_opens_nothing(served: Served, headers: dict[str, str]) -> None:
    raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    assert (await served.stranger.get("/metrics", headers=raw)).status_code == 401


async def test_a_key_opens_in_either_header(served: Served) -> None:
    assert (await served.acme.get("/metrics")).status_code == 200
    assert (await served.rival.get("/metrics")).status_code == 200


async def test_without_the_outer_wall_the_inner_one_still_stands(served: Served) -> None:
    inner: Any = framework(served.adapters.telemetry)
    transport = httpx.ASGITransport(app=inner)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        assert (await client.get("/metrics")).status_code == 401
        assert (await client.get("/health/live")).status_code == 200


async def test_every_answer_carries_the_security_headers_and_its_ids(served: Served) -> None:
    calls: list[Callable[[], Awaitable[httpx.Response]]] = [
        lambda: served.stranger.get("/health/live"),
        lambda: served.stranger.get("/nowhere"),
        lambda: served.acme.get("/nowhere"),
        lambda: served.acme.delete("/health/live"),
        lambda: served.acme.get("/health/live?x=1"),
        lambda: served.stranger.get("/docs"),
    ]
    for call in calls:
        headers = (await call()).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["strict-transport-security"]
        assert headers["cache-control"]
        assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", headers["traceparent"])
        assert headers["x-request-id"]


async def test_a_trace_is_continued_and_a_broken_one_replaced(served: Served) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    sent = f"00-{trace}-b7ad6b7169203331-01"
    back = (await served.stranger.get("/health/live", headers={"traceparent": sent})).headers
    assert back["traceparent"].startswith(f"00-{trace}-")
    assert back["traceparent"].endswith("-01")
    assert "b7ad6b7169203331" not in back["traceparent"]
    for broken in (f"ff-{trace}-b7ad6b7169203331-01", f"00-{'0' * 32}-b7ad6b7169203331-01", "x"):
        back = (await served.stranger.get("/health/live", headers={"traceparent": broken})).headers
        assert trace not in back["traceparent"]


async def test_a_request_id_is_kept_only_if_it_is_harmless(served: Served) -> None:
    for sent, kept in (("abc-1", True), ("a b", False), ("x" * 65, False), ("a\tb", False)):
        answer = await served.stranger.get("/nowhere", headers={"x-request-id": sent})
        assert (answer.headers["x-request-id"] == sent) is kept
        assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_the_log_line_names_the_route_and_never_the_address_or_the_key(
    capsys: pytest.CaptureFixture[str],
) -> None:
    telemetry = PrometheusTelemetry(request_lines("info", "json"))
    served = Served(attrs.evolve(bootstrap.in_memory(), telemetry=telemetry), EdgeOptions())
    await served.prepare()
    await served.acme.get("/problems/secret-thing?token=hidden", headers={"x-request-id": "abc-1"})
    await served.acme.get("/metrics?token=hidden")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert first["http.route"] == "/problems/{slug}"
    assert first["http.response.status_code"] == 422
    assert first["request_id"] == "abc-1"
    assert first["duration_ms"] > 0
    assert second["tenant.id"] == "acme"
    for line in (first, second):
        assert not re.search("secret-thing|hidden|acme-key", json.dumps(line))


async def test_fifty_unknown_addresses_make_one_series(served: Served) -> None:
    for number in range(50):
        await served.acme.get(f"/nowhere/{number}")
    telemetry = served.adapters.telemetry
    assert isinstance(telemetry, RecordingTelemetry)
    assert {finished.route for finished in telemetry.requests} == {"unmatched"}
    assert telemetry.active == 0


async def test_unknown_and_repeated_parameters_are_refused_by_name(served: Served) -> None:
    answer = await served.stranger.get("/health/live?colour=red&size=1")
    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == ["colour", "size"]
    assert {error["code"] for error in answer.json()["errors"]} == {"unknown_parameter"}


async def test_an_unreadable_query_is_refused_in_words(served: Served) -> None:
    for query in ("%ff=1", "a=%ff", "&".join(f"a{n}=1" for n in range(200))):
        answer = await served.stranger.get(f"/health/live?{query}")
        assert answer.status_code == 422
        assert len(answer.content) < 25_000


async def test_methods_that_do_not_exist_are_405_and_named(served: Served) -> None:
    answer = await served.stranger.delete("/health/live")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert (await served.stranger.request("TRACE", "/health/live")).status_code == 405


async def test_options_names_every_method_of_a_path(served: Served) -> None:
    answer = await served.acme.options("/api/v1/properties/1")
    assert answer.status_code == 204
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"


async def test_head_answers_like_get_without_the_content(served: Served) -> None:
    got, head = await served.stranger.get("/problems"), await served.stranger.head("/problems")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == str(len(got.content))


@pytest.mark.parametrize(
    ("accept", "status"),
    [("*/*", 200), ("application/json;q=0.5, text/html", 200), ("application/*", 200), ("", 200),
     ("image/png", 406), ("application/json;q=0", 406), ("text/html;q=0.9", 406)],
)  # fmt: skip
async def test_a_client_gets_what_it_accepts_or_is_told(
    served: Served, accept: str, status: int
) -> None:
    answer = await served.stranger.get("/health/live", headers={"accept": accept})
    assert answer.status_code == status


async def test_readiness_says_what_is_not_ready_and_why(served: Served) -> None:
    class Broken:
        name = "record_store"

        async def problem(self) -> str | None:
            return "no answer within 1 s"

    object.__setattr__(served.cases.check_readiness, "probes", (Broken(),))
    answer = await served.stranger.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not_ready",
        "checks": {"record_store": "no answer within 1 s"},
    }
    assert (await served.stranger.get("/health/live")).status_code == 200


async def test_a_store_that_is_down_is_503_with_a_hint_when_to_retry(served: Served) -> None:
    async def down(credential: str) -> None:
        raise Unavailable("the record store does not answer", retry_after_seconds=7)

    app = served.app
    while not isinstance(app, Authenticated):
        app = app.app  # type: ignore[attr-defined]
    object.__setattr__(app, "cases", type("Down", (), {"authenticate": staticmethod(down)})())
    answer = await served.acme.get("/metrics")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "7"


async def test_a_fault_of_ours_is_a_500_without_detail() -> None:
    class Exploding(RecordingTelemetry):
        def exposition(self) -> tuple[bytes, str]:
            raise RuntimeError("secret detail of the inside")

    adapters = attrs.evolve(bootstrap.in_memory(), telemetry=Exploding())
    served = Served(adapters, EdgeOptions())
    await served.prepare()
    answer = await served.acme.get("/metrics")
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/internal"
    assert "secret" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_cors_opens_for_listed_origins_only_errors_included() -> None:
    async with serving(EdgeOptions(cors_origins=("https://app.example.com",))) as served:
        listed = {"origin": "https://app.example.com"}
        for origin, opened in ((listed, True), ({"origin": "https://evil.example.com"}, False)):
            for path in ("/health/live", "/nowhere"):
                answer = await served.stranger.get(path, headers=origin)
                assert ("access-control-allow-origin" in answer.headers) is opened
                assert "Origin" in answer.headers["vary"]
            asked = {**origin, "access-control-request-method": "POST"}
            preflight = await served.stranger.options("/api/v1/properties", headers=asked)
            assert preflight.status_code == 204
            assert ("access-control-allow-methods" in preflight.headers) is opened


async def test_no_origin_is_open_by_default(served: Served) -> None:
    answer = await served.stranger.get("/health/live", headers={"origin": "https://a.example.com"})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        (b'{"name": "x"', 400, "unreadable-body"),
        (b"", 400, "unreadable-body"),
        (b'{"name": NaN}', 400, "unreadable-body"),
        (b'{"size": 1e999, "name": "x"}', 400, "unreadable-body"),
        (b"[" * 100_000, 413, "body-too-large"),
        (b"[" * 33 + b"]" * 33, 400, "unreadable-body"),
        (b'{"name": "x", "name": "y"}', 422, "invalid-input"),
        (b'{"name": "x", "nom": "y"}', 422, "invalid-input"),
        (b'{"name": "x", "size": 10}', 422, "invalid-input"),
        (b'{"name": "\\ud800"}', 422, "invalid-input"),
        (b'{"name": "x", "\\ud800": 1}', 422, "invalid-input"),
        (b'{"name": "x", "\\ud800": 1, "\\ud800": 1}', 422, "invalid-input"),
        (b'{"name": "' + b"x" * 2000 + b'"}', 413, "body-too-large"),
        (b'{"name": "\xff"}', 400, "unreadable-body"),
        (b'{"size": ' + b"9" * 900 + b', "name": "x"}', 422, "invalid-input"),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_a_bad_body_is_refused_in_words(body: bytes, status: int, slug: str) -> None:
    answer = await post_to(echoing(), body)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")


async def test_every_flaw_of_a_body_has_its_pointer() -> None:
    answer = await post_to(echoing(), b'{"name": 7, "size": 0, "a/b": 1}')
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} >= {
        ("#/name", "type"),
        ("#/a~1b", "unknown_field"),
    }
    answer = await post_to(echoing(), b'{"name": "x", "size": 0}')
    assert answer.json()["errors"] == [
        {
            "pointer": "#/size",
            "parameter": None,
            "code": "too_small",
            "detail": "must be at least 1",
        }
    ]


@pytest.mark.parametrize("declared", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_body_must_be_declared_as_json(declared: str) -> None:
    answer = await post_to(echoing(), b'{"name": "x"}', content_type=declared)
    assert answer.status_code == 415


async def test_a_compressed_body_is_not_taken() -> None:
    answer = await post_to(echoing(), b'{"name": "x"}', content_encoding="gzip")
    assert answer.status_code == 415


async def test_a_body_too_large_is_refused_without_a_content_length() -> None:
    async def chunks() -> Any:
        for _ in range(20):
            yield b'{"name": "' + b"x" * 100

    transport = httpx.ASGITransport(app=echoing())
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.post(
            "/echo", content=chunks(), headers={"content-type": "application/json"}
        )
    assert answer.status_code == 413


async def test_a_body_that_drips_is_cut_off_in_time() -> None:
    sent: list[dict[str, Any]] = []
    now = 0.0

    async def drip() -> dict[str, Any]:
        nonlocal now
        now += 1.0  # each piece takes a second of the clock
        await asyncio.sleep(0)
        if now > 100:
            return {"type": "http.request", "body": b"}", "more_body": False}
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/echo",
        "raw_path": b"/echo",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "http_version": "1.1",
        "scheme": "http",
        "client": None,
        "server": None,
        "root_path": "",
    }
    await BodyDeadline(echoing(), 5.0, lambda: now)(scope, drip, send)
    assert sent[0]["status"] == 408
    assert json.loads(sent[1]["body"])["type"] == "/problems/request-too-slow"
    assert now <= 7


def test_depth_counts_brackets_outside_of_texts_only() -> None:
    assert decoded(json.dumps({"a": "[" * 100}).encode()) == {"a": "[" * 100}
    with pytest.raises(UnreadableBody):
        decoded(b'{"a": ' * 33 + b"1" + b"}" * 33)
