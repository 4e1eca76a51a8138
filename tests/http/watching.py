"""The application with everything listened to that it writes down: lines, figures, failures."""

import io
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import structlog
from attrs import evolve, frozen
from structlog.typing import Processor

from sightline import bootstrap
from sightline.adapters.telemetry.logs import request_lines
from sightline.adapters.telemetry.prometheus import PrometheusTelemetry
from sightline.entrypoints.http.app import EdgeOptions

from .served import Served

#: What the client of the tests writes about its own calls.
_CLIENTS = ("httpx", "httpcore")


@frozen
class Watched:
    """A served application and what it told so far.

    Args:
        served: The application.
        lines: Everything written since the last call of this.
    """

    served: Served
    lines: Callable[[], str]

    def figures(self) -> str:
        """The text of `/metrics`, without asking for it."""
        return self.served.adapters.telemetry.exposition()[0].decode()


@asynccontextmanager
async def watching(
    capture: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    adapters: bootstrap.Adapters | None = None,
) -> AsyncIterator[Watched]:
    """The application on these or fresh adapters, its log caught before anything is redacted."""
    told = io.StringIO()
    shown: list[Processor] = [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(default=repr),
    ]
    before = structlog.get_config()
    structlog.configure(shown, logger_factory=structlog.WriteLoggerFactory(told))
    caplog.set_level(logging.DEBUG)

    def lines() -> str:
        records = [one for one in caplog.records if not one.name.startswith(_CLIENTS)]
        found = "\n".join(
            (capture.readouterr().err, told.getvalue(), *(one.getMessage() for one in records))
        )
        told.truncate(0)
        told.seek(0)
        caplog.clear()
        return found

    telemetry = PrometheusTelemetry(request_lines("debug", "json"))
    watched = evolve(adapters or bootstrap.in_memory(), telemetry=telemetry)
    served = Served(watched, EdgeOptions())
    await served.prepare()
    try:
        yield Watched(served, lines)
    finally:
        structlog.configure(**before)
        for client in (served.stranger, served.acme, served.rival):
            await client.aclose()
