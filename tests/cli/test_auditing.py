"""The audit log of the real server, checked by the command afterwards."""

import json
import sqlite3
from pathlib import Path

import pytest

from .command import run, set_up, started


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a server that was asked five things and stopped."""
    data = tmp_path_factory.mktemp("data")
    set_up(data)
    with started(data, "serve") as running:
        running.wait_until_ready()
        with running.client as client:
            for number in range(4):
                assert client.get("/api/v1/properties").status_code == 200, number
            assert client.post("/api/v1/market-refreshes").status_code == 202
        assert running.stop()[0] == 0
    return data


def store(data: Path) -> sqlite3.Connection:
    return sqlite3.connect(data / "sightline.sqlite", isolation_level=None)


def test_what_was_asked_is_on_record_and_vouched_for_when_the_server_has_stopped(
    audited: Path,
) -> None:
    heads = (audited / "audit-heads.jsonl").read_text().splitlines()
    assert json.loads(heads[-1])["sequence"] == 5
    checked = run(audited, "audit", "verify")
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout == f"acme: OK, 5 records, {len(heads)} signed heads\n"
    with store(audited) as records:
        actions = records.execute("SELECT action FROM audit_record ORDER BY sequence").fetchall()
        assert records.execute("SELECT count(*) FROM audit_intent").fetchone() == (0,)
    assert [action for (action,) in actions] == ["listProperties"] * 4 + ["requestMarketRefresh"]


def test_an_export_ends_with_a_head(audited: Path) -> None:
    exported = run(audited, "audit", "export", "--tenant", "acme")
    *lines, last = map(json.loads, exported.stdout.splitlines())
    assert [line["sequence"] for line in lines] == [1, 2, 3, 4, 5]
    assert last["head"]["hash"] == lines[-1]["hash"]
    assert run(audited, "audit", "export", "--tenant", "nobody").stdout == ""


def test_the_command_names_the_first_record_that_is_not_as_it_was(audited: Path) -> None:
    with store(audited) as records:
        records.execute("DROP TRIGGER audit_record_update")
        records.execute("DROP TRIGGER audit_record_delete")
        records.execute("UPDATE audit_record SET action = 'nothing' WHERE sequence = 3")
    changed = run(audited, "audit", "verify", "--tenant", "acme")
    assert changed.returncode == 1
    assert changed.stdout.startswith("acme: record 3: changed")
    with store(audited) as records:
        records.execute("DELETE FROM audit_record WHERE sequence >= 3")
    cut = run(audited, "audit", "verify")
    assert cut.returncode == 1
    assert cut.stdout.startswith("acme: record 3: cut off")
    with store(audited) as records:
        records.execute("DELETE FROM audit_record")
        records.execute("DELETE FROM audit_head")
    gone = run(audited, "audit", "verify")
    assert (gone.returncode, gone.stdout[:16]) == (1, "acme: record 1: ")
