"""Series that the figures of days answer are answered from them, at the position asked for."""

from datetime import UTC, datetime

from hypothesis import given

from sightline.adapters.columns.rolled_up import RolledUpQuestions
from sightline.adapters.memory.event_store import MemoryEventStore
from sightline.adapters.memory.question_engine import ReferenceQuestionEngine
from sightline.domain.events import EventSlice
from sightline.domain.identifiers import TenantId
from sightline.domain.questions import Grain, History, QuestionRange
from sightline.domain.questions.series import Measure, SeriesQuery
from sightline.ports.question_engine import Answered, Asked
from sightline.testing.strategies.question_histories import question_histories
from sightline.testing.strategies.questions_series import (
    day_series,
    series_histories,
    series_queries,
)

ACME = TenantId("acme")
NOW = datetime(2026, 3, 30, tzinfo=UTC)
DAYS = SeriesQuery(QuestionRange("2026-03-27", "2026-03-29"), (Measure("n"),), (), Grain.DAY)


async def loaded(history: History) -> RolledUpQuestions:
    store = MemoryEventStore()
    await store.load({ACME: EventSlice(0, len(history.events), history.events)})
    return RolledUpQuestions(ReferenceQuestionEngine(store), store)


async def asked(history: History, query: SeriesQuery, through: int | None = None) -> Answered:
    questions = await loaded(history)
    return await questions.answer(ACME, Asked(query, history.users, 0, NOW, through))


@given(query=day_series() | series_queries(), history=series_histories())
async def test_whoever_answers_says_the_same(query: SeriesQuery, history: History) -> None:
    found = await asked(history, query)
    assert found.figures == query.reference(history, NOW)
    assert found.position == len(history.events)


@given(history=question_histories(most=4))
async def test_days_answer_without_reading_an_event(history: History) -> None:
    found = await asked(history, DAYS, len(history.events))
    assert (found.path, found.read) == ("roll-up of days", 0)


@given(history=question_histories(most=6).filter(lambda one: len(one.events) > 1))
async def test_an_earlier_position_is_read_from_events(history: History) -> None:
    found = await asked(history, DAYS, 1)
    assert (found.path, found.position) == ("reference", 1)
    assert found.figures == DAYS.reference(History(history.events[:1]), NOW)
