"""The calls of the README, copied and run as a newcomer would."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from .command import started

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


def holds(answer: Any, shown: Any) -> bool:
    """Whether an answer holds everything that is shown of it."""
    if isinstance(shown, dict):
        return all(key in answer and holds(answer[key], value) for key, value in shown.items())
    return bool(answer == shown)


def test_every_call_of_the_readme_answers_as_shown(tmp_path: Path) -> None:
    assert len(calls()) >= 2
    with started(tmp_path, "demo", SIGHTLINE_DEMO_KEY="my-demo-key") as demo:
        demo.listen_for("Ctrl-C stops everything")
        for line, shown in calls():
            command = line.replace("127.0.0.1:8000", f"127.0.0.1:{demo.port}")
            said = subprocess.run(
                ["bash", "-c", f"{command} --fail-with-body"],
                env={"KEY": "my-demo-key", "PATH": "/usr/bin:/bin"},
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            ).stdout
            answer = json.loads(said)
            if shown:
                assert holds(answer, json.loads(shown))
        opening = json.loads(README.partition("```json\n")[2].partition("```")[0])
        with demo.client as client:
            client.headers["authorization"] = "Bearer my-demo-key"
            told = client.get("/api/properties/1/market-performance").json()["metrics"]
        (rent,) = [metric for metric in told if metric["metric"] == opening["metric"]]
        assert holds(rent, opening)
        demo.stop()
