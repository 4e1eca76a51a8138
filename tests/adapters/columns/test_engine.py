"""A kernel ends when nobody waits for it, and when it takes too long; few work at once."""

import asyncio
import os
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from sightline.adapters.columns import UserColumns, Wanted, columns_of
from sightline.adapters.columns.columns import Stopped
from sightline.adapters.columns.engine import ColumnQuestionEngine, Kernel
from sightline.adapters.threads import STEPS_BACK
from sightline.domain.attributes import Attributes
from sightline.domain.errors import Unavailable
from sightline.domain.identifiers import TenantId
from sightline.domain.questions import EventPattern, Grain, History, QuestionRange, Reach
from sightline.domain.questions.stickiness import StickinessQuery
from sightline.ports.question_engine import Asked

ACME = TenantId("acme")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
QUESTION = StickinessQuery(QuestionRange("2026-03-01", "2026-03-02"), Grain.DAY, EventPattern())


class Nothing:
    """A source without events."""

    async def columns(
        self, tenant: TenantId, wanted: Wanted, users: Mapping[str, Attributes]
    ) -> UserColumns:
        return columns_of(History(()), wanted)

    async def position(self, tenant: TenantId) -> int:
        return 0

    async def weight(self, tenant: TenantId, reach: Reach) -> int:
        return 0


class Endless:
    """A kernel that goes from user to user until it is told to stop."""

    def __init__(self) -> None:
        self.began, self.ended = threading.Event(), threading.Event()

    def __call__(self, question: Any, columns: UserColumns, now: datetime) -> Any:
        self.began.set()
        try:
            while True:
                columns.go_on()
        except Stopped:
            self.ended.set()
            raise


class Held(Nothing):
    """A source that counts the questions whose columns are in memory; its kernel lets go."""

    def __init__(self) -> None:
        self.now: list[int] = []
        self.most = 0

    async def columns(
        self, tenant: TenantId, wanted: Wanted, users: Mapping[str, Attributes]
    ) -> UserColumns:
        self.now.append(1)
        self.most = max(self.most, len(self.now))
        return await super().columns(tenant, wanted, users)

    def kernel(self, question: Any, columns: UserColumns, now: datetime) -> Any:
        self.now.pop()


def engine(kernel: Endless, deadline_seconds: float) -> ColumnQuestionEngine:
    made = Kernel(lambda _: Wanted((EventPattern(),)), kernel, lambda _: "by user")
    return ColumnQuestionEngine(Nothing(), {StickinessQuery: made}, "columns", deadline_seconds)


async def test_a_kernel_ends_when_whoever_asked_has_left() -> None:
    kernel = Endless()
    asking = asyncio.create_task(engine(kernel, 60).answer(ACME, Asked(QUESTION, {}, 0, NOW)))
    assert await asyncio.to_thread(kernel.began.wait, 10)
    assert not kernel.ended.is_set()
    asking.cancel()
    assert await asyncio.to_thread(kernel.ended.wait, 10)
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_kernel_that_takes_too_long_ends_with_words() -> None:
    kernel = Endless()
    with pytest.raises(Unavailable, match="too long"):
        await engine(kernel, 0.01).answer(ACME, Asked(QUESTION, {}, 0, NOW))
    assert await asyncio.to_thread(kernel.ended.wait, 10)


async def test_many_who_ask_at_once_do_not_fill_memory_with_columns() -> None:
    source, cores = Held(), os.cpu_count() or 1
    made = Kernel(lambda _: Wanted((EventPattern(),)), source.kernel, lambda _: "vectorised")
    asked = ColumnQuestionEngine(source, {StickinessQuery: made})
    questions = [asked.answer(ACME, Asked(QUESTION, {}, 0, NOW)) for _ in range(8 * cores)]
    await asyncio.gather(*questions)
    assert source.most <= cores
    assert not source.now


async def test_a_kernel_computes_behind_the_event_loop() -> None:
    """Whose niceness differs where threads have one, which is on Linux."""
    made = Kernel(lambda _: Wanted((EventPattern(),)), lambda *_: os.nice(0), lambda _: "by user")
    asked = ColumnQuestionEngine(Nothing(), {StickinessQuery: made})
    answered = await asked.answer(ACME, Asked(QUESTION, {}, 0, NOW))
    behind = STEPS_BACK if sys.platform == "linux" else 0
    assert answered.figures == min(os.nice(0) + behind, 19)
