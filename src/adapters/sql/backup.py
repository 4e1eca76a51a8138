"""Copies of a SQLite deployment's files, made while it runs, and the way back."""

import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from ...domain.errors import Conflict, InvalidInput, Unavailable
from .event_log import events_file
from .sole_writer import sole_writer


def back_up(database_url: str, heads: Path, folder: Path) -> tuple[Path, ...]:
    """Copy everything into a new folder, each database as of one moment.

    The order is that in which things depend on each other: signed heads of the audit logs
    are never newer than the records, and no event is without the record of who sent it.

    Args:
        database_url: The record store.
        heads: The file of signed heads.
        folder: Where to; made here.

    Returns:
        What was written.

    Raises:
        InvalidInput: If the record store is not in SQLite.
        Conflict: If the folder is there already.
        Unavailable: If a file cannot be read, written or trusted.
    """
    records = _records(database_url)
    try:
        folder.mkdir(parents=True)
        written = [folder / heads.name] if heads.exists() else []
        for path in written:
            shutil.copyfile(heads, path)
        for source in (events_file(database_url), records):
            if source.exists():
                _copy(source, folder / source.name)
                written.append(folder / source.name)
        flushed(*written, folder)
    except FileExistsError as error:
        raise Conflict(f"{folder} is there already; a backup has a folder of its own") from error
    except (OSError, sqlite3.Error) as error:
        raise Unavailable(f"the backup failed, do not rely on {folder}: {error}") from error
    return tuple(written)


async def restore(
    folder: Path, database_url: str, files: Sequence[Path], others: Sequence[Path]
) -> tuple[Path, ...]:
    """Put a backup where nothing is.

    Args:
        folder: The backup.
        database_url: Where the record store is to be; the event log goes beside it.
        files: Where further files of the backup are to be, such as the signed heads.
        others: Files that may not be there, because they would not fit the backup.

    Returns:
        What was written.

    Raises:
        InvalidInput: If the record store is not to be in SQLite, or the folder holds no backup.
        Conflict: If there is a deployment already.
        Unavailable: If another process keeps the files, or one cannot be read or written.
    """
    records = _records(database_url)
    targets = (*files, events_file(database_url), records)
    if not (folder / records.name).exists():
        raise InvalidInput(f"{folder} holds no {records.name}")
    async with sole_writer(database_url):
        for path in (*others, *targets, *(Path(f"{one}-wal") for one in targets)):
            if path.exists():
                raise Conflict(f"{path} is there; move the old data folder away first")
        try:
            return tuple(_put(folder / one.name, one) for one in targets if _in(folder, one))
        except OSError as error:
            raise Unavailable(f"the backup could not be restored: {error}") from error


def flushed(*paths: Path) -> None:
    """Wait until files and folders are on the disk."""
    for path in paths:
        _flush(path)


def _records(database_url: str) -> Path:
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise InvalidInput("the record store is not in SQLite; use pg_dump and pg_restore")
    return Path(url.database)


def _copy(source: Path, target: Path) -> None:
    # Read-only, so that it is no second writer (ADR 9); VACUUM INTO reads in one transaction.
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
    with closing(sqlite3.connect(target)) as connection:
        (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        message = f"{source} is damaged: {verdict}"
        raise sqlite3.DatabaseError(message)


def _in(folder: Path, target: Path) -> bool:
    return (folder / target.name).exists()


def _put(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f"{target.name}.restoring")
    shutil.copyfile(source, beside)
    _flush(beside)
    beside.replace(target)
    _flush(target.parent)
    return target


def _flush(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
