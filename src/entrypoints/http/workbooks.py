"""Workbooks of Excel (ECMA-376) that are written row by row, and go out while they grow.

Only what a table needs: texts, numbers, truth values and instants, in as many sheets as the rows
need. Nothing in it is a formula, whatever a text begins with.
"""

import math
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import IO, TypeAlias
from xml.sax.saxutils import escape

from .sinks import Written

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Value: TypeAlias = str | int | float | bool | datetime | None

MOST_ROWS = 1_048_576
"""Rows of a sheet, the one with the names of the columns included."""

LONGEST_CELL = 32_767
"""Longest text of a cell; a longer one goes on in the cell beside it. [characters]"""

LARGEST_SHEET = 1_000_000_000
"""Size of a sheet before it is compressed; more needs an extension that not every program
reads. [bytes]"""

#: Excel counts days from here, and knows no offsets: instants are told in UTC.
_DAY_NOUGHT = datetime(1899, 12, 30, tzinfo=UTC)
_DAY = timedelta(days=1)

#: Characters that XML has no place for, and what Excel would take for one of them.
_UNWRITTEN = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET_BEGINS = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    "</sheetView></sheetViews><sheetData>"
)
_SHEET_ENDS = "</sheetData></worksheet>"
#: Style 1 is that of instants.
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss.000"/>'
    '</numFmts><fonts count="1"><font/></fonts><fills count="2"><fill><patternFill '
    'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf/><xf numFmtId="164" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)


class Workbook:
    """A workbook of one table.

    Args:
        columns: Names of the columns, which are the first row of every sheet.
        most_rows: Rows of a sheet; what is more goes into further ones.
        largest_sheet: Size of a sheet, about; likewise. [bytes]
    """

    def __init__(
        self,
        columns: Sequence[str],
        most_rows: int = MOST_ROWS,
        largest_sheet: int = LARGEST_SHEET,
    ) -> None:
        self._first_row = _row(columns)
        self._most_rows = most_rows
        self._largest_sheet = largest_sheet
        self._sink = Written()
        self._file = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._sheets = 0
        self._sheet = self._begun()

    def add(self, rows: Iterable[Iterable[Value]]) -> bytes:
        """Write rows; what can go out of the file since it was last asked."""
        for row in rows:
            if self._rows == self._most_rows or self._size > self._largest_sheet:
                self._ended()
                self._sheet = self._begun()
            self._write(_row(row))
        return self._sink.taken()

    def end(self) -> bytes:
        """Write what is left; the last of the file."""
        self._ended()
        numbers = range(1, self._sheets + 1)
        for name, text in _frame(numbers).items():
            self._file.writestr(name, text)
        self._file.close()
        return self._sink.taken()

    def _begun(self) -> IO[bytes]:
        self._sheets += 1
        self._rows = self._size = 0
        sheet = self._file.open(_sheet_name(self._sheets), "w")
        sheet.write(_SHEET_BEGINS.encode())
        self._sheet = sheet
        self._write(self._first_row)
        return sheet

    def _ended(self) -> None:
        self._sheet.write(_SHEET_ENDS.encode())
        self._sheet.close()

    def _write(self, row: bytes) -> None:
        self._sheet.write(row)
        self._rows += 1
        self._size += len(row)


def _row(values: Iterable[Value]) -> bytes:
    return f"<row>{''.join(map(_cell, values))}</row>".encode()


def _cell(value: Value) -> str:
    match value:
        case None:
            return "<c/>"
        case bool():
            return f'<c t="b"><v>{value:d}</v></c>'
        case datetime():
            return f'<c s="1"><v>{(value - _DAY_NOUGHT) / _DAY!r}</v></c>'
        case str():
            return "".join(map(_text, _pieces(value)))
        case float() if not math.isfinite(value):
            return _text(str(value))  # Excel has no such number, and would not open the file
    return f"<c><v>{value!r}</v></c>"


def _pieces(text: str) -> Iterable[str]:
    return (text[at : at + LONGEST_CELL] for at in range(0, len(text) or 1, LONGEST_CELL))


def _text(text: str) -> str:
    plain = escape(_UNWRITTEN.sub(lambda found: f"_x{ord(found[0]):04X}_", text))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{plain}</t></is></c>'


def _sheet_name(number: int) -> str:
    return f"xl/worksheets/sheet{number}.xml"


def _frame(numbers: Iterable[int]) -> dict[str, str]:
    """The files that say which sheets there are."""
    sheets = [*numbers]
    overrides = "".join(
        f'<Override PartName="/{_sheet_name(one)}" ContentType="{_TYPES}.worksheet+xml"/>'
        for one in sheets
    )
    listed = "".join(
        f'<sheet name="Sheet{one}" sheetId="{one}" r:id="rId{one}"/>' for one in sheets
    )
    links = "".join(
        f'<Relationship Id="rId{one}" Type="{_LINKS}/worksheet" '
        f'Target="worksheets/sheet{one}.xml"/>'
        for one in sheets
    )
    return {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>'
        f"{overrides}</Types>",
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship '
        f'Id="rId1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{listed}'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'{links}<Relationship Id="styles" Type="{_LINKS}/styles" Target="styles.xml"/>'
        "</Relationships>",
        "xl/styles.xml": _STYLES,
    }
