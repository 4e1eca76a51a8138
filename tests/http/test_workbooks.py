"""Workbooks of Excel, read again by a library that has nothing to do with ours."""

import io
import math
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from sightline.entrypoints.http.workbooks import LONGEST_CELL, Value, Workbook

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
    st.sampled_from(("=1+1", "@x", "_x0041_", "_x005F_", " a ", "\r\n", "<&>'\"", "😀")),
)


def written(rows: Iterable[Sequence[Value]], columns: Sequence[str] = ("a", "b")) -> bytes:
    book = Workbook(columns)
    return book.add(rows) + book.end()


def read(content: bytes) -> list[list[tuple[object, ...]]]:
    """Every row of every sheet, texts as Excel shows them."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [
        [
            tuple(unescape(one) if isinstance(one, str) else one for one in row)
            for row in sheet.iter_rows(values_only=True)
        ]
        for sheet in book
    ]


@given(st.lists(st.tuples(VALUES, VALUES), max_size=5))
@example([("_x0041_\x00\x1f", "\ufffe_x\uffff")])
def test_what_was_written_is_read(rows: list[tuple[Value, Value]]) -> None:
    ((first, *rest),) = read(written(rows))
    assert first == ("a", "b")
    found = [*rest, *([(None, None)] * (len(rows) - len(rest)))]  # empty rows at the end
    for row, other in zip(rows, found, strict=True):
        assert row == other


def test_no_text_is_a_formula() -> None:
    content = written([("=HYPERLINK(1)", "+1")])
    for cell in openpyxl.load_workbook(io.BytesIO(content)).active[2]:
        assert cell.data_type == "s"


def test_an_instant_is_one_of_excel_in_utc() -> None:
    beside = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    content = written([(NOON, beside), (NOON + timedelta(milliseconds=1), None)])
    ((_, first, second),) = read(content)
    assert first == (datetime(2026, 3, 29, 12), datetime(2026, 3, 29, 12))  # noqa: DTZ001  Excel's
    assert second[0] == datetime(2026, 3, 29, 12, 0, 0, 1000)  # noqa: DTZ001
    cell = openpyxl.load_workbook(io.BytesIO(content)).active["A2"]
    assert (cell.is_date, cell.number_format) == (True, "yyyy\\-mm\\-dd\\ hh:mm:ss.000")


def test_a_text_that_is_too_long_for_a_cell_goes_on_beside_it() -> None:
    text = "a" * LONGEST_CELL + "b"
    ((_, row),) = read(written([(1, text)]))
    assert row == (1, "a" * LONGEST_CELL, "b")


def test_what_is_too_much_for_a_sheet_goes_into_further_ones() -> None:
    book = Workbook(("n",), most_rows=4)
    content = book.add([(n,) for n in range(7)]) + book.end()
    assert read(content) == [
        [("n",), (0,), (1,), (2,)],
        [("n",), (3,), (4,), (5,)],
        [("n",), (6,)],
    ]


def test_what_is_too_large_for_a_sheet_goes_into_further_ones() -> None:
    book = Workbook(("text",), largest_sheet=5_000)
    content = book.add([("a" * 2_000,)] * 5) + book.end()
    assert [len(sheet) - 1 for sheet in read(content)] == [3, 2]


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_what_is_no_number_of_excel_is_a_text(number: float) -> None:
    assert read(written([(number, 1)])) == [[("a", "b"), (str(number), 1)]]


def test_a_table_without_rows_has_its_columns() -> None:
    assert read(written([])) == [[("a", "b")]]


def test_the_names_of_columns_stay_in_sight() -> None:
    assert openpyxl.load_workbook(io.BytesIO(written([]))).active.freeze_panes == "A2"


def test_it_goes_out_while_it_grows() -> None:
    book, sizes = Workbook(("n", "text")), []
    for portion in range(20):
        rows = [
            (n, f"text {n * 7919 % 10_007}")
            for n in range(portion * 2_000, portion * 2_000 + 2_000)
        ]
        sizes.append(len(book.add(rows)))
    sizes.append(len(book.end()))
    assert max(sizes) < sum(sizes) / 8


@pytest.mark.parametrize("rows", [0, 3])
def test_it_is_a_whole_file(rows: int) -> None:
    content = written([(n, "x") for n in range(rows)])
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
