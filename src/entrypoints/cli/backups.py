"""`sightline backup` and `sightline restore`."""

import os
from pathlib import Path

from ... import bootstrap
from ..settings import Settings, read_settings


def backup(folder: Path, /) -> None:
    """Copy record store, event log and signed heads into a new folder, while the server runs.

    The server's secret is not among them: who has both can pass for anybody. Keep it elsewhere.

    Args:
        folder: Where to; made here.
    """
    settings = read_settings(os.environ)
    for path in bootstrap.back_up(settings, folder):
        print(f"{path}: {path.stat().st_size:,} bytes")
    print(f"The server secret is not in it. Keep {_secret(settings)} elsewhere:")
    print("without it every API key, cursor and audit head in this backup is worthless.")


async def restore(folder: Path, /) -> None:
    """Put a backup where no data is; the server is stopped.

    Args:
        folder: The backup.
    """
    settings = read_settings(os.environ)
    for path in await bootstrap.restore(settings, folder):
        print(f"{path} is restored.")
    kept = settings.secret_file()
    if kept is not None and not kept.exists():
        print(f"Before you start: put the server secret of that time back, as {kept}")
        print("or SIGHTLINE_SECRET. A new one would be made, and no API key would open anything.")


def _secret(settings: Settings) -> str:
    kept = settings.secret_file()
    return "the value of SIGHTLINE_SECRET" if kept is None else f"a copy of {kept}"
