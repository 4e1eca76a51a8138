"""Power readings from a file of any size, one at a time.

JSON is an array of objects, NDJSON has one on each line, CSV has the same names
as its columns::

    {"duid": "6D12E310B371FCB1", "circuit_number": 1,
     "timestamp": "2024-04-01T00:00:00Z", "power_watts": 353588}

Only a piece of the file is held at any time, so a file may be read twice: once
to find everything that is wrong, once to import it. The import goes in batches;
each is kept whole, and repeating an import that broke off completes it.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path

from attrs import frozen

from ...domain.energy import AddressedReading, PowerReading
from ...domain.errors import InvalidFields, InvalidInput
from ..structuring import from_json, from_text
from .rows import BadRow, UnreadableFile

LONGEST_ITEM = 16_384
_PIECE = 65_536
_COLUMNS = ("duid", "circuit_number", "timestamp", "power_watts")


@frozen
class ReadingRow:
    """A reading and the line of the file that it begins on, from 1."""

    line: int
    reading: AddressedReading


@frozen
class _Columns:
    duid: str
    circuit_number: int
    timestamp: datetime
    power_watts: int


def read_readings(path: Path) -> Iterator[ReadingRow | BadRow]:
    """Every reading of a file in its order, and in place of each that is wrong, why.

    After something that is no JSON or no CSV nobody knows where the next row
    begins: that is then the last one.

    Raises:
        UnreadableFile: If the file cannot be opened, or is CSV without the columns.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}") from None
    with file:
        text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
        read = {".csv": _read_csv, ".ndjson": _read_lines, ".jsonl": _read_lines}
        yield from read.get(path.suffix.lower(), _read_json)(text)


def _read_json(text: TextIOWrapper) -> Iterator[ReadingRow | BadRow]:
    items = _Items(text)
    try:
        for line, item in items:
            yield _row(line, item, from_json)
    except (ValueError, RecursionError) as error:
        yield BadRow(items.line, _said(error))


def _read_lines(text: TextIOWrapper) -> Iterator[ReadingRow | BadRow]:
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    line = 0
    try:
        while content := text.readline(LONGEST_ITEM):
            line += 1
            if not content.strip():
                continue
            try:
                yield _row(line, decoder.decode(content), from_json)
            except (ValueError, RecursionError) as error:
                yield BadRow(line, _said(error))
    except UnicodeDecodeError as error:
        yield BadRow(line + 1, _said(error))


def _read_csv(text: TextIOWrapper) -> Iterator[ReadingRow | BadRow]:
    reader = csv.reader(text, strict=True)
    line = 1
    try:
        columns = next(reader, [])
        if sorted(columns) != sorted(_COLUMNS):
            raise UnreadableFile(f"the columns must be {', '.join(_COLUMNS)}")
        for cells in reader:
            line = reader.line_num
            if not cells:
                continue
            if len(cells) != len(columns):
                yield BadRow(line, f"has {len(cells)} cells, not {len(columns)}")
                continue
            yield _row(line, dict(zip(columns, cells, strict=True)), from_text)
    except (csv.Error, UnicodeDecodeError) as error:
        yield BadRow(max(line, reader.line_num), _said(error))


def _row(line: int, item: object, structure: Callable[..., _Columns]) -> ReadingRow | BadRow:
    if isinstance(item, ValueError):
        return BadRow(line, str(item))
    try:
        columns = structure(item, _Columns)
        reading = PowerReading(columns.timestamp, columns.power_watts)
    except InvalidFields as error:
        return BadRow(line, "; ".join(_told(flaw.path, flaw.message) for flaw in error.flaws[:8]))
    except InvalidInput as error:
        names = {"at": "timestamp", "watts": "power_watts"}
        (flaw,) = error.flaws
        name = names[str(flaw.path[0])]
        return BadRow(line, f"{name}: {flaw.message.split(' ', 1)[1]}")
    return ReadingRow(line, AddressedReading(columns.duid, columns.circuit_number, reading))


def _told(path: tuple[str | int, ...], message: str) -> str:
    return f"{'.'.join(map(str, path))}: {message}" if path else message


class _Repeated(ValueError):
    """An object with the same name twice: readers disagree which counts."""


def _object(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Repeated("a name stands twice in the object")
    return made


class _Items:
    """The items of a JSON array with the lines they begin on, from a text read in pieces."""

    def __init__(self, text: TextIOWrapper) -> None:
        self.line = 1
        self._text = text
        self._held = ""
        self._at = 0
        self._ended = False
        self._decoder = json.JSONDecoder(object_pairs_hook=_object)

    def __iter__(self) -> Iterator[tuple[int, object]]:
        if self._next() != "[":
            raise ValueError("is no JSON array")
        self._move(self._at + 1)
        if self._next() == "]":
            self._move(self._at + 1)
        else:
            yield from self._all()
        if self._next():
            raise ValueError("something follows the array")

    def _all(self) -> Iterator[tuple[int, object]]:
        while True:
            if not self._next():
                raise ValueError("the array is not closed")
            line = self.line
            yield line, self._item()
            mark = self._next()
            if mark not in {",", "]"} or not mark:
                raise ValueError("a comma or the end of the array is missing")
            self._move(self._at + 1)
            if mark == "]":
                return

    def _item(self) -> object:
        """The item that begins here; a ValueError in its place if only it is wrong."""
        while True:
            try:
                item, end = self._decoder.raw_decode(self._held, self._at)
            except _Repeated as error:
                _, end = json.JSONDecoder().raw_decode(self._held, self._at)
                item = error
            except ValueError:
                if len(self._held) - self._at > LONGEST_ITEM:
                    raise ValueError(f"is no JSON, or longer than {LONGEST_ITEM} letters") from None
                if not self._more():
                    raise
                continue
            if end < len(self._held) or not self._more():  # a number may go on
                self._move(end)
                return item

    def _next(self) -> str:
        """The next letter that is not blank, or nothing at the end."""
        while True:
            at = self._at
            while at < len(self._held) and self._held[at] in " \t\r\n":
                at += 1
            self._move(at)
            if at < len(self._held):
                return self._held[at]
            if not self._more():
                return ""

    def _move(self, to: int) -> None:
        self.line += self._held.count("\n", self._at, to)
        self._at = to

    def _more(self) -> bool:
        if self._ended:
            return False
        piece = self._text.read(_PIECE)
        self._ended = not piece
        self._held, self._at = self._held[self._at :] + piece, 0
        return bool(piece)


def _said(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"is no JSON: {error.msg}"
    if isinstance(error, UnicodeDecodeError):
        return "is no text in UTF-8"
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    return str(error)
