"""Where the engines differ without saying so, and that `sql/` does not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import duckdb
import psycopg
import pytest

from ..contracts.stores import POSTGRES, bare_postgres_database
from .conftest import ENGINES
from .engines import ClickHouseRefuses, Engine, load, postgres
from .reference import ANSWERS
from .rows import Event, Rows, sample_file_rows

REFUSED = (
    sqlite3.IntegrityError,
    psycopg.errors.IntegrityError,
    duckdb.ConstraintException,
    ClickHouseRefuses,
)
DAYS = {"first_day": date(2026, 7, 1), "last_day": date(2026, 8, 31)}
NULLS = "select v from (select 1 as v union all select null) as pair order by v"

#: An expression, then what SQLite, PostgreSQL, DuckDB and ClickHouse make of it.
DIFFERENT = {
    "select 1 / 2": (0, 0, 0.5, 0.5),
    "select cast(2.7 as integer)": (2, 3, 3, 2),
    "select round(cast(2.5 as double precision))": (3, 2, 3, 2),
    "select '2026-08-31' + 1": (2027, None, None, None),
    "select case when 'A' like 'a' then 'same' else 'other' end": (
        "same",
        "other",
        "other",
        "other",
    ),
    NULLS: (None, 1, 1, 1),
    f"{NULLS} desc": (1, None, 1, 1),
}


@pytest.mark.parametrize("statement", DIFFERENT)
def test_what_the_queries_keep_away_from_does_differ(small: Engine, statement: str) -> None:
    place = ENGINES.index(small.name)
    expected = DIFFERENT[statement][place]
    if "+ 1" in statement and expected is None:
        with pytest.raises((psycopg.Error, duckdb.Error, ClickHouseRefuses)):
            small.ask(statement, {})
    else:
        assert small.ask(statement, {})[0][0] == expected
    assert len(set(DIFFERENT[statement])) > 1


def _tied(order: list[str]) -> Rows:
    """Organizations with one event each, and one of a user who is another to whoever folds case."""
    at = datetime(2026, 8, 3, 12, tzinfo=UTC)
    return Rows(
        [(one, f"Sample {one}", "free", at) for one in order],
        [],
        [],
        [],
        [
            Event(one, at, str(uuid4()), user, "visit", {})
            for one in order
            for user in ("Ann", "ann")
        ],
    )


NAMES = ["zebra", "a-b", "ab", "Zoo", "apple", "a_b"]


@pytest.mark.parametrize("name", ENGINES)
def test_ties_fall_by_bytes_everywhere(name: str, tmp_path: Path) -> None:
    with closing(load(name, _tied(NAMES), tmp_path)) as engine:
        _falls_by_bytes(engine)


@pytest.fixture
def english() -> Iterator[str]:
    """A PostgreSQL database that sorts as English does."""
    bare_postgres_database()  # skips where there is no server
    name = f"sightline_test_{uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} TEMPLATE template0"
            " LOCALE_PROVIDER icu ICU_LOCALE 'en'".encode()
        )
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_ties_fall_by_bytes_in_a_database_that_sorts_as_english_does(
    english: str, tmp_path: Path
) -> None:
    engine = postgres(_tied(NAMES), tmp_path, english)
    sorts = engine.ask("select 'Zoo' < 'apple', 'Zoo' < 'apple' collate \"C\"", {})
    assert sorts == [(False, True)]
    _falls_by_bytes(engine)


def _falls_by_bytes(engine: Engine) -> None:
    found = engine.answer("top_organizations", **DAYS)
    assert [row[0] for row in found] == ["Zoo", "a-b", "a_b", "ab", "apple"]
    assert [row[3] for row in found] == [2] * 5
    active = engine.answer("daily_active_users", **DAYS)
    assert list(dict.fromkeys(row[0] for row in active)) == sorted(NAMES)


def test_the_time_zone_of_the_session_changes_nothing(small: Engine) -> None:
    before = {one: small.answer(one, org_id="sample-games", **DAYS) for one in ANSWERS}
    zone = {"postgresql": "set time zone 'Asia/Tokyo'", "duckdb": "set timezone = 'Asia/Tokyo'"}
    if small.name in zone:
        small.run(zone[small.name])
        # The control: a cast of an instant would have been another day.
        late = "select cast(cast('2026-08-31 20:00:00+00:00' as timestamptz) as date)"
        assert small.ask(late, {}) == [(date(2026, 9, 1),)]
    assert {one: small.answer(one, org_id="sample-games", **DAYS) for one in ANSWERS} == before
    small.run(_insert("e-1", "2026-08-31", "2026-08-31 20:00:00.000+00:00"))


def test_calendars_are_the_same_in_every_engine(small: Engine) -> None:
    found = small.ask("select day, week_start, week from calendar order by day", {})
    days = [tuple(str(value) for value in row) for row in found]
    assert len(days) == 7305
    first = date(2020, 1, 1)
    monday = date(1970, 1, 5).toordinal()
    for number, row in enumerate(days):
        day = date.fromordinal(first.toordinal() + number)
        start = date.fromordinal(day.toordinal() - day.weekday())
        assert row == (str(day), str(start), str((start.toordinal() - monday) // 7))


def test_a_day_that_is_not_the_events_is_refused(small: Engine) -> None:
    with pytest.raises(REFUSED):
        small.run(_insert("e-1", "2026-08-30", "2026-08-31 00:00:00.000+00:00"))


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_an_event_counts_once(name: str, tmp_path: Path) -> None:
    engine = load(name, sample_file_rows(), tmp_path)
    once = _insert("e-1", "2026-08-31", "2026-08-31 00:00:00.000+00:00")
    engine.run(once)
    with pytest.raises(REFUSED):
        engine.run(once)


def test_an_event_of_a_month_that_was_not_made_is_kept_and_found(small: Engine) -> None:
    small.run(_insert("e-1", "2031-02-03", "2031-02-03 00:00:00.000+00:00"))
    found = small.answer(
        "top_organizations", first_day=date(2031, 2, 1), last_day=date(2031, 2, 28)
    )
    assert found == [("sample-games", "Sample Games", "enterprise", 1)]


def test_sqlite_refuses_times_that_do_not_sort(tmp_path: Path) -> None:
    engine = load("sqlite", sample_file_rows(), tmp_path)
    for wrong in ("2026-08-31T00:00:00.000Z", "2026-08-31 00:00:00+00:00"):
        with pytest.raises(REFUSED):
            engine.run(_insert("e-1", "2026-08-31", wrong))


def test_a_new_column_leaves_old_events_and_questions_alone(small: Engine) -> None:
    before = {one: small.answer(one, org_id="sample-games", **DAYS) for one in ANSWERS}
    text = "Nullable(String)" if small.name == "clickhouse" else "text"
    small.run(f"alter table events add column campaign {text}")
    assert {one: small.answer(one, org_id="sample-games", **DAYS) for one in ANSWERS} == before
    new = _insert("e-1", "2026-08-31", "2026-08-31 00:00:00.000+00:00")
    small.run(
        new.replace("event_type)", "event_type, campaign)").replace("'visit')", "'visit', 'x')")
    )
    found = small.ask("select campaign, count(*) from events group by campaign order by 2", {})
    assert found == [("x", 1), (None, len(sample_file_rows().events))]


def _insert(event_id: str, day: str, time: str) -> str:
    columns = "org_id, event_date, event_time, event_id, user_id, event_type"
    values = f"'sample-games', '{day}', '{time}', '{event_id}', 'user-01-000001', 'visit'"
    return f"insert into events ({columns}) values ({values})"
