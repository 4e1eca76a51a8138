"""The calls of the README and of the health score, copied and run as a newcomer would."""

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

from .command import PATIENCE, Running, started

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def calls() -> list[tuple[str, str]]:
    """Every curl of the README with the answer that stands below it, if any."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, answer = command.partition("\n")
            if line.startswith("curl "):
                found.append((line, answer.strip()))
    return found


def examples() -> list[str]:
    """Every curl of the page on the health score that changes nothing."""
    page = (ROOT / "docs/health-score.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(curl .*?)```", page, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.replace("\\\n", "").splitlines()]


def answered(command: str, port: int) -> Any:
    """What a call that is copied from a page gets; it must succeed."""
    at = command.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    said = subprocess.run(
        ["bash", "-c", f"{at} --fail-with-body"],
        env={"KEY": "my-demo-key", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    return json.loads(said)


def holds(answer: Any, shown: Any) -> bool:
    """Whether an answer holds everything that is shown of it."""
    if isinstance(shown, dict):
        return all(key in answer and holds(answer[key], value) for key, value in shown.items())
    if isinstance(shown, list):  # the first of them
        return len(shown) <= len(answer) and all(map(holds, answer, shown))
    return bool(answer == shown)


def wait_for_scores(demo: Running) -> None:
    """Ask until the demo's scores are there, as the README says they soon are."""
    give_up = time.monotonic() + PATIENCE
    with demo.client as client:
        client.headers["authorization"] = "Bearer my-demo-key"
        while time.monotonic() < give_up:
            page = client.get("/api/v1/portfolio/health?limit=1&summary=false").json()
            if page["ranking"]["current"]:
                return
            time.sleep(0.2)
    raise AssertionError("there are no scores yet")


def test_every_call_of_the_readme_answers_as_shown(tmp_path: Path) -> None:
    assert len(calls()) >= 5
    with started(tmp_path, "demo", SIGHTLINE_DEMO_KEY="my-demo-key") as demo:
        demo.listen_for("Ctrl-C stops everything")
        wait_for_scores(demo)
        for line, shown in calls():
            answer = answered(line, demo.port)
            if shown:
                assert holds(answer, json.loads(shown))
        assert len(examples()) >= 6
        for line in examples():
            assert answered(line, demo.port)
        opening = json.loads(README.partition("```json\n")[2].partition("```")[0])
        with demo.client as client:
            client.headers["authorization"] = "Bearer my-demo-key"
            told = client.get("/api/properties/1/market-performance").json()["metrics"]
        (rent,) = [metric for metric in told if metric["metric"] == opening["metric"]]
        assert holds(rent, opening)
        demo.stop()
