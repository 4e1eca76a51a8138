"""Events from the command line, through the log, into lists and figures of a server."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .command import run, set_up, started


def test_an_import_that_is_repeated_completes_and_counts_nothing_twice(tmp_path: Path) -> None:
    set_up(tmp_path)
    noon = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    at = (noon - timedelta(days=1)).isoformat()
    rows = [
        {"user_id": f"u{n % 7}", "event_type": "visit", "timestamp": at, "properties": {"n": n}}
        for n in range(2_500)
    ]
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join([*map(json.dumps, rows), '{"user_id": ""}']), encoding="utf-8")
    first = run(tmp_path, "import", "events", str(file), "--tenant", "acme")
    assert "Imported 2,500 events" in first.stdout
    assert f"{file}:2501: user_id: must have 1 to 200 characters" not in first.stdout
    assert f"{file}:2501: event_type: required" in first.stderr
    assert first.returncode == 1
    again = run(tmp_path, "import", "events", str(file), "--tenant", "acme")
    assert "Imported 0 events" in again.stdout
    assert "2,500 were there already" in again.stdout
    with started(tmp_path, "serve") as server, server.client as client:
        server.wait_until_ready()
        listed = client.get("/api/v1/events", headers={"accept": "application/x-ndjson"})
        assert len(listed.text.splitlines()) == 2_500
        server.stop()


def test_the_sample_organizations_are_set_up_once(tmp_path: Path) -> None:
    made = run(tmp_path, "import", "samples", "--fraction", "0.002")
    assert made.returncode == 0, made.stderr
    assert "Twelve sample organizations hold" in made.stdout
    again = run(tmp_path, "import", "samples", "--fraction", "0.002")
    assert again.stdout == made.stdout
    listed = run(tmp_path, "tenants", "list").stdout.splitlines()
    assert sum("sample data" in line for line in listed) == 12


def test_a_file_without_events_is_refused_by_name(tmp_path: Path) -> None:
    set_up(tmp_path)
    refused = run(tmp_path, "import", "events", str(tmp_path / "none.csv"), "--tenant", "acme")
    assert refused.returncode == 1
    assert "there is no such file" in refused.stderr
