"""Backups of a deployment."""

from pathlib import Path

from ..adapters.duckdb.backup import copied, log_beside
from ..adapters.duckdb.power_tables import POWER_LAYOUTS
from ..adapters.sql import backup
from .adapters import Deployment
from .deployments import columns_file, heads_file, readings_file


def back_up(settings: Deployment, folder: Path) -> tuple[Path, ...]:
    """Copy what a deployment on SQLite keeps into a new folder; it may run meanwhile.

    Raises:
        InvalidInput: If its record store is not in SQLite.
        Conflict: If the folder is there already.
        Unavailable: If a file cannot be read, written or trusted.
    """
    written = backup.back_up(settings.database_url, heads_file(settings), folder)
    readings = readings_file(settings)
    if not readings.exists():
        return written
    copied(readings, folder / readings.name, POWER_LAYOUTS)
    backup.flushed(folder / readings.name, folder)
    return (*written, folder / readings.name)


async def restore(settings: Deployment, folder: Path) -> tuple[Path, ...]:
    """Put a backup where nothing is yet.

    Raises:
        InvalidInput: If the record store is not in SQLite, or the folder holds no backup.
        Conflict: If there is a deployment already.
        Unavailable: If another process keeps the files, or one cannot be read or written.
    """
    # Columns of later events than the log has would never be mended.
    readings = readings_file(settings)
    others = (columns_file(settings), log_beside(readings))
    files = (heads_file(settings), readings)
    return await backup.restore(folder, settings.database_url, files, others)
