"""F5: a disk that fails or is full for a while, under a writer that lives on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sightline.adapters.sql.migrate import migrate

from . import writer
from .checking import compared, events_in

ROOT = Path(__file__).parents[2]
BATCHES = 150

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace is not installed, which makes the calls fail"
)


@pytest.mark.parametrize(
    "fault",
    [
        "fdatasync:error=EIO:when=20..40",
        "fdatasync:error=ENOSPC:when=20..40",
        "pwrite64:error=ENOSPC:when=200..230",
        "pwrite64:error=EIO:when=200..230",
    ],
)
async def test_what_a_failing_disk_refuses_is_not_acknowledged(tmp_path: Path, fault: str) -> None:
    database = writer.opened(tmp_path)
    await migrate(database)
    await database.aclose()
    ended = _run(tmp_path, fault)
    assert ended.returncode == 0, ended.stderr
    lines = [line.split() for line in ended.stdout.splitlines()]
    words = [word for word, *_ in lines]
    assert len(words) == BATCHES, "every batch has an answer"
    assert "NO" in words
    assert words.index("NO") > 0
    assert words[-10:] == ["ACK"] * 10, "the writer is well again"
    told = {name for word, *ids in lines for name in ids if word == "ACK"}
    sent = {name for _, *ids in lines for name in ids}
    found = compared(told, sent, await events_in(tmp_path / writer.FILE))
    assert found.sound, found


def _run(folder: Path, fault: str) -> "subprocess.CompletedProcess[str]":
    """A writer whose calls fail as told."""
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={fault}"]
    script = ["-m", "tests.durability.writer", str(folder), "script", str(BATCHES), "3"]
    return subprocess.run(
        [*command, sys.executable, *script],
        cwd=ROOT,
        env={**os.environ, "CHECKPOINT": "25"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
