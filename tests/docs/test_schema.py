"""The schema page says what the tables are."""

import re

import pytest

from sightline.adapters.sql.database import metadata

from . import schema


def test_the_schema_page_is_that_of_the_tables() -> None:
    written = schema.DOCUMENT.read_text(encoding="utf-8")
    assert written == schema.document(), "run `make documents`"


def test_a_table_without_a_sentence_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = {**schema.SENTENCES, "Work": {}}
    monkeypatch.setattr(schema, "SENTENCES", fewer)
    with pytest.raises(LookupError, match="job"):
        schema.document()


def test_a_sentence_without_a_table_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    more = {**schema.SENTENCES, "Work": {**schema.SENTENCES["Work"], "gone": "Was here."}}
    monkeypatch.setattr(schema, "SENTENCES", more)
    with pytest.raises(LookupError, match="gone"):
        schema.document()


def test_every_column_and_index_of_every_table_is_on_the_page() -> None:
    page = schema.document()
    for table in metadata.tables.values():
        (drawn,) = re.findall(rf"(?ms)^    {table.name} {{\n(.*?)^    }}", page)
        assert [line.split()[1] for line in drawn.splitlines()] == table.columns.keys()
        told = page.partition(f"- **`{table.name}`**")[2].partition("- **`")[0]
        assert told.count("index (") == len(table.indexes)
        assert told.count(" of `") == len(table.foreign_key_constraints)
