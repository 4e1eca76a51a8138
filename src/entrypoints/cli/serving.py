"""`sightline serve` and `sightline migrate`."""

import asyncio
import os

from ...bootstrap import production, start_logging
from ..settings import Settings, read_settings


def serve() -> None:
    """Serve the API as the SIGHTLINE_… variables describe it."""
    from .. import server  # noqa: PLC0415  granian is not needed by the other commands

    settings = read_settings(os.environ)
    start_logging(settings.log_level, settings.log_format)
    server.serve(settings)


def migrate() -> None:
    """Bring the record store's tables up to date and leave."""
    asyncio.run(_migrate(read_settings(os.environ)))
    print("The record store is up to date.")


async def _migrate(settings: Settings) -> None:
    async with production(settings):
        pass
