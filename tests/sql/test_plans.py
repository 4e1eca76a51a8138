"""What the comments of `sql/queries.sql` say of plans is what EXPLAIN says."""

import re
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from .conftest import slice_of_the_workspace
from .engines import Engine, load

AUGUST = {"first_day": date(2026, 8, 2), "last_day": date(2026, 8, 31)}
TWO_MONTHS = {"first_day": date(2026, 7, 20), "last_day": date(2026, 8, 5)}
TOLD = ("top_organizations", "daily_active_users")
ONE = "select count(distinct user_id) from events where org_id = 'sample-games'"
OF_A_WEEK = f"{ONE} and event_date between '2026-08-04' and '2026-08-10'"


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return load("postgresql", slice_of_the_workspace(), tmp_path_factory.mktemp("postgresql"))


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return load("sqlite", slice_of_the_workspace(), tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="module")
def duckdb(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return load("duckdb", slice_of_the_workspace(), tmp_path_factory.mktemp("duckdb"))


@pytest.mark.parametrize("question", TOLD)
def test_sqlite_reads_the_range_from_the_covering_index(sqlite: Engine, question: str) -> None:
    jump = "COVERING INDEX events_by_day (ANY(org_id) AND event_date>? AND event_date<?)"
    assert f"SEARCH events USING {jump}" in sqlite.plan(question, **AUGUST)


@pytest.mark.parametrize("question", TOLD)
def test_sqlite_scans_an_index_from_end_to_end_before_it_is_analyzed(
    tmp_path: Path, question: str
) -> None:
    engine = load("sqlite", slice_of_the_workspace(), tmp_path)
    engine.run("drop table sqlite_stat1; analyze sqlite_master")
    assert "SCAN events USING COVERING INDEX events_by_" in engine.plan(question, **AUGUST)


@pytest.mark.parametrize("question", TOLD)
def test_postgresql_looks_at_the_months_of_the_range_only(postgres: Engine, question: str) -> None:
    assert _months(postgres.plan(question, **AUGUST)) == {"2026_08"}
    assert _months(postgres.plan(question, **TWO_MONTHS)) == {"2026_07", "2026_08"}


def test_without_a_range_it_looks_at_all(postgres: Engine) -> None:
    plan = postgres.ask(f"explain {ONE}", {})
    months = _months(str(plan))
    assert months == {"2026_06", "2026_07", "2026_08", "2026_09", "other"}


def test_postgresql_finds_a_week_of_one_organization_by_the_index(postgres: Engine) -> None:
    plan = str(postgres.ask(f"explain {OF_A_WEEK}", {}))
    assert _months(plan) == {"2026_08"}
    assert "events_2026_08_org_id_event_date_user_id_idx" in plan


@pytest.mark.parametrize("question", TOLD)
def test_duckdb_filters_while_it_reads(duckdb: Engine, question: str) -> None:
    plan = duckdb.plan(question, **AUGUST)
    scan, _, _ = plan[plan.index("Table: memory.main.events") :].partition("╰")
    assert "event_date >= '2026-08-02'" in scan
    assert "org_id" in scan
    assert "properties" not in scan


@pytest.mark.parametrize("question", TOLD)
def test_clickhouse_reads_the_parts_of_the_range_only(tmp_path: Path, question: str) -> None:
    with closing(load("clickhouse", slice_of_the_workspace(), tmp_path)) as engine:
        _, _, read = engine.plan(question, **AUGUST).partition("ReadFromMergeTree (default.events)")
        assert "Parts: 1/3" in read
        _, _, both = engine.plan(question, **TWO_MONTHS).partition("(default.events)")
        assert "Parts: 2/3" in both


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("new_users_by_week", "SEARCH events USING COVERING INDEX events_by_user (org_id=?)"),
        ("weekly_retention", "SEARCH e USING COVERING INDEX events_by_type (org_id=? AND event_ty"),
        ("weekly_retention", "SEARCH e USING COVERING INDEX events_by_day (org_id=? AND event_dat"),
        ("three_step_funnel", "SEARCH events USING COVERING INDEX events_by_type (org_id=? AND ev"),
    ],
)
def test_sqlite_answers_the_others_from_indexes(sqlite: Engine, question: str, index: str) -> None:
    assert index in sqlite.plan(question, org_id="sample-games", **AUGUST)


def _months(plan: str) -> set[str]:
    return set(re.findall(r"Scan (?:using \S+ )?on events_(\d{4}_\d\d|other)", plan))
