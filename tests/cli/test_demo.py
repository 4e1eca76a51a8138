"""`sightline demo` from an empty folder to its second start."""

import os
import shlex
import signal
import subprocess
from pathlib import Path

import httpx

from sightline.entrypoints.cli.demonstration import welcome

from .command import KEY, Running, run, started


def lines_to_copy(running: Running) -> list[str]:
    return [line.strip() for line in running.said if line.strip().startswith("curl ")]


def answer(line: str) -> str:
    command = [*shlex.split(line), "--max-time", "30", "--fail-with-body"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_first_start_fills_answers_and_stops_and_the_second_keeps_everything(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    with started(data, "demo") as first:
        first.listen_for("Ctrl-C stops everything")
        with first.client as client:
            newest = client.get("/api/v1/events?limit=1").json()["items"][0]["position"]
            days = {"start": "2020-01-01", "end": "2020-01-02"}
            body = {"range": days, "interval": "day", "event": {"event_type": "visit"}}
            asked = client.post("/api/v2/analytics/stickiness/analyze", json=body).json()
            assert asked["as_of"] == newest > 90_000  # the first question sees all that happened
        assert "sample data" in "".join(first.said)
        base = f"http://127.0.0.1:{first.port}"
        assert any(base in line for line in first.said)

        to_copy = lines_to_copy(first)
        against_market, worst, why, circuit, organization, by_day, last, *others = to_copy
        how_far, fail, mend = others
        assert '"degraded":false' in answer(against_market)
        assert '"ranking":{' in answer(worst)
        assert '"explanation":{' in answer(why)
        assert '"energy_kwh"' in answer(circuit)
        assert '"East-Boston"' in answer(organization)
        assert '"active_users"' in answer(by_day)
        assert '"subscribe"' in answer(last)
        assert '"conversion_from_first"' in answer(how_far)
        assert '"errors"' in answer(fail)
        assert '"outperforming"' in answer(against_market)
        with first.client as client:
            rarely_asked = client.get("/api/v1/properties/900/market-performance").json()
            assert rarely_asked["freshness"]["source"] in {"cache", "stale", "snapshot"}
            assert rarely_asked["market"]["sample_size"] > 0
        assert '"none"' in answer(mend)

        with first.client as client:
            changed = client.delete(
                "/api/v1/properties/7",
                headers={"if-match": client.get("/api/v1/properties/7").headers["etag"]},
            )
            assert changed.status_code == 204
        code, seconds = first.stop(signal.SIGINT)
        assert (code, seconds < 40) == (0, True)
        first.listen_for("Stopped.")

    assert nobody_left_of(first)
    with started(data, "demo", SIGHTLINE_DEMO_KEY="") as second:
        second.listen_for("Ctrl-C stops everything")
        assert "Filling" not in "".join(second.said)
        (key,) = [line.split()[1] for line in second.said if line.startswith("  Key ")]
        assert (data / "demo-key").read_text(encoding="ascii").strip() == key
        with second.client as client:
            assert client.get("/api/v1/properties/7").status_code == 401  # the key has changed
            client.headers["authorization"] = f"Bearer {key}"
            assert client.get("/api/v1/properties/7").status_code == 404
            assert client.get("/api/v1/properties/8").status_code == 200
        stalled = second.connect(b"GET /health/live HTTP/1.1\r\nHost: x\r\n")
        code, seconds = second.stop(signal.SIGTERM)
        stalled.close()
        assert (code, seconds < 45) == (0, True)
    assert nobody_left_of(second)
    modes = {path.name: path.stat().st_mode & 0o777 for path in data.iterdir()}
    assert (modes["demo-key"], modes["secret"]) == (0o600, 0o600)


def nobody_left_of(running: Running) -> bool:
    """Whether every process of the command's session has ended."""
    try:
        os.killpg(running.process.pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_port_in_use_is_said_in_a_sentence(tmp_path: Path) -> None:
    with started(tmp_path, "market-api", "--port", "0") as other:
        other.listen_for("http://127.0.0.1:")
        taken = other.said[-1].strip().rsplit(":", 1)[1]
        for command in ("demo", "serve"):
            refused = run(tmp_path / "none", command, SIGHTLINE_PORT=taken)
            assert refused.returncode == 1
            assert refused.stderr == (
                f"sightline: cannot listen on 127.0.0.1 port {taken}: "
                "another program listens there\n"
            )
        assert other.stop()[0] == 0
    assert not (tmp_path / "none").exists()


def test_a_market_api_of_ones_own_is_not_offered_faults() -> None:
    text = welcome("http://h:1", "it's", "https://markets.example", with_faults=False)
    assert "/faults" not in text
    assert "stand-in" not in text
    assert (
        shlex.split(text[text.index("curl") :].splitlines()[0])[3] == "Authorization: Bearer it's"
    )


def test_a_key_made_by_the_command_opens_its_tenant_and_is_kept_nowhere(tmp_path: Path) -> None:
    assert run(tmp_path, "tenants", "create", "acme", "--name", "Acme").returncode == 0
    made = run(tmp_path, "keys", "create", "--tenant", "acme", "--name", "laptop")
    assert made.returncode == 0
    key = made.stdout.strip()
    with started(tmp_path, "serve") as running:
        running.wait_until_ready()
        base = f"http://127.0.0.1:{running.port}/api/v1/properties"
        assert httpx.get(base, headers={"x-api-key": key}).json()["items"] == []
        assert httpx.get(base, headers={"x-api-key": KEY}).status_code == 401
        # One process at a time writes a SQLite file.
        refused = run(tmp_path, "tenants", "create", "rival")
        assert refused.returncode == 1
        assert "is in use by process" in refused.stderr
        running.stop()
    for path in tmp_path.iterdir():
        assert key.encode()[21:] not in path.read_bytes()
