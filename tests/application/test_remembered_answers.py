"""Answers are remembered as long as there is room for their rows."""

import gc
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve, frozen

from sightline.adapters.memory.recent_questions import RecentQuestions, series_bytes
from sightline.domain.identifiers import TenantId
from sightline.domain.questions import Grain, QuestionRange, Reach
from sightline.domain.questions.series import (
    LevelCells,
    Measure,
    SeriesFigures,
    SeriesQuery,
    SeriesRows,
    arranged,
    levels,
)
from sightline.ports.question_engine import Answered, Asked

ACME = TenantId("acme")
LATER = datetime(2026, 1, 1, tzinfo=UTC)


@frozen
class Long:
    """A question that has so many rows, and its answer."""

    number: int
    rows: tuple[int, ...]


class Answering:
    """An engine whose answer is the question."""

    async def answer(self, tenant: TenantId, asked: Asked) -> Answered:
        return Answered(asked.question, 1, "memory", "reference", 0)

    async def position(self, tenant: TenantId) -> int:
        return 1

    async def weight(self, tenant: TenantId, reach: Reach) -> int:
        return 0


async def _known(recent: RecentQuestions, number: int, rows: int) -> bool:
    question: Any = Long(number, (0,) * rows)
    asked = Asked(question, {}, 0, datetime(2026, 1, 1, tzinfo=UTC))
    return (await recent.answer(ACME, asked)).cached


async def test_long_answers_make_room_for_others_and_short_ones_stay() -> None:
    recent = RecentQuestions(Answering(), most_bytes=20_000)
    assert not await _known(recent, 1, rows=4)
    assert not await _known(recent, 2, rows=4)
    assert await _known(recent, 1, rows=4)
    assert not await _known(recent, 3, rows=4)
    assert await _known(recent, 1, rows=4)
    assert not await _known(recent, 2, rows=4)


async def test_an_answer_that_is_longer_than_all_room_is_given_and_not_remembered() -> None:
    recent = RecentQuestions(Answering(), most_bytes=20_000)
    assert not await _known(recent, 1, rows=11)
    assert not await _known(recent, 1, rows=11)
    assert not await _known(recent, 2, rows=10)
    assert await _known(recent, 2, rows=10)


def _page(measures: int, groups: int, days: int) -> SeriesRows:
    """Rows whose every figure and text is a value of its own."""
    query = SeriesQuery(
        QuestionRange("2025-01-01", f"2025-01-{days:02}"),
        tuple(Measure(f"m{at}") for at in range(measures)),
        ("properties.a", "properties.b"),
        Grain.DAY,
        limit=10_000,
    )
    named = [(f"first {at:06}", f"second, ü, {at:06}") for at in range(groups)]
    figures = [[[at + 0.5 + day for day in range(days)] for at in range(groups)]] * measures
    (level,) = levels(query)
    return arranged(query, [LevelCells(level, named, figures, None)], LATER).rows


@pytest.mark.parametrize(
    ("measures", "groups", "days"), [(1, 160, 28), (20, 50, 28), (1, 9_000, 1)]
)
def test_a_page_of_a_series_takes_no_more_memory_than_is_counted(
    measures: int, groups: int, days: int
) -> None:
    gc.collect()
    tracemalloc.start()
    rows = _page(measures, groups, days)
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken <= series_bytes(rows) <= 4 * taken


async def test_more_pages_of_a_series_are_remembered_than_rows_that_are_values() -> None:
    rows = _page(1, 160, 28)
    window = rows.query.timeline.window
    figures: Any = SeriesFigures(rows, 0, 0, window.start, window.end, False, False, None)
    recent = RecentQuestions(Answering(), most_bytes=3 * series_bytes(rows))

    async def known(at: int) -> bool:
        return (
            await recent.answer(ACME, Asked(evolve(figures, rows_before=at), {}, 0, LATER))
        ).cached

    assert [await known(at) for at in (1, 2, 3, 1)] == [False, False, False, True]
    assert [await known(at) for at in (4, 1, 2)] == [False, True, False]
