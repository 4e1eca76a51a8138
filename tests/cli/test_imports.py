"""`sightline import`: the whole file or nothing, and every row that is wrong."""

import asyncio
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import asdict
from hypothesis import given
from hypothesis import strategies as st

from sightline.bootstrap import UseCases, production, use_cases
from sightline.domain.energy import Level
from sightline.domain.errors import PropertyNotFound
from sightline.domain.identifiers import PropertyId, TenantId
from sightline.domain.portfolio.property import PropertyDraft
from sightline.entrypoints.cli import importing
from sightline.entrypoints.cli.rows import BadRow, Parsed, UnreadableFile, parsed
from sightline.entrypoints.settings import read_settings

DEMO = TenantId("demo")
TOWER = {
    "id": 1,
    "name": "Willis Tower",
    "address": "233 S Wacker Dr, Chicago, IL",
    "market_id": 1,
    "area_sqft": 4200000,
    "year_built": 1973,
    "property_class": "A",
    "current_occupancy_rate": 92.5,
    "current_avg_rent_per_sqft": 42.80,
}
LOFT = {**TOWER, "id": 2, "name": 'Loft, "east"', "current_avg_rent_per_sqft": None}
CIRCUIT = {
    "brand_id": "11111111-1111-1111-1111-111111111111",
    "brand_name": "DemoBrand",
    "organization_id": "955c3c4d-3a03-4d79-9655-3871f5ad999d",
    "organization_name": "East Franchise",
    "location_id": "ea125f67-6b94-4992-8eb9-d832ae026106",
    "location_name": "East-NYC",
    "sensor_id": "785097c8-2b34-410a-a8ea-bcaf10791c45",
    "sensor_duid": "6D12E310B371FCB1",
    "sensor_name": "Panel-1",
    "circuit_number": 1,
}
READING = {
    "duid": "6D12E310B371FCB1",
    "circuit_number": 1,
    "timestamp": "2024-04-01T00:00:00Z",
    "power_watts": 353588,
}
Ask = Callable[[UseCases], object]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A record store with the demo tenant."""
    folder = tmp_path / "data"
    monkeypatch.setenv("SIGHTLINE_DATA_DIR", str(folder))

    async def fill() -> None:
        async with production(read_settings({"SIGHTLINE_DATA_DIR": str(folder)})) as adapters:
            await use_cases(adapters).create_tenant(DEMO, "Demo")

    asyncio.run(fill())
    return folder


def stored(data: Path, identifier: int) -> dict[str, object] | None:
    """A property as the store holds it."""

    async def ask() -> dict[str, object] | None:
        async with production(read_settings({"SIGHTLINE_DATA_DIR": str(data)})) as adapters:
            try:
                return asdict(await adapters.properties.get(DEMO, PropertyId(identifier)))
            except PropertyNotFound:
                return None

    return asyncio.run(ask())


def as_json(rows: list[dict[str, object]]) -> str:
    return json.dumps(rows, indent=1)


def as_lines(rows: list[dict[str, object]]) -> str:
    return "\n".join(map(json.dumps, rows))


def as_csv(rows: list[dict[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


WRITERS = {".json": as_json, ".ndjson": as_lines, ".jsonl": as_lines, ".csv": as_csv}


@pytest.fixture(params=WRITERS)
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Path]:
    suffix: str = request.param

    def written(rows: list[dict[str, object]]) -> Path:
        path = tmp_path / f"rows{suffix}"
        path.write_text(WRITERS[suffix](rows), encoding="utf-8")
        return path

    return written


def test_properties_come_in_as_they_are_written(
    data: Path, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    file = write([TOWER, LOFT])
    assert importing.properties(file) == 0
    assert capsys.readouterr().out == f"Imported 2 properties from {file}.\n"
    tower, loft = stored(data, 1), stored(data, 2)
    assert tower is not None
    assert loft is not None
    assert tower.items() >= TOWER.items()
    assert loft.items() >= LOFT.items()


def test_of_a_file_with_bad_rows_nothing_is_kept_and_each_is_named(
    data: Path, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = [
        TOWER,
        {**LOFT, "area_sqft": -1, "year_built": 1},
        {**TOWER, "id": 3, "market_id": "one"},
        {**TOWER, "id": 1},
        {**TOWER, "id": None},
    ]
    file = write(wrong[:3])
    assert importing.properties(file) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "area_sqft: must be over 0" in said.err
    assert "year_built: must lie in 1600 to 2200" in said.err
    assert "market_id: must be a whole number" in said.err
    assert said.err.endswith(f"sightline: nothing was imported: 2 bad rows in {file}\n")
    assert stored(data, 1) is None

    assert importing.properties(write([wrong[0], wrong[3]])) == 1
    assert "id: stands on line" in capsys.readouterr().err
    assert importing.properties(write([wrong[0], wrong[4]])) == 1
    assert "id: required" in capsys.readouterr().err
    assert stored(data, 1) is None


@pytest.mark.usefixtures("data")
def test_bad_rows_are_all_counted_but_not_all_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "many.csv"
    file.write_text(as_csv([{**TOWER, "id": "x"} for _ in range(1234)]), encoding="utf-8")
    assert importing.properties(file) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"{file}:2: id: must be a whole number within ±(2^53 - 1)"
    assert len(lines) == importing.MOST_SHOWN + 2
    assert lines[-2] == "… and 1,134 more"
    assert lines[-1] == f"sightline: nothing was imported: 1,234 bad rows in {file}"


def test_histories_come_in_by_property_and_month(
    data: Path, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert importing.properties(write([TOWER, LOFT])) == 0
    months: list[dict[str, object]] = [
        {"property_id": 1, "month": "2025-02-01", "occupancy_rate": 91.0},
        {"property_id": 1, "month": "2025-01-01", "occupancy_rate": 90.5},
        {"property_id": 2, "month": "2025-01-01", "occupancy_rate": 80},
    ]
    assert importing.history(write(months)) == 0
    assert "3 months of 2 properties" in capsys.readouterr().out

    assert importing.history(write([*months, months[0]])) == 1
    assert "month: stands on line" in capsys.readouterr().err
    assert importing.history(write([*months, {**months[0], "property_id": 99}])) == 1
    assert "there is no property '99'" in capsys.readouterr().err
    assert importing.history(write([{**months[0], "month": "2025-02-02"}])) == 1
    assert "month: must be the first day" in capsys.readouterr().err


def test_sites_come_in_by_the_circuit_and_readings_after_them(
    data: Path, write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    second = {**CIRCUIT, "circuit_number": 2}
    assert importing.readings(write([READING])) == 1
    assert "there is no circuit 1 on sensor 6D12E310B371FCB1" in capsys.readouterr().err

    assert importing.sites(write([CIRCUIT, second])) == 0
    assert "Imported 2 circuits" in capsys.readouterr().out
    assert importing.readings(write([READING, READING])) == 0
    assert "Imported 2 readings" in capsys.readouterr().out

    assert importing.sites(write([CIRCUIT, {**second, "brand_name": "Other"}])) == 1
    assert "the brand 11111111-1111-1111-1111-111111111111 is told otherwise" in (
        capsys.readouterr().err
    )
    assert importing.sites(write([CIRCUIT, CIRCUIT])) == 1
    assert "the circuit" in capsys.readouterr().err
    assert importing.readings(write([READING, {**READING, "power_watts": -1}])) == 1
    assert "power_watts" in capsys.readouterr().err


def test_sites_also_come_as_one_document(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    identifiers = ["brand", "organization", "location", "sensor"]
    brand, organization, location, sensor = (CIRCUIT[f"{name}_id"] for name in identifiers)
    document = {
        "brands": [{"id": brand, "name": "DemoBrand"}],
        "organizations": [{"id": organization, "brand_id": brand, "name": "East"}],
        "locations": [{"id": location, "organization_id": organization, "name": "NYC"}],
        "electric_sensors": [
            {"id": sensor, "duid": "6D12E310B371FCB1", "name": "Panel", "location_id": location}
        ],
        "circuits": [
            {
                "id": "62050da7-f4c9-542c-84cd-a7959326de1c",
                "sensor_id": sensor,
                "name": "Main",
                "circuit_number": 1,
            }
        ],
    }
    file = tmp_path / "sites.json"
    file.write_text(json.dumps(document, indent=2), encoding="utf-8")
    assert importing.sites(file) == 0
    file.write_text(json.dumps({**document, "brands": []}), encoding="utf-8")
    assert importing.sites(file) == 1
    assert "is not in the document" in capsys.readouterr().err


@pytest.mark.usefixtures("data")
def test_a_tenant_that_is_not_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_text(as_json([TOWER]), encoding="utf-8")
    with pytest.raises(LookupError, match="there is no tenant 'acme'"):
        importing.properties(file, tenant="acme")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no file"),
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"\xff\xfe\x00\x01", "is not a text file in UTF-8"),
        (b"PK\x03\x04\x00\x00", "is not a text file in UTF-8"),
    ],
    ids=["missing", "empty", "blank", "binary", "archive"],
)
@pytest.mark.parametrize("kind", [importing.properties, importing.sites, importing.readings])
def test_a_file_that_holds_no_rows_is_refused_in_clear_words(
    tmp_path: Path, content: bytes | None, said: str, kind: Callable[[Path], int]
) -> None:
    file = tmp_path / "rows.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UnreadableFile, match=said):
        kind(file)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="is a folder"):
        importing.properties(tmp_path)


def test_a_wrong_header_is_refused_with_what_it_may_hold(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile) as caught:
        list(parsed(Path("rows.csv"), "id,nmae,name,name,\n1,2,3,4,5\n", PropertyDraft))
    assert "unknown columns nmae, (no name)" in str(caught.value)
    assert "repeated columns name" in str(caught.value)
    assert "missing columns address, market_id" in str(caught.value)


def rows_of(name: str, text: str) -> list[Parsed[PropertyDraft] | BadRow]:
    return list(parsed(Path(name), text, PropertyDraft))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[\n{"id": 1,\n"id": 2}\n]', 2, "'id' stands there twice"),
        ('[\n\n{"id": NaN}]', 3, "NaN is no number"),
        ('[{"id": 1}\n{"id": 2}]', 2, "a comma or the end of the array is missing"),
        ('[{"id": 1},\n]', 1, "a comma stands before the end"),
        ('[{"id": 1}]\n\nx', 1, "something stands behind the end"),
        ('[{"id": 1},\n{"id": ', 2, "is not JSON"),
        ("[" * 200_000, 1, "is nested too deeply"),
        ("[" + "9" * 5000 + "]", 1, "is not JSON"),
        ("[1]", 1, "must be an object"),
    ],
)
def test_json_that_readers_disagree_about_is_refused_with_its_line(
    text: str, line: int, said: str
) -> None:
    bad = [row for row in rows_of("x.json", text) if isinstance(row, BadRow)]
    assert any(row.line == line and said in row.reason for row in bad)


def test_after_a_bad_line_the_next_is_read() -> None:
    good = json.dumps(TOWER)
    text = f"{good}\n{{nonsense\n\n{good}{good}\n{good}"
    first, second, third, fourth = rows_of("x.ndjson", text)
    assert isinstance(first, Parsed)
    assert isinstance(second, BadRow)
    assert isinstance(fourth, Parsed)
    assert (first.line, second.line, fourth.line) == (1, 2, 5)
    assert third == BadRow(4, "holds more than one JSON value; every row needs a line")


def test_csv_may_be_separated_as_spreadsheets_do() -> None:
    plain = as_csv([TOWER])
    for separator in ";\t":
        text = plain.replace("Dr, Chicago, IL", "Dr").replace('"', "").replace(",", separator)
        (row,) = rows_of("x.csv", "\ufeff"[1:] + text)
        assert isinstance(row, Parsed)
        assert row.value.name == "Willis Tower"


def test_a_row_of_another_width_is_named() -> None:
    text = as_csv([TOWER]) + "1,2,3\n"
    _, bad = rows_of("x.csv", text)
    assert bad == BadRow(3, "has 3 cells, but there are 9 columns")


@given(
    names=st.lists(
        st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1).map(
            lambda text: f"x{text}x"
        ),
        min_size=1,
    )
)
def test_what_is_written_in_any_form_is_read_as_the_same(names: list[str]) -> None:
    rows: list[dict[str, object]] = [
        {**TOWER, "id": number, "name": name[:200]} for number, name in enumerate(names, 1)
    ]
    read = {
        suffix: [
            row.value if isinstance(row, Parsed) else row
            for row in rows_of(f"x{suffix}", write(rows))
        ]
        for suffix, write in WRITERS.items()
    }
    assert all(isinstance(row, PropertyDraft) for row in read[".json"])
    assert read[".json"] == read[".ndjson"] == read[".csv"]


def test_every_level_of_the_tree_is_told_by_a_row() -> None:
    told = {name.rsplit("_", 1)[0] for name in CIRCUIT if name.endswith("_id")}
    assert told == {level.value.removeprefix("electric_") for level in Level} - {"circuit"}
