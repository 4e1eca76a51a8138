"""What a serving process does for its event loop when it starts."""

import asyncio
import gc
import os
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
