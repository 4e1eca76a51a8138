"""Answers as CSV, NDJSON and Excel: at once, page by page, and as the results of jobs."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sightline.application.record_events import EventRequest
from sightline.domain.events import EventDraft
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.questions import Cell, Sheet
from sightline.domain.tenancy import Permission
from sightline.entrypoints.http.question_sheets import SHEETS, written
from sightline.entrypoints.http.spreadsheets import CSV, NDJSON
from sightline.entrypoints.http.workbooks import EXCEL

from .served import Served, serving
from .test_question_jobs import LATER, PATH, QUESTIONS, RANGE, VISIT, ended
from .test_workbooks import read

ACME = TenantId("acme")
FIRST = datetime(2025, 12, 20, tzinfo=UTC)
FUNNEL = QUESTIONS["analyzeFunnel"][1]
RETENTION = QUESTIONS["analyzeRetention"][1]
ATTRIBUTION = QUESTIONS["analyzeAttribution"][1]
SERIES: dict[str, Any] = {
    "range": RANGE,
    "interval": "day",
    "measures": [{"name": "n", "aggregate": "count"}],
    "dimensions": ["properties.channel"],
    "totals": "rollup",
}
#: Lists behind answers, with a page of one.
LISTS: dict[str, dict[str, Any]] = {
    "funnel/users": {"query": FUNNEL, "step": 1, "limit": 1},
    "retention/users": {
        "query": RETENTION, "cohort": "2025-12-20T00:00:00Z", "column": 0, "limit": 1,
    },
    "attribution/conversions": {"query": ATTRIBUTION, "limit": 1},
    "realtime/query": {**SERIES, "limit": 1},
}  # fmt: skip


@pytest.fixture
async def told() -> AsyncIterator[Served]:
    async with serving() as served:
        channels = {"ann": "=cmd|'/c calc'!A1", "bob": 'a "b", c', "cat": ""}
        drafts = [
            EventDraft(user, kind, f"{user}-{kind}", FIRST + timedelta(hours=at), {"channel": one})
            for user, one in channels.items()
            for at, kind in enumerate(("visit", "pay"))
        ]
        await served.cases.record_events(ACME, EventRequest(dict(enumerate(drafts))))
        await served.cases.load_events.once()
        yield served


def cells_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def objects_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


async def asked(served: Served, path: str, body: Any, media: str) -> Any:
    answer = await served.acme.post(f"{PATH}/{path}", json=body, headers={"accept": media})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(media)
    return answer


async def test_rows_are_the_figures_of_the_answer(told: Served) -> None:
    whole = (await told.acme.post(f"{PATH}/realtime/query", json=SERIES)).json()
    lines = await asked(told, "realtime/query", SERIES, NDJSON)
    expected = [
        {
            "start": one["start"],
            "dimensions.properties.channel": one["dimensions"].get("properties.channel"),
            "values.n": one["values"]["n"],
            "level": one["level"],
            "complete": one["complete"],
        }
        for one in whole["rows"]
    ]
    assert objects_of(lines.text) == expected
    assert lines.headers["as-of-position"] == str(whole["as_of"])
    assert lines.headers["complete-until"] == whole["complete_until"]
    assert "next-cursor" not in lines.headers
    header, *rows = cells_of((await asked(told, "realtime/query", SERIES, CSV)).text)
    assert header == [*expected[0]]
    assert len(rows) == len(expected)


@pytest.mark.parametrize("operation", QUESTIONS)
async def test_every_answer_has_the_same_rows_in_every_form(told: Served, operation: str) -> None:
    path, question = QUESTIONS[operation]
    short = path.removeprefix(f"{PATH}/")
    objects = objects_of((await asked(told, short, question, NDJSON)).text)
    header, *rows = cells_of((await asked(told, short, question, CSV)).text)
    assert objects
    assert [header] * len(objects) == [[*one] for one in objects]
    assert len(rows) == len(objects)
    ((names, *found),) = read((await asked(told, short, question, EXCEL)).content)
    assert list(names) == header
    meant = [[_excel(value) for value in one.values()] for one in objects]
    assert [[_json(value) for value in row] for row in found] == meant


def _json(value: object) -> object:
    """A cell of Excel as JSON has it."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _excel(value: object) -> object:
    """What JSON says, where a cell of Excel says it otherwise."""
    if isinstance(value, list):
        return json.dumps(value, separators=(",", ":"))
    try:
        return datetime.fromisoformat(str(value)) if isinstance(value, str) else value
    except ValueError:
        return value


