"""Answers are remembered as long as there is room for their rows."""

from datetime import UTC, datetime
from typing import Any

from attrs import frozen

from sightline.adapters.memory.recent_questions import RecentQuestions
from sightline.domain.identifiers import TenantId
from sightline.domain.questions import Reach
from sightline.ports.question_engine import Answered, Asked

ACME = TenantId("acme")


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
    recent = RecentQuestions(Answering(), most_rows=10)
    assert not await _known(recent, 1, rows=4)
    assert not await _known(recent, 2, rows=4)
    assert await _known(recent, 1, rows=4)
    assert not await _known(recent, 3, rows=4)
    assert await _known(recent, 1, rows=4)
    assert not await _known(recent, 2, rows=4)


async def test_an_answer_that_is_longer_than_all_room_is_given_and_not_remembered() -> None:
    recent = RecentQuestions(Answering(), most_rows=10)
    assert not await _known(recent, 1, rows=11)
    assert not await _known(recent, 1, rows=11)
    assert not await _known(recent, 2, rows=10)
    assert await _known(recent, 2, rows=10)
