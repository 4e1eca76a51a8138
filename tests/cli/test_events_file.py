"""Events from files: the same events whatever the form of the file."""

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from sightline.domain.events import EventDraft
from sightline.entrypoints.cli.events_file import read_events
from sightline.entrypoints.cli.rows import UnreadableFile

NOON = datetime(2025, 12, 1, 12, tzinfo=UTC)
EXPECTED = [
    EventDraft("u1", "visit", "e1", NOON, {"page": "/a", "n": 1}),
    EventDraft("u2", "signup", "e2", NOON, {"page": 'b,"c"\n', "n": 2}),
]


def drafts(path: Path) -> list[EventDraft | None]:
    return [one.draft for one in read_events(path)]


def test_ndjson_csv_and_parquet_hold_the_same_events(tmp_path: Path) -> None:
    rows = [
        {
            "event_id": one.event_id,
            "user_id": one.user_id,
            "event_type": one.event_type,
            "timestamp": "2025-12-01T12:00:00Z",
            "properties": dict(one.properties),
        }
        for one in EXPECTED
    ]
    lines = tmp_path / "events.ndjson"
    lines.write_text("\ufeff" + "\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert drafts(lines) == EXPECTED
    with duckdb.connect() as engine:
        engine.execute(
            "create table t (event_id text, user_id text, event_type text,"
            " timestamp timestamp, n integer, page text)"
        )
        for one in EXPECTED:
            engine.execute(
                "insert into t values (?, ?, ?, '2025-12-01 12:00:00', ?, ?)",
                [
                    one.event_id,
                    one.user_id,
                    one.event_type,
                    one.properties["n"],
                    one.properties["page"],
                ],
            )
        engine.execute(f"copy t to '{tmp_path / 'events.parquet'}' (format parquet)")
    assert drafts(tmp_path / "events.parquet") == EXPECTED
    cells = tmp_path / "events.csv"
    cells.write_text(
        "event_id,user_id,event_type,timestamp,properties,page\n"
        'e1,u1,visit,2025-12-01T12:00:00Z,"{""n"": 1}",/a\n'
        'e2,u2,signup,2025-12-01T12:00:00Z,"{""n"": 2}","b,""c""\n"\n',
        encoding="utf-8",
    )
    assert drafts(cells) == EXPECTED


def test_what_is_wrong_is_told_with_its_line(tmp_path: Path) -> None:
    cells = tmp_path / "events.csv"
    cells.write_text(
        "user_id,event_type,timestamp,properties\n"
        "u1,visit,2025-12-01,\n"
        "u1,visit,,[1]\n"
        "u1,visit\n"
        ",visit,,\n"
        "u1,visit,,\n",
        encoding="utf-8",
    )
    found = list(read_events(cells))
    assert [(one.line, [flaw.code for flaw in one.flaws]) for one in found] == [
        (2, ["instant"]), (3, ["type"]), (4, ["cells"]), (5, ["missing"]), (6, []),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["nothing.ndjson", "columns.csv", "text.parquet"])
def test_a_file_that_holds_no_events_is_refused_as_a_whole(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name != "nothing.ndjson":
        path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UnreadableFile):
        list(read_events(path))
