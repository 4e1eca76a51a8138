"""Rows of a file, whichever way it is written, each with the line it stands on."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, NoReturn, TypeVar

import attrs
from attrs import frozen

from ...domain.errors import InvalidFields
from ..structuring import from_json, from_text

T = TypeVar("T")

_SEPARATORS = ",;\t"


class UnreadableFile(Exception):
    """A file that cannot be read at all, or holds something else than rows."""


@frozen
class Row:
    """One row as it stands in the file.

    Args:
        line: Where it begins, from 1.
        content: What JSON held, or the filled cells of a line of CSV by column.
    """

    line: int
    content: object


@frozen
class BadRow:
    """One thing wrong with one row.

    Args:
        line: Where the row begins, from 1.
        reason: What is wrong, with the field if it is one.
    """

    line: int
    reason: str


class BadRows(Exception):
    """Rows that keep a file from being imported."""

    def __init__(self, rows: Iterable[BadRow]) -> None:
        super().__init__()
        self.rows = sorted(set(rows), key=lambda row: (row.line, row.reason))


@frozen
class Parsed(Generic[T]):
    """A row that became a value."""

    line: int
    value: T


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        UnreadableFile: If it is not there, empty, or no text in UTF-8.
    """
    with _spoken(path):
        text = path.read_text(encoding="utf-8-sig")
    _check_text(path, text)
    return text


def read_head(path: Path) -> str:
    """The beginning of a file that may be too large to read at once.

    Raises:
        UnreadableFile: If it is not there, empty, or begins with no text in UTF-8.
    """
    with _spoken(path), path.open(encoding="utf-8-sig") as file:
        text = file.read(4096)
    _check_text(path, text)
    return text


@contextmanager
def _spoken(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise UnreadableFile(f"there is no file {path}") from None
    except IsADirectoryError:
        raise UnreadableFile(f"{path} is a folder, not a file") from None
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UnreadableFile(f"{path} is not a text file in UTF-8") from None


def _check_text(path: Path, text: str) -> None:
    if "\x00" in text:
        raise UnreadableFile(f"{path} is not a text file in UTF-8")
    if not text.strip():
        raise UnreadableFile(f"{path} is empty")


def parsed(path: Path, text: str, kind: type[T]) -> Iterator[Parsed[T] | BadRow]:
    """Every row as a value of an attrs class, or what is wrong with it.

    The suffix says how the file is written (``.json``, ``.ndjson``, ``.jsonl``,
    ``.csv``, ``.tsv``); without one of these its first character does.

    Raises:
        UnreadableFile: If it is CSV and its header does not fit the class.
    """
    suffix, first = path.suffix.lower(), text.lstrip()[0]
    if suffix in {".ndjson", ".jsonl"} or (first == "{" and suffix != ".csv"):
        yield from _structured(_json_lines(text), kind, from_json)
    elif suffix == ".json" or (first == "[" and suffix not in {".csv", ".tsv"}):
        yield from _structured(_json_array(text), kind, from_json)
    else:
        yield from _structured(_csv_lines(path, text, kind), kind, from_text)


def _structured(
    rows: Iterable[Row | BadRow], kind: type[T], structure: Callable[..., T]
) -> Iterator[Parsed[T] | BadRow]:
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        try:
            yield Parsed(row.line, structure(row.content, kind))
        except InvalidFields as error:
            for flaw in error.flaws:
                where = ".".join(map(str, flaw.path))
                yield BadRow(row.line, f"{where}: {flaw.message}" if where else flaw.message)


def _csv_lines(path: Path, text: str, kind: type[T]) -> Iterator[Row | BadRow]:
    header = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max(_SEPARATORS, key=header.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    columns: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            if columns is None:
                columns = [name.strip() for name in cells]
                if any(columns):
                    _check_header(path, columns, kind)
                else:
                    columns = None
            elif any(cells):
                yield _csv_row(line, columns, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        yield BadRow(line, f"is not CSV: {error}")


def _csv_row(line: int, columns: Sequence[str], cells: Sequence[str]) -> Row | BadRow:
    if len(cells) != len(columns):
        return BadRow(line, f"has {len(cells)} cells, but there are {len(columns)} columns")
    stripped = (cell.strip() for cell in cells)
    return Row(line, {name: cell for name, cell in zip(columns, stripped, strict=True) if cell})


def _check_header(path: Path, columns: Sequence[str], kind: type[T]) -> None:
    fields = attrs.fields(kind)  # type: ignore[arg-type,misc,unused-ignore]
    known = [field.name for field in fields]
    needed = [field.name for field in fields if field.default is attrs.NOTHING]
    wrong = {
        "unknown columns": [name or "(no name)" for name in columns if name not in known],
        "missing columns": [name for name in needed if name not in columns],
        "repeated columns": sorted({name for name in columns if columns.count(name) > 1}),
    }
    said = [f"{what} {', '.join(names)[:300]}" for what, names in wrong.items() if names]
    if said:
        raise UnreadableFile(
            f"the header of {path} does not fit: {'; '.join(said)}. "
            f"Columns may be {', '.join(known)}"
        )


class _NotPlain(ValueError):
    """JSON that readers disagree about."""


def _once(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, _ in pairs if [one for one, _ in pairs].count(name) > 1)
        raise _NotPlain(f"the name {twice[:64]!r} stands there twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise _NotPlain(f"{constant} is no number in JSON")


_STRICT = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse)
_LENIENT = json.JSONDecoder()
_BLANK = " \t\r\n"


def _json_lines(text: str) -> Iterator[Row | BadRow]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            content, end = _STRICT.raw_decode(line.strip(_BLANK))
        except (ValueError, RecursionError) as error:
            yield BadRow(number, _said(error))
            continue
        if end < len(line.strip(_BLANK)):
            yield BadRow(number, "holds more than one JSON value; every row needs a line")
        else:
            yield Row(number, content)


def _json_array(text: str) -> Iterator[Row | BadRow]:
    at = _next(text, 0)
    if text[at] != "[":
        raise UnreadableFile("the file is not a JSON array of objects")
    line, counted = 1, 0
    at = _next(text, at + 1)
    while text[at : at + 1] != "]":
        line += text.count("\n", counted, at)
        counted = at
        try:
            row, at = _element(text, at, line)
        except (ValueError, RecursionError) as error:
            where = error.lineno if isinstance(error, json.JSONDecodeError) else line
            yield BadRow(where, _said(error))
            return  # nobody knows where the next row begins
        yield row
        at = _next(text, at)
        match text[at : at + 1]:
            case ",":
                at = _next(text, at + 1)
                if text[at : at + 1] == "]":
                    yield BadRow(line, "is not JSON: a comma stands before the end of the array")
                    return
            case "]":
                break
            case _:
                here = line + text.count("\n", counted, at)
                yield BadRow(here, "is not JSON: a comma or the end of the array is missing")
                return
    if text[at + 1 :].strip():
        yield BadRow(1 + text.count("\n", 0, at), "something stands behind the end of the array")


def _element(text: str, at: int, line: int) -> tuple[Row | BadRow, int]:
    try:
        content, end = _STRICT.raw_decode(text, at)
    except _NotPlain as error:
        _, end = _LENIENT.raw_decode(text, at)
        return BadRow(line, str(error)), end
    return Row(line, content), end


def _next(text: str, at: int) -> int:
    while text[at : at + 1] and text[at] in _BLANK:
        at += 1
    return at


def _said(error: Exception) -> str:
    if isinstance(error, _NotPlain):
        return str(error)
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    return f"is not JSON: {getattr(error, 'msg', 'a number is too long')}"
