"""What the server loads: the application of a deployment, opened and closed with the process."""

import asyncio
import os
from contextlib import AsyncExitStack
from ipaddress import ip_network
from pathlib import Path

import structlog
from attrs import define, evolve, field

from ...application import request_answer
from ...application.note_key_uses import NoteKeyUses
from ...bootstrap import UseCases, job_runner, production, use_cases
from ...domain.errors import SightlineError, Unavailable
from ..server import let_the_loop_go_first, settle_garbage_collector, share_heaps
from ..settings import JobsIn, Settings, read_settings
from .admission import AdmissionOptions
from .app import EdgeOptions, create_app
from .cursors import Cursors
from .metering import keep_usage
from .protocol import App, Receive, Scope, Send
from .question_jobs import AnswerQuestion

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
        share_heaps()
        let_the_loop_go_first()
        adapters = await self._stack.enter_async_context(production(settings))
        options = EdgeOptions(
            settings.cors_origins,
            settings.body_deadline_seconds,
            AdmissionOptions(
                settings.concurrent_requests,
                settings.concurrent_heavy_requests,
                settings.waiting_requests,
                settings.admission_wait_seconds,
                settings.concurrent_bulk_writes,
            ),
            tuple(map(ip_network, settings.trusted_proxies)),
            settings.public_origin(),
            Path(settings.dashboard_dir),
        )
        cases = use_cases(adapters)
        self._stack.push_async_callback(_audit_closed, cases)
        self._app = create_app(cases, adapters.telemetry, adapters.server_secret, options)
        self._stack.push_async_callback(
            _stopped, asyncio.create_task(keep_usage(cases.meter_usage))
        )
        noting = asyncio.create_task(_every_minute(cases.note_key_uses))
        self._stack.push_async_callback(_written, noting, cases.note_key_uses)
        if settings.keeps_columns:
            loader = asyncio.create_task(cases.load_events())
            self._stack.push_async_callback(_stopped, loader)
        answering = {
            request_answer.KIND: AnswerQuestion(cases.ask_question, Cursors(adapters.server_secret))
        }
        runner = job_runner(adapters, answering)
        if settings.jobs is JobsIn.NONE:
            # Of a file of columns no worker can answer.
            runner = evolve(runner, handlers=answering if settings.own_columns else {}, chores=())
        if runner.handlers:
            running = asyncio.create_task(runner())
            self._stack.push_async_callback(_stopped, running)
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


async def _audit_closed(cases: UseCases) -> None:
    """Nothing that was done goes unrecorded, and the end of every log is vouched for."""
    try:
        await cases.record_audit.flush()
        await cases.sign_audit_heads()
    except SightlineError:  # the adapters must be closed all the same
        _log.exception("audit_not_closed")
