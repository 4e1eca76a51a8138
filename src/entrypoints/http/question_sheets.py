"""Answers to questions as NDJSON, CSV or Excel: their rows, written as they are made."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar import Response
from litestar.response import Stream

from ...domain.questions import Cell, Sheet
from .inputs import Call, chosen_media
from .spreadsheets import CSV, NDJSON, harmless
from .workbooks import EXCEL, Value, Workbook

SHEETS = (NDJSON, CSV, EXCEL)

SHEET_HEADERS: Mapping[str, str] = {
    "As-Of-Position": "Of rows: the position up to which events were seen.",
    "Complete-Until": "Of rows: up to when no interval and no window is open any more.",
}
PAGE_HEADERS: Mapping[str, str] = {
    **SHEET_HEADERS,
    "Next-Cursor": "Of rows: `next_cursor`, unless this is the last page.",
}

LINKED_HEADERS: Mapping[str, str] = {
    **PAGE_HEADERS,
    "Link": 'Of rows: the next page, as `rel="next"`.',
}

_Write: TypeAlias = Callable[[list[tuple[Cell, ...]]], bytes]

#: Rows that are written without a pause: some 10 ms of work.
_AT_ONCE = 1_000


def chosen_sheet(call: Call) -> str | None:
    """The media type of rows that the caller prefers; None for the JSON of the route."""
    media = chosen_media(call)
    return media if media in SHEETS else None


def sheet_response(
    call: Call, media: str, sheet: Sheet, seen: tuple[int, datetime], cursor: str | None = None
) -> Response[Any]:
    """The rows of an answer.

    Args:
        call: The request.
        media: One of `SHEETS`.
        sheet: The rows.
        seen: `as_of` and `complete_until` of the answer.
        cursor: Its `next_cursor`; None on the last page, and where there are no pages.
    """
    position, until = seen
    headers = {"as-of-position": str(position), "complete-until": _instant(until)}
    if cursor is not None:
        headers["next-cursor"] = cursor
        if "cursor" in call.route_handler.opt.get("parameter_names", ()):
            headers["link"] = f'<{_following(call, cursor)}>; rel="next"'
    return Stream(written(sheet, media), media_type=media, headers=headers)


async def written(sheet: Sheet, media: str) -> AsyncGenerator[bytes, None]:
    """A sheet in a media type, a thousand rows at a time.

    In CSV texts are quoted and nothing is empty, so that the empty text is told from nothing.
    """
    rows = iter(sheet.rows)
    beginning, write, ending = _writing(sheet.columns, media)
    yield beginning
    while some := list(islice(rows, _AT_ONCE)):
        yield write(some)
        await asyncio.sleep(0)  # others who wait for this process get a turn
    yield ending()


def _writing(columns: tuple[str, ...], media: str) -> tuple[bytes, _Write, Callable[[], bytes]]:
    """What comes first, what writes rows, and what comes last."""
    if media == EXCEL:
        book = Workbook(columns)
        return b"", lambda rows: book.add(map(_values, rows)), book.end
    if media == CSV:
        return _lines([columns]), _lines, bytes
    return b"", lambda rows: _objects(columns, rows), bytes


def _values(row: tuple[Cell, ...]) -> Iterable[Value]:
    return (_listed(one) if isinstance(one, tuple) else one for one in row)


def _listed(texts: tuple[str, ...]) -> str:
    return msgspec.json.encode(texts).decode()


def _objects(columns: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> bytes:
    return msgspec.json.Encoder().encode_lines(
        [dict(zip(columns, row, strict=True)) for row in rows]
    )


def _lines(rows: Iterable[tuple[Cell, ...]]) -> bytes:
    return "".join(",".join(map(_cell, row)) + "\r\n" for row in rows).encode()


def _cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return _quoted(harmless(cell))
        case bool():
            return "true" if cell else "false"
        case datetime():
            return _instant(cell)
        case tuple():
            return _quoted(_listed(cell))
    return str(cell)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _following(call: Call, cursor: str) -> str:
    """The address of the next page, relative to this one."""
    asked = parse_qsl(call.scope["query_string"].decode("ascii"), keep_blank_values=True)
    return "?" + urlencode([*(one for one in asked if one[0] != "cursor"), ("cursor", cursor)])
