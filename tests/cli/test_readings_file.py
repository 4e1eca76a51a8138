import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.domain.energy import AddressedReading
from sightline.entrypoints.cli.readings_file import LONGEST_ITEM, ReadingRow, read_readings
from sightline.entrypoints.cli.rows import BadRow, UnreadableFile
from sightline.testing.strategies import power_readings

FIRST_MINUTES = Path(__file__).parents[1] / "data" / "power-first-minutes.json"
GOOD = {
    "duid": "6D12E310B371FCB1",
    "circuit_number": 1,
    "timestamp": "2024-04-01T00:00:00Z",
    "power_watts": 353588,
}
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str, name: str = "readings.json") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return path

    return written


def _reasons(path: Path) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in read_readings(path) if isinstance(row, BadRow)]


def test_the_first_minutes_of_the_reference_are_read() -> None:
    rows = [row for row in read_readings(FIRST_MINUTES) if isinstance(row, ReadingRow)]
    expected = json.loads(FIRST_MINUTES.read_text())
    assert len(rows) == len(expected) == 72
    assert [row.line for row in rows] == [2 + 6 * index for index in range(72)]
    assert [(row.reading.duid, row.reading.circuit_number) for row in rows] == [
        (one["duid"], one["circuit_number"]) for one in expected
    ]
    assert [row.reading.reading.watts for row in rows] == [one["power_watts"] for one in expected]
    assert {row.reading.reading.at.isoformat() for row in rows} == {
        "2024-04-01T00:00:00+00:00",
        "2024-04-01T00:01:00+00:00",
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    readings=st.lists(
        st.builds(
            AddressedReading, st.sampled_from(["D1", "D-2"]), st.integers(1, 9), power_readings()
        )
    ),
    indent=st.sampled_from([None, 0, 2]),
)
def test_what_was_written_is_read_back_from_either_form(
    write: Write, readings: list[AddressedReading], indent: int | None
) -> None:
    rows = [
        {
            "duid": one.duid,
            "circuit_number": one.circuit_number,
            "timestamp": one.reading.at.isoformat(),
            "power_watts": one.reading.watts,
        }
        for one in readings
    ]
    as_json = write(json.dumps(rows, indent=indent))
    lines = [",".join(GOOD), *(",".join(map(str, row.values())) for row in rows)]
    as_csv = write("\n".join(lines) + "\n", "readings.csv")
    for path in (as_json, as_csv):
        told = list(read_readings(path))
        assert [row.reading for row in told if isinstance(row, ReadingRow)] == readings
        assert len(told) == len(readings)


def test_a_file_larger_than_a_piece_keeps_its_lines(write: Write) -> None:
    rows = [{**GOOD, "power_watts": -1 if index == 4_000 else index} for index in range(5_000)]
    path = write("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    told = list(read_readings(path))
    assert len(told) == 5_000
    assert _reasons(path) == [(4_002, "power_watts: must lie between 0 and 100000000")]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"power_watts": -1}, "power_watts: must lie between 0 and 100000000"),
        ({"power_watts": 1.5}, "power_watts: must be a whole number"),
        ({"power_watts": "5"}, "power_watts: must be a whole number"),
        ({"power_watts": True}, "power_watts: must be a whole number"),
        ({"power_watts": None}, "power_watts: must be a whole number"),
        ({"power_watts": float("nan")}, "power_watts: must be a whole number"),
        ({"timestamp": "1969-12-31T23:59:59Z"}, "timestamp: must lie in the years 1970 to 2199"),
        ({"timestamp": "2024-02-30T00:00:00Z"}, "timestamp: is not an instant that exists"),
        ({"circuit_number": "1"}, "circuit_number: must be a whole number"),
        ({"duid": 5}, "duid: must be a string"),
        ({"watts": 5}, "watts: unknown field"),
    ],
)
def test_a_bad_reading_is_told_with_its_field_and_the_others_are_read(
    write: Write, changed: dict[str, object], reason: str
) -> None:
    path = write(json.dumps([GOOD, {**GOOD, **changed}, GOOD], indent=1))
    assert [type(row) for row in read_readings(path)] == [ReadingRow, BadRow, ReadingRow]
    assert _reasons(path) == [(8, reason)]


@pytest.mark.parametrize("timestamp", ["2024-04-01T00:00:00", "2024-04-01", 1711929600, "now", ""])
def test_a_timestamp_needs_an_offset(write: Write, timestamp: object) -> None:
    ((_, reason),) = _reasons(write(json.dumps([{**GOOD, "timestamp": timestamp}])))
    assert reason.startswith("timestamp: must be")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "is no JSON array"),
        ("{}", 1, "is no JSON array"),
        ("\n\n5", 3, "is no JSON array"),
        ("[", 1, "the array is not closed"),
        ("[\n\n", 3, "the array is not closed"),
        ("[5", 1, "a comma or the end of the array is missing"),
        ("[] []", 1, "something follows the array"),
        ("[\n{]", 2, "is no JSON"),
        ("[" * 100_000, 1, "is"),
    ],
)
def test_what_is_no_json_array_ends_with_the_reason(
    write: Write, text: str, line: int, reason: str
) -> None:
    last = _reasons(write(text))[-1]
    assert last[0] == line
    assert last[1].startswith(reason)


def test_items_that_are_no_objects_or_say_a_name_twice_are_told(write: Write) -> None:
    path = write('[1,\n"x",\n[2],\nnull,\n{"duid": "a", "duid": "b"}]')
    assert [line for line, _ in _reasons(path)] == [1, 2, 3, 4, 5]
    assert _reasons(path)[-1][1] == "a name stands twice in the object"


def test_an_endless_item_is_given_up(write: Write) -> None:
    told = _reasons(write('[{"duid": "' + "x" * 40 * LONGEST_ITEM))
    assert len(told) == 1
    assert "longer than" in told[0][1]


def test_text_that_is_not_utf_8_is_told(write: Write) -> None:
    assert _reasons(write('[{"duid": "\udcff"}]')) == [(1, "is no text in UTF-8")]


def test_a_byte_order_mark_is_passed_over(write: Write) -> None:
    assert len(list(read_readings(write("\ufeff" + json.dumps([GOOD]))))) == 1


HEADER = ",".join(GOOD)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([HEADER, "D1,1,2024-04-01T00:00:00Z,5,6"], [(2, "has 5 cells, not 4")]),
        (
            [HEADER, "D1,1,2024-04-01T00:00:00Z,5.0"],
            [(2, "power_watts: must be a whole number within ±(2^53 - 1)")],
        ),
        (
            [HEADER, "", "D1,1,2024-04-01T00:00:00Z,-5"],
            [(3, "power_watts: must lie between 0 and 100000000")],
        ),
        ([HEADER, 'D1,1,"2024'], [(2, "unexpected end of data")]),
    ],
)
def test_bad_rows_of_csv_are_told_with_their_line(
    write: Write, lines: list[str], expected: list[tuple[int, str]]
) -> None:
    assert _reasons(write("\n".join(lines), "readings.csv")) == expected


@pytest.mark.parametrize("header", ["", "duid,circuit_number", HEADER + ",extra"])
def test_csv_needs_exactly_the_columns(write: Write, header: str) -> None:
    with pytest.raises(UnreadableFile):
        list(read_readings(write(header + "\n", "readings.csv")))


def test_a_file_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        list(read_readings(tmp_path / "nowhere.json"))
