"""Pages of rows, each of which is made when it is asked for."""

import gc
import weakref
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given

from sightline.domain.questions import Grain, History, QuestionRange
from sightline.domain.questions.series import (
    Direction,
    Drill,
    LevelCells,
    Measure,
    Order,
    SeriesQuery,
    SeriesRow,
    arranged,
    levels,
)
from sightline.testing.strategies.question_histories import asking_instants
from sightline.testing.strategies.questions_series import series_histories, series_queries

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUERY = SeriesQuery(
    QuestionRange("2026-03-01", "2026-03-03"),
    (Measure("n"),),
    ("properties.channel", "event_type"),
    Grain.DAY,
)
GROUPS = [("ads", "pay"), ("ads", "visit"), ("mail", "visit")]


def cells(query: SeriesQuery = QUERY) -> list[LevelCells]:
    """Figures that tell where they are from: a hundred per group, one per day."""
    (level,) = levels(query)
    days = range(len(level.spans(query.timeline)))
    return [
        LevelCells(level, GROUPS, [[[100 * at + day for day in days] for at in range(3)]], None)
    ]


def figures(query: SeriesQuery) -> list[Any]:
    return [row.values["n"] for row in arranged(query, cells(), NOW).rows]


def test_rows_come_by_day_and_group() -> None:
    page = arranged(QUERY, cells(), NOW)
    assert figures(QUERY) == [0, 100, 200, 1, 101, 201, 2, 102, 202]
    assert [row.complete for row in page.rows] == [True] * 3 + [False] * 6
    last = page.rows[-1]
    assert last.start == datetime(2026, 3, 3, tzinfo=UTC)
    assert last.dimensions == {"properties.channel": "mail", "event_type": "visit"}
    assert (last.level, last.compared_start, last.compared) == (0, None, None)


def test_a_page_is_cut_out_of_the_order() -> None:
    falling = evolve(QUERY, order=(Order("n", Direction.DESC),))
    assert figures(evolve(falling, limit=2)) == [202, 201]
    assert figures(evolve(falling, limit=2, skip=8)) == [0]
    assert figures(evolve(falling, limit=2, skip=9)) == []
    by_type = (Order("event_type", Direction.DESC), Order("start", Direction.DESC))
    assert figures(evolve(QUERY, order=by_type, limit=4)) == [102, 202, 101, 201]


def test_a_page_is_a_sequence() -> None:
    rows = arranged(QUERY, cells(), NOW).rows
    listed = list(rows)
    assert len(rows) == len(listed) == 9
    assert rows == listed
    assert tuple(rows) == rows
    assert rows[2:5] == listed[2:5]
    assert rows[-1] == listed[-1] == rows[8]
    assert listed[3] in rows
    assert rows != listed[1:]
    assert rows != listed[::-1]
    for beyond in (9, -10):
        with pytest.raises(IndexError):
            rows[beyond]


def test_rows_are_equal_where_all_that_they_say_is() -> None:
    rows = arranged(QUERY, cells(), NOW).rows
    assert rows == arranged(evolve(QUERY, limit=9), cells(), NOW).rows
    assert rows[0] != rows[1]
    assert rows[0] != arranged(QUERY, cells(), datetime(2026, 3, 1, tzinfo=UTC)).rows[0]
    narrowed = SeriesQuery(
        QUERY.range, (Measure("n", event_type="pay"),), QUERY.dimensions, Grain.DAY
    )
    assert rows[1] != arranged(narrowed, cells(), NOW).rows[1]  # its drill is another


def test_what_rows_have_in_common_cannot_be_changed_by_one() -> None:
    rows: Any = arranged(QUERY, cells(), NOW).rows
    with pytest.raises(TypeError):
        rows[0].dimensions["event_type"] = "other"
    with pytest.raises(AttributeError):
        rows[0].start = None


def test_a_page_holds_nothing_of_what_it_was_cut_out_of() -> None:
    found = cells()
    (whole,) = map(weakref.ref, found)
    page = arranged(evolve(QUERY, limit=1), found, NOW)
    del found
    gc.collect()
    assert whole() is None
    assert page.rows[0].drill


@given(query=series_queries(), history=series_histories(), now=asking_instants())
def test_a_drill_is_the_same_whoever_asks_for_it_first(
    query: SeriesQuery, history: History, now: datetime
) -> None:
    rows = query.reference(history, now).rows
    alone = [Drill(query).deeper(*place) for place in zip(rows.stretches, rows.groups, strict=True)]
    assert [row.drill for row in reversed(list(rows))] == alone[::-1]


def test_a_row_says_what_it_is() -> None:
    row: SeriesRow = arranged(QUERY, cells(), NOW).rows[1]
    assert "'n': 100" in repr(row)
    assert repr(arranged(QUERY, cells(), NOW).rows[1:2]) == f"({row!r},)"
