"""The two readers of the API, drawn by a real browser that reaches nothing but this server."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .command import Running, started

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--virtual-time-budget=10000", "--enable-logging=stderr", "--dump-dom",
    # Whatever is not this server does not exist.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("pages"), "serve") as server:
        server.wait_until_ready()
        yield server
        server.stop()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to draw pages with")
@pytest.mark.parametrize("page", ["docs", "redoc"])
def test_a_reader_is_drawn_without_the_internet(
    running: Running, page: str, tmp_path: Path
) -> None:
    drawn = subprocess.run(
        [
            str(CHROMIUM),
            *FLAGS,
            f"--user-data-dir={tmp_path}",
            f"http://127.0.0.1:{running.port}/{page}",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "Power of an organization" in drawn.stdout
    assert "market-performance" in drawn.stdout
    assert "Uncaught" not in drawn.stderr