async def test_cells_compute_nothing_and_nothing_is_not_the_empty_text(told: Served) -> None:
    text = (await asked(told, "realtime/query", {**SERIES, "interval": None}, CSV)).text
    assert text.splitlines() == [
        '"start","dimensions.properties.channel","values.n","level","complete"',
        "2025-12-20T00:00:00Z,,6,1,true",
        '2025-12-20T00:00:00Z,"",2,0,true',
        "2025-12-20T00:00:00Z,\"'=cmd|'/c calc'!A1\",2,0,true",
        '2025-12-20T00:00:00Z,"a ""b"", c",2,0,true',
    ]
    named = {**SERIES, "dimensions": ["properties.=1+1"]}
    assert '"dimensions.properties.=1+1"' in (await asked(told, "realtime/query", named, CSV)).text
    lines = objects_of((await asked(told, "realtime/query", SERIES, NDJSON)).text)
    assert "=cmd|'/c calc'!A1" in {one["dimensions.properties.channel"] for one in lines}


async def test_types_that_are_named_together_are_a_list(told: Served) -> None:
    steps = [VISIT, {"event_type": ["pay", "invoice"]}]
    header, *rows = cells_of(
        (await asked(told, "funnel/analyze", {**FUNNEL, "steps": steps}, CSV)).text
    )
    assert [row[header.index("event_type")] for row in rows] == ["visit", '["pay","invoice"]']


@pytest.mark.parametrize("path", LISTS)
async def test_pages_follow_one_another(told: Served, path: str) -> None:
    for media in (NDJSON, CSV):
        seen: list[Any] = []
        body = LISTS[path]
        while True:
            page = await asked(told, path, body, media)
            seen += cells_of(page.text)[1:] if media == CSV else objects_of(page.text)
            assert "link" not in page.headers
            if "next-cursor" not in page.headers:
                break
            body = {**LISTS[path], "cursor": page.headers["next-cursor"]}
        in_json = (
            await told.acme.post(f"{PATH}/{path}", json={**LISTS[path], "limit": 1_000})
        ).json()
        at_once = await asked(told, path, {**LISTS[path], "limit": 1_000}, NDJSON)
        assert len(seen) == len(objects_of(at_once.text)) >= 3
        assert in_json["next_cursor"] is None
        assert "next-cursor" not in at_once.headers


async def test_cohorts_can_be_exported_and_their_members_walked(told: Served) -> None:
    definition = {"did": {"event_type": "pay"}}
    saved = await told.acme.post(
        f"{PATH}/cohorts", json={"name": "Payers", "definition": definition}
    )
    address = f"{PATH}/cohort/{saved.json()['cohort_id']}"
    at = {"as_of": "2025-12-23T00:00:00Z"}
    sizes = await told.acme.get(
        address, params={**at, "interval": "day", "intervals": "2"}, headers={"accept": CSV}
    )
    assert cells_of(sizes.text) == [
        ["at", "size"],
        ["2025-12-21T00:00:00Z", "3"],
        ["2025-12-22T00:00:00Z", "3"],
        ["2025-12-23T00:00:00Z", "3"],
    ]
    assert sizes.headers["etag"] == saved.headers["etag"]
    found, following = [], f"{address}/users?as_of=2025-12-23T00:00:00Z&limit=2"
    while following:
        page = await told.acme.get(following, headers={"accept": NDJSON})
        found += [one["user_id"] for one in objects_of(page.text)]
        link = page.headers.get("link", "")
        assert ("next-cursor" in page.headers) is bool(link)
        following = link and f"{address}/users{link.split('>')[0].removeprefix('<')}"
    assert found == ["ann", "bob", "cat"]


