"""Events from a file of any size, one at a time: NDJSON, CSV or Parquet.

NDJSON has an event on each line. CSV and Parquet have the columns user_id and event_type, and
where they are known event_id, timestamp and properties (a JSON object as text); every other
column is a property.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any

from ...application.import_events import NumberedDraft
from ...domain.errors import Flaw, InvalidFields
from ..http.event_bulk import AT_ONCE, read_line, read_lines
from .rows import UnreadableFile

_FIELDS = ("event_id", "user_id", "event_type", "timestamp")
_NEEDED = frozenset({"user_id", "event_type"})
_ROWS = 2_000


def read_events(path: Path) -> Iterator[NumberedDraft]:
    """Every event of a file in its order, numbered from 1, with what is wrong with it.

    Raises:
        UnreadableFile: If the file is not there, or lacks the columns.
    """
    check_there(path)
    read = {".csv": _csv, ".parquet": _parquet}
    yield from read.get(path.suffix.lower(), _ndjson)(path)


def check_there(path: Path) -> None:
    """Refuse a file that is not there.

    Raises:
        UnreadableFile: If it is not.
    """
    if not path.is_file():
        raise UnreadableFile(f"{path} cannot be read: there is no such file")


def _ndjson(path: Path) -> Iterator[NumberedDraft]:
    with path.open("rb") as file:
        whole = ((number, line) for number, line in enumerate(file, 1) if line.strip())
        lines = ((number, line.removeprefix(b"\xef\xbb\xbf")) for number, line in whole)
        while some := list(islice(lines, AT_ONCE)):
            yield from read_lines(some, named=True)


def _csv(path: Path) -> Iterator[NumberedDraft]:
    with path.open("rb") as file:
        rows = csv.DictReader(TextIOWrapper(file, encoding="utf-8-sig", newline=""), strict=True)
        try:
            _check_columns(path, tuple(rows.fieldnames or ()))
            for row in rows:
                if None in row or None in row.values():
                    message = "has another number of cells than the first line"
                    yield NumberedDraft(rows.line_num, None, (Flaw((), "cells", message),))
                else:
                    yield _row(rows.line_num, {name: text or None for name, text in row.items()})
        except (csv.Error, UnicodeDecodeError) as error:
            raise UnreadableFile(f"{path} is not CSV after line {rows.line_num}: {error}") from None


def _parquet(path: Path) -> Iterator[NumberedDraft]:
    import duckdb  # noqa: PLC0415  of use to this format alone

    with duckdb.connect() as engine:
        try:
            found = engine.execute("select * from read_parquet(?)", [str(path)])
        except duckdb.Error as error:
            raise UnreadableFile(f"{path} is not Parquet: {error}") from None
        names = tuple(one[0] for one in found.description)
        _check_columns(path, names)
        number = 0
        while rows := found.fetchmany(_ROWS):
            for row in rows:
                number += 1
                yield _row(number, dict(zip(names, map(_plain, row), strict=True)))


def _check_columns(path: Path, names: tuple[str, ...]) -> None:
    if missing := sorted(_NEEDED - set(names)):
        raise UnreadableFile(f"{path} lacks the columns {', '.join(missing)}")


def _row(number: int, values: Mapping[str, Any]) -> NumberedDraft:
    """A row as the line of JSON that it stands for."""
    said = {name: values[name] for name in _FIELDS if values.get(name) is not None}
    properties = {
        name: value
        for name, value in values.items()
        if name not in {*_FIELDS, "properties"} and value is not None
    }
    try:
        given = _object(values.get("properties"))
        line = json.dumps({**said, "properties": {**given, **properties}}).encode()
    except InvalidFields as error:
        return NumberedDraft(number, None, error.flaws)
    except (TypeError, ValueError):
        message = "holds a value that JSON does not know"
        return NumberedDraft(number, None, (Flaw((), "type", message),))
    return read_line(number, line, named=True)


def _object(value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, dict):
        raise InvalidFields([Flaw(("properties",), "type", "must be a JSON object")])
    return value


def _plain(value: Any) -> Any:
    """A value as JSON has it; instants without an offset are those of UTC, as Parquet has it."""
    if isinstance(value, datetime):
        at = value if value.tzinfo else value.replace(tzinfo=UTC)
        return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return value
