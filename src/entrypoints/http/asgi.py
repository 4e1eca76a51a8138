"""What the server loads: the application of a deployment, opened and closed with the process."""

import asyncio
import os
from contextlib import AsyncExitStack

import structlog
from attrs import define, field

from ...application.note_key_uses import NoteKeyUses
from ...bootstrap import job_runner, production, use_cases
from ...domain.errors import Unavailable
from ..server import settle_garbage_collector
from ..settings import JobsIn, Settings, read_settings
from .app import EdgeOptions, create_app
from .protocol import App, Receive, Scope, Send

_log = structlog.get_logger()


def create() -> App:
    """The application as the environment describes it.

    Raises:
        InvalidSettings: If a variable is wrong.
    """
    return _Deployed(read_settings(os.environ))


@define
class _Deployed:
    """Opens the adapters when the server starts and closes them when it stops."""

    settings: Settings
    _app: App | None = None
    _stack: AsyncExitStack = field(factory=AsyncExitStack)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._app is not None:
            await self._app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self._open()
        except Exception as error:  # the server must be told, whatever it was
            _log.exception("start_failed")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._stack.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _open(self) -> None:
        settings = self.settings
        adapters = await self._stack.enter_async_context(production(settings))
        options = EdgeOptions(settings.cors_origins, settings.body_deadline_seconds)
        cases = use_cases(adapters)
        self._app = create_app(cases, adapters.telemetry, adapters.server_secret, options)
        noting = asyncio.create_task(_every_minute(cases.note_key_uses))
        self._stack.push_async_callback(_written, noting, cases.note_key_uses)
        if settings.jobs is JobsIn.IN_PROCESS:
            runner = asyncio.create_task(job_runner(adapters)())
            self._stack.push_async_callback(_stopped, runner)
        settle_garbage_collector()


async def _every_minute(note_key_uses: NoteKeyUses) -> None:
    while True:
        await asyncio.sleep(60)
        await _written(None, note_key_uses)


async def _written(noting: asyncio.Task[None] | None, note_key_uses: NoteKeyUses) -> None:
    """Write down which keys were used; at the end instead of whoever did it until then."""
    if noting is not None:
        await _stopped(noting)
    try:
        await note_key_uses()
    except Unavailable:  # the requests were answered; only a time of last use is lost
        _log.warning("key_uses_not_written")


async def _stopped(runner: asyncio.Task[None]) -> None:
    """Before the adapters are closed: what is under way is given back."""
    runner.cancel()
    await asyncio.wait({runner})