@pytest.mark.parametrize("operation", QUESTIONS)
async def test_the_result_of_a_job_has_the_rows_of_the_answer(told: Served, operation: str) -> None:
    path, question = QUESTIONS[operation]
    address = (await told.acme.post(path, json=question, headers=LATER)).headers["location"]
    assert (await ended(told, address))["state"] == "done"
    for media in SHEETS:
        at_once = await asked(told, path.removeprefix(f"{PATH}/"), question, media)
        later = await told.acme.get(address, headers={"accept": media})
        assert later.status_code == 200, later.text
        assert later.content == at_once.content
        for name in ("content-type", "as-of-position", "complete-until"):
            assert later.headers[name] == at_once.headers[name]


async def test_a_series_that_a_job_answered_goes_on_where_it_ended(told: Served) -> None:
    path, question = f"{PATH}/realtime/query", {**SERIES, "limit": 2}
    address = (await told.acme.post(path, json=question, headers=LATER)).headers["location"]
    result = (await ended(told, address))["result"]
    exported = await told.acme.get(address, headers={"accept": CSV})
    assert exported.headers["next-cursor"] == result["next_cursor"]
    assert "link" not in exported.headers  # the next page is not at this address
    second = {**question, "cursor": result["next_cursor"]}
    at_once = (await told.acme.post(path, json=second)).json()
    assert at_once["rows_before"] == 2
    later = (await told.acme.post(path, json=second, headers=LATER)).headers["location"]
    assert (await ended(told, later))["result"] == at_once
    in_one = (await told.acme.post(path, json=SERIES)).json()
    assert (result["rows"] + at_once["rows"]) == in_one["rows"][:4]


async def test_a_job_is_not_asked_for_with_a_cursor_of_another_question(told: Served) -> None:
    path = f"{PATH}/realtime/query"
    first = (await told.acme.post(path, json={**SERIES, "limit": 1})).json()["next_cursor"]
    other = {**SERIES, "limit": 2, "cursor": first}
    refused = await told.acme.post(path, json=other, headers=LATER)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "cursor")
    assert (await told.acme.get("/api/v1/jobs")).json()["items"] == []


async def test_a_job_without_rows_says_so(told: Served) -> None:
    address = (await told.acme.post(f"{PATH}/funnel/analyze", json=FUNNEL, headers=LATER)).headers[
        "location"
    ]
    waiting = await told.acme.get(address, headers={"accept": CSV})
    assert (waiting.status_code, waiting.json()["type"]) == (406, "/problems/not-acceptable")
    assert "no rows to show" in waiting.json()["detail"]
    assert (await ended(told, address))["state"] == "done"
    key = "only-jobs-key-for-tests"
    only_jobs = frozenset({Permission.JOBS_READ})
    await told.cases.install_fixed_key(ACME, KeyId("jobs"), "test", key, only_jobs)
    unseen = await told.stranger.get(address, headers={"accept": CSV, "x-api-key": key})
    assert unseen.status_code == 406
    assert "visit" not in unseen.text
    refresh = (await told.acme.post("/api/v1/market-refreshes")).headers["location"]
    assert (await told.acme.get(refresh, headers={"accept": CSV})).status_code == 406


async def test_other_forms_are_refused_and_json_is_preferred(told: Served) -> None:
    path = f"{PATH}/funnel/analyze"
    for unknown in ("application/xml", "application/vnd.apache.arrow.stream", "text/html"):
        refused = await told.acme.post(path, json=FUNNEL, headers={"accept": unknown})
        assert refused.status_code == 406
        assert "text/csv" in refused.json()["detail"]
    for known in ("*/*", "application/json, text/csv", "text/csv;q=0, application/json"):
        answer = await told.acme.post(path, json=FUNNEL, headers={"accept": known})
        assert answer.json()["steps"]


class Rows:
    """Rows without end, and how many were made."""

    def __init__(self) -> None:
        self.made = 0

    def each(self) -> Iterator[tuple[Cell, ...]]:
        while True:
            self.made += 1
            yield (self.made,)


async def test_rows_go_out_before_the_next_are_made_and_others_get_a_turn() -> None:
    for media in SHEETS:
        rows, turns = Rows(), 0

        async def take_turns() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        waiting = asyncio.create_task(take_turns())
        portions = written(Sheet(("n",), rows.each()), media)
        async for _ in portions:
            if rows.made >= 5_000:
                break
        waiting.cancel()
        await portions.aclose()
        assert rows.made == 5_000
        assert turns >= 4
