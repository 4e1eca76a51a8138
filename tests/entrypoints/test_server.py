"""What a serving process does for its event loop when it starts."""

import asyncio
import gc
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sightline.adapters.threads import STEPS_BACK
from sightline.entrypoints.http.asgi import create
from sightline.entrypoints.server import TURN_SECONDS


@pytest.fixture
def as_it_was() -> Iterator[None]:
    """What a start changes for the whole process is set back."""
    turn, thresholds = sys.getswitchinterval(), gc.get_threshold()
    yield
    sys.setswitchinterval(turn)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.mark.usefixtures("as_it_was")
async def test_once_started_threads_that_compute_let_the_event_loop_go_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_DATA_DIR", str(tmp_path))
    asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: asyncio.Queue[Any] = asyncio.Queue()
    serving = asyncio.ensure_future(create()({"type": "lifespan"}, asked.get, said.put))
    asked.put_nowait({"type": "lifespan.startup"})
    assert (await said.get())["type"] == "lifespan.startup.complete"
    assert sys.getswitchinterval() == pytest.approx(TURN_SECONDS)
    behind = STEPS_BACK if sys.platform == "linux" else 0
    assert await asyncio.to_thread(os.nice, 0) == min(os.nice(0) + behind, 19)
    asked.put_nowait({"type": "lifespan.shutdown"})
    await serving
    assert (await said.get())["type"] == "lifespan.shutdown.complete"


#: Threads that all hold memory at once; then glibc says how many heaps there are.
_HEAPS = """
import ctypes, sys, threading
from sightline.entrypoints.server import share_heaps
if "shared" in sys.argv:
    share_heaps()
met = threading.Barrier(8)
def hold():
    held = [bytes(2_000) for _ in range(1_000)]
    met.wait()
threads = [threading.Thread(target=hold) for _ in range(8)]
for one in threads: one.start()
for one in threads: one.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
out = libc.fdopen(1, b"w")
libc.malloc_info(0, ctypes.c_void_p(out))
libc.fflush(ctypes.c_void_p(out))
"""


def _heaps(*how: str, **environment: str) -> int:
    told = subprocess.run(
        [sys.executable, "-c", _HEAPS, *how],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="there is no glibc here")
def test_threads_share_two_heaps_unless_an_operator_says_otherwise() -> None:
    assert _heaps("shared") <= 2
    assert _heaps() > 2
    assert _heaps("shared", MALLOC_ARENA_MAX="6") > 2
