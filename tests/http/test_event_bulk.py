"""Events of any number in one request."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

import httpx

from sightline.entrypoints.http.event_bulk import LONGEST_LINE

from .served import Served
from .test_events import event, ids

TYPE = {"content-type": "application/x-ndjson"}


def line(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said).encode() + b"\n"


def unnamed(number: int) -> dict[str, Any]:
    said = event(number % 24, properties={"n": number})
    return {key: value for key, value in said.items() if key != "event_id"}


async def bulk(
    client: httpx.AsyncClient, body: bytes | AsyncIterator[bytes], key: str = "", **asked: int
) -> httpx.Response:
    headers = {**TYPE, **({"idempotency-key": key} if key else {})}
    return await client.post("/api/v1/events/bulk", content=body, params=asked, headers=headers)


async def pieces(body: bytes, length: int) -> AsyncIterator[bytes]:
    for at in range(0, len(body), length):
        yield body[at : at + length]


async def test_lines_are_kept_however_they_are_cut(served: Served) -> None:
    body = b"".join(line(event(n)) for n in range(50))
    answer = await bulk(served.acme, pieces(body.rstrip(b"\n"), 37))
    assert answer.status_code == 200
    assert (answer.json()["accepted"], answer.json()["last_line"]) == (50, 50)
    assert answer.json()["position"] == 50
    assert len(await ids(served.acme)) == 50


async def test_a_line_that_is_no_event_is_told_with_its_number_and_the_others_are_kept(
    served: Served,
) -> None:
    long = event(4, properties={"a": ["x" * 8_000] * 9})
    body = b"".join(
        [
            line(event(1)),
            b"\n",
            b'{"user_id": "u"\n',
            line(event(3, user_id="")),
            line(long),
            line(unnamed(5)),
            line(event(6, timestamp="2026-01-01T00:05:01Z")),
            line(event(7)),
        ]
    )
    assert len(line(long)) > LONGEST_LINE
    told = (await bulk(served.acme, pieces(body, 1_000))).json()
    assert {one["line"]: one["errors"][0]["code"] for one in told["refusals"]} == {
        3: "json",
        4: "length",
        5: "too_long",
        6: "missing",
        7: "future",
    }
    assert (told["accepted"], told["refused"], told["last_line"]) == (2, 5, 8)
    assert await ids(served.acme) == ["e7", "e1"]


async def test_an_import_that_broke_off_is_completed_and_nothing_counts_twice(
    served: Served,
) -> None:
    lines = [line(unnamed(n)) for n in range(2_500)]

    async def breaking() -> AsyncIterator[bytes]:
        yield b"".join(lines[:1_700])
        raise ConnectionError

    with suppress(ConnectionError):
        await bulk(served.acme, breaking(), "import 7")
    kept = len(await ids(served.acme, limit=1_000))
    assert kept == 1_000  # whole batches
    rest = await bulk(served.acme, b"".join(lines[900:]), "import 7", first_line=901)
    assert rest.json()["duplicates"] == 100
    assert rest.json()["last_line"] == 2_500
    assert len(await ids(served.acme, limit=1_000)) == 2_500
    again = await bulk(served.acme, b"".join(lines), "import 7")
    assert (again.json()["accepted"], again.json()["duplicates"]) == (0, 2_500)


async def test_a_body_of_another_kind_is_refused(served: Served) -> None:
    answer = await served.acme.post("/api/v1/events/bulk", json={"events": [event(1)]})
    assert answer.status_code == 415
    assert await ids(served.acme) == []


async def test_an_empty_import_is_nothing(served: Served) -> None:
    told = (await bulk(served.acme, b"")).json()
    assert (told["accepted"], told["last_line"]) == (0, 0)
