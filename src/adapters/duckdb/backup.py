"""A copy of a file that another process writes to."""

import shutil
from pathlib import Path

import duckdb

from ...domain.errors import Unavailable
from .database import opened

_HEADERS = 3 * 4096
"""Bytes at the start of a file, which a checkpoint changes last."""

_ATTEMPTS = 10


def copied(source: Path, target: Path, layouts: tuple[str, ...]) -> None:
    """Copy a file as of one moment, with all that was committed before; it may be in use.

    Blocks of the last checkpoint stay as they are until the next one, and what was committed
    since stands in the log beside the file. So log and file, read in this order, are what a
    crash could have left behind, if no checkpoint came between; else they are read again. The
    copy is opened, which brings the log into it and fails where a checksum is wrong.

    Raises:
        Unavailable: If the file cannot be read, trusted or caught between two checkpoints.
    """
    try:
        if not any(_between_checkpoints(source, target) for _ in range(_ATTEMPTS)):
            raise Unavailable(f"{source} changes too fast to be copied; try again")
    except OSError as error:
        raise Unavailable(f"{source} cannot be copied: {error}") from error
    connection = opened(target, memory_limit="1GB", threads=1, layouts=layouts)
    try:
        connection.execute("select count(distinct (circuit, at_ms)), sum(watts) from reading")
        connection.execute("checkpoint")
    except duckdb.Error as error:
        raise Unavailable(f"{source} is damaged: {error}") from error
    finally:
        connection.close()


def log_beside(file: Path) -> Path:
    """The log of what was committed since the last checkpoint."""
    return Path(f"{file}.wal")


def _between_checkpoints(source: Path, target: Path) -> bool:
    """Copy log and file; whether no checkpoint was under way."""
    before = _headers(source)
    log_beside(target).unlink(missing_ok=True)
    if log_beside(source).exists():
        try:
            shutil.copyfile(log_beside(source), log_beside(target))
        except FileNotFoundError:
            return False
    shutil.copyfile(source, target)
    busy = any(Path(f"{source}.wal.{one}").exists() for one in ("checkpoint", "recovery"))
    return not busy and _headers(source) == before


def _headers(file: Path) -> bytes:
    with file.open("rb") as opened_file:
        return opened_file.read(_HEADERS)
