"""Series and cubes through the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given

from sightline.application.record_events import EventRequest
from sightline.domain.events import Event, EventDraft
from sightline.domain.identifiers import TenantId
from sightline.domain.questions import History, QuestionRange
from sightline.domain.questions.series import (
    ADDITIVE,
    Aggregate,
    Measure,
    SeriesQuery,
    SeriesRow,
    SeriesRows,
)
from sightline.entrypoints.http.questions_series import SeriesBody
from sightline.entrypoints.http.series_rows import SeriesRow as WrittenRow
from sightline.entrypoints.http.series_rows import rows_json
from sightline.entrypoints.structuring import from_json
from sightline.testing.strategies.question_histories import asking_instants
from sightline.testing.strategies.questions_series import series_histories, series_queries

from .served import Served, serving

ACME = TenantId("acme")
LATER = datetime(2030, 1, 1, tzinfo=UTC)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
QUERY = "/api/v2/analytics/realtime/query"
METRICS = "/api/v2/analytics/realtime/metrics"

DECEMBER: dict[str, Any] = {
    "range": {"start": "2025-12-29", "end": "2025-12-31"},
    "measures": [
        {"name": "visits", "event_type": "visit"},
        {"name": "spent", "aggregate": "sum", "property": "amount"},
    ],
    "dimensions": ["properties.channel"],
    "interval": "day",
    "totals": "rollup",
}


async def did(served: Served, *events: tuple[str, str, datetime, dict[str, Any]]) -> None:
    """Keep events, and have them loaded."""
    drafts = {
        place: EventDraft(user, kind, f"{user} {kind} {at.isoformat()}", at, properties)
        for place, (user, kind, at, properties) in enumerate(events)
    }
    await served.cases.record_events(ACME, EventRequest(drafts))
    await served.cases.load_events.once()


async def shopped(served: Served) -> None:
    noon = datetime(2025, 12, 29, 12, tzinfo=UTC)
    await did(
        served,
        ("ann", "visit", noon, {"channel": "ads"}),
        ("ben", "visit", noon, {"channel": "mail"}),
        ("ann", "pay", noon + timedelta(hours=1), {"channel": "ads", "amount": 12.5}),
        ("ann", "visit", noon + timedelta(days=2), {}),
    )


def total(rows: list[dict[str, Any]], name: str, level: int) -> float:
    return sum(float(row["values"][name]) for row in rows if row["level"] == level)


async def asked(served: Served, **changed: Any) -> httpx.Response:
    return await served.acme.post(QUERY, json={**DECEMBER, **changed})


async def test_a_cube_comes_with_its_rules_its_position_and_its_drills() -> None:
    async with serving() as served:
        await shopped(served)
        answer = (await asked(served, explain=True)).json()
        assert answer["as_of"] == 4
        assert answer["complete_until"] == "2026-01-01T00:00:00Z"
        assert answer["explain"]["events_read"] == 4
        assert answer["rules"]["totals"] == "rollup"
        assert answer["rows_after"] == 0
        assert answer["next_cursor"] is None
        first = answer["rows"][0]
        assert (first["start"], first["level"]) == (None, 2)
        assert first["values"] == {"visits": 3, "spent": 12.5}
        days = [row for row in answer["rows"] if row["level"] == 1]
        assert [row["start"][:10] for row in days] == ["2025-12-29", "2025-12-30", "2025-12-31"]
        assert [row["values"]["visits"] for row in days] == [2, 0, 1]
        for row in answer["rows"]:
            deeper = (await served.acme.post(QUERY, json=row["drill"])).json()
            assert total(deeper["rows"], "visits", 0) == row["values"]["visits"]
            assert total(deeper["rows"], "spent", 0) == row["values"]["spent"]


async def test_pages_of_one_question_see_one_position() -> None:
    async with serving() as served:
        await shopped(served)
        page = (await asked(served, limit=3)).json()
        rows = page["rows"]
        await did(served, ("zoe", "visit", datetime(2025, 12, 29, tzinfo=UTC), {"channel": "ads"}))
        while page["next_cursor"]:
            page = (await asked(served, limit=3, cursor=page["next_cursor"])).json()
            assert page["as_of"] == 4
            assert page["rows_before"] == len(rows)
            rows += page["rows"]
        assert page["rows_after"] == 0
        assert total(rows, "visits", 0) == rows[0]["values"]["visits"] == 3
        again = (await asked(served)).json()
        assert (again["as_of"], again["rows"][0]["values"]["visits"]) == (5, 4)


async def test_a_cursor_is_of_use_to_its_own_question_and_tenant_alone() -> None:
    async with serving() as served:
        await shopped(served)
        cursor = (await asked(served, limit=3)).json()["next_cursor"]
        other = await asked(served, limit=3, cursor=cursor, totals="cube")
        body = {**DECEMBER, "limit": 3, "cursor": cursor}
        rival = await served.rival.post(QUERY, json=body)
        forged = await asked(served, limit=3, cursor=cursor[:-2] + "AA")
        for refused in (other, rival, forged):
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["pointer"] == "#/cursor"


@pytest.mark.parametrize(
    ("wrong", "pointers"),
    [
        ({"dimensions": ["channel"]}, ["/dimensions/0"]),
        ({"measures": [{"name": "n", "aggregate": "sum"}]}, ["/measures/0/property"]),
        ({"range": {"start": "1926-01-01", "end": "2025-12-31"}}, ["/range/start"]),
        ({"interval": "minute", "range": {"start": "2025-01-01", "end": "2025-12-31"}},
         ["/interval"]),
        ({"compare_to": "last_year"}, ["/compare_to"]),
        ({"compare_to": {"start": "2025-01-01"}}, ["/compare_to/end"]),
        ({"limit": 100_000}, ["/limit"]),
        ({"measures": [{"name": "w", "aggregate": "active_users", "trailing": "a week"}]},
         ["/measures/0/trailing"]),
        ({"order": [{"by": "revenue"}], "cumulative": True, "interval": None},
         ["/cumulative", "/order/0/by"]),
        ({"sketch": "hll"}, ["/sketch"]),
    ],
)  # fmt: skip
async def test_what_cannot_be_asked_is_refused_by_pointer(
    wrong: dict[str, Any], pointers: list[str]
) -> None:
    async with serving() as served:
        refused = await asked(served, **wrong)
        assert refused.status_code == 422
        told = [one["pointer"].removeprefix("#") for one in refused.json()["errors"]]
        assert sorted(told) == pointers


async def test_what_happened_just_now() -> None:
    async with serving() as served:
        ago = [NEW_YEAR - timedelta(minutes=one) for one in (0, 1, 4, 6)]
        await did(
            served,
            ("ann", "visit", ago[0], {}),
            ("ben", "visit", ago[1], {}),
            ("ann", "pay", ago[2], {}),
            ("cem", "visit", ago[3], {}),
        )
        found = (await served.acme.get(METRICS, params={"tenant_id": "acme"})).json()
        assert (found["events"], found["users"], found["as_of"]) == (3, 2, 4)
        assert found["top_types"] == [
            {"event_type": "visit", "events": 2, "users": 2},
            {"event_type": "pay", "events": 1, "users": 1},
        ]
        assert found["other_types"] == 0
        longer = (await served.acme.get(METRICS, params={"timeframe": "1h"})).json()
        assert (longer["events"], longer["users"]) == (4, 3)


async def test_types_that_are_not_told_are_counted() -> None:
    async with serving() as served:
        await did(served, *[("u", f"kind {at:02}", NEW_YEAR, {}) for at in range(13)])
        found = (await served.acme.get(METRICS)).json()
        assert (len(found["top_types"]), found["other_types"], found["events"]) == (10, 3, 13)


async def test_nothing_just_now_is_nothing() -> None:
    async with serving() as served:
        found = (await served.acme.get(METRICS)).json()
        assert (found["events"], found["users"], found["top_types"]) == (0, 0, [])


async def test_the_metrics_of_another_tenant_are_refused() -> None:
    async with serving() as served:
        refused = await served.acme.get(METRICS, params={"tenant_id": "rival"})
        assert refused.status_code == 403
        assert refused.json()["type"].endswith("/other-tenant")


@pytest.mark.parametrize("timeframe", ["", "5", "0m", "5x", "8d", "-5m", "5 m"])
async def test_a_timeframe_that_cannot_be_is_refused(timeframe: str) -> None:
    async with serving() as served:
        refused = await served.acme.get(METRICS, params={"timeframe": timeframe})
        assert refused.status_code == 422
        assert [one["parameter"] for one in refused.json()["errors"]] == ["timeframe"]


@given(query=series_queries(), history=series_histories())
def test_the_rows_of_a_drill_add_up_to_its_row(query: SeriesQuery, history: History) -> None:
    for row in query.reference(history, LATER).rows[:8]:
        if row.drill is None:
            assert query.interval is not None
            assert (query.interval.value, row.level) == ("minute", 0)
            continue
        deeper = from_json({**row.drill, "limit": 10_000}, SeriesBody).question()
        assert row.level == 0 or deeper.interval or len(deeper.dimensions) > len(row.dimensions)
        if row.level and (row.start is not None or query.interval is None):
            assert len(deeper.dimensions) == len(row.dimensions) + 1
        below = deeper.reference(history, LATER)
        adding = [one.name for one in deeper.measures if one.aggregate in ADDITIVE]
        for measure in query.measures:
            if measure.name in adding:
                added = sum(one.values[measure.name] or 0 for one in below.rows)
                assert added == pytest.approx(row.values[measure.name])
            elif measure.name not in [one.name for one in deeper.measures]:
                assert not row.values[measure.name]
        if deeper.compared is not None:
            counts = [one.name for one in deeper.measures if one.aggregate.value == "count"]
            check_compared(row, below.rows, counts)


@given(query=series_queries(), history=series_histories(), now=asking_instants())
async def test_rows_are_written_as_if_each_were_written_by_itself(
    query: SeriesQuery, history: History, now: datetime
) -> None:
    rows = query.reference(history, now).rows
    assert bytes(await rows_json(rows)) == msgspec.json.encode([written_alone(row) for row in rows])


async def test_names_that_json_escapes_are_written_as_ever() -> None:
    awkward = 'a "quoted", \\ comma, % and \u00fc\n'
    events = (event_of({"x": awkward}), event_of({"x": 0.1, "y": -1e300}))
    measures = (Measure("n"), Measure("y", Aggregate.AVG, property="y"))
    asked = SeriesQuery(QuestionRange("2025-12-29", "2026-01-02"), measures, ("properties.x",))
    rows = asked.reference(History(events), LATER).rows
    assert bytes(await rows_json(rows)) == msgspec.json.encode([written_alone(row) for row in rows])
    assert msgspec.json.decode(await rows_json(rows))[1]["dimensions"] == {"properties.x": awkward}


def event_of(properties: dict[str, Any]) -> Event:
    return Event("e", "u", "visit", NEW_YEAR, properties, NEW_YEAR, None, 1)


def written_alone(row: SeriesRow) -> WrittenRow:
    return WrittenRow(
        row.start,
        dict(row.dimensions),
        row.values,
        row.level,
        row.complete,
        row.compared_start,
        row.compared,
        row.drill,
    )


def check_compared(row: SeriesRow, below: SeriesRows, counts: list[str]) -> None:
    """Groups without an event in the range have no row, so their comparison is not told below."""
    told = row.compared or {}
    for name in counts:
        found = sum((one.compared or {}).get(name) or 0 for one in below)
        assert found <= (told[name] or 0) + 1e-9 or found == pytest.approx(told[name])
