"""The web packages as shipped: pinned, from no named host, and missed aloud without Node."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
PACKAGES = [WEB / "package.json", *sorted(WEB.glob("packages/*/package.json"))]


def _locked() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((WEB / "package-lock.json").read_text())
    return found["packages"]


def test_the_lock_file_names_no_host_and_a_hash_for_each_package() -> None:
    installed = {name: one for name, one in _locked().items() if "node_modules/" in name}
    fetched = {name: one for name, one in installed.items() if not one.get("link")}
    assert len(fetched) > 100
    assert [name for name, one in fetched.items() if "integrity" not in one] == []
    assert [name for name, one in fetched.items() if "resolved" in one] == []


def test_the_sdk_needs_nothing_at_run_time_and_react_only_the_sdk() -> None:
    needs = {
        one["name"]: sorted(one.get("dependencies", {}))
        for one in map(json.loads, (path.read_text() for path in PACKAGES))
        if one["name"].startswith("@sightline/")
    }
    assert needs == {"@sightline/sdk": [], "@sightline/react": ["@sightline/sdk"]}


@pytest.mark.parametrize("guide", ["sdk.md", "react.md"])
def test_guides_have_code_that_the_web_checks_compile(guide: str) -> None:
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    assert len(re.findall(r"^```tsx?$", text, re.MULTILINE)) >= 3
    assert f"'{guide}'" in (WEB / "scripts/check-guides.mjs").read_text()


def test_where_there_is_no_node_make_says_that_nothing_was_checked(tmp_path: Path) -> None:
    for tool in ("make", "sh", "bash"):
        found = subprocess.run(["which", tool], capture_output=True, text=True, check=True)
        (tmp_path / tool).symlink_to(found.stdout.strip())
    ran = subprocess.run(
        ["make", "-s", "web-test"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, "NOT checked" in ran.stdout) == (0, True)
