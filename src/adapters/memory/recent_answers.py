"""Answers remembered for a moment, so that a busy question costs microseconds."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from attrs import define, field

Q = TypeVar("Q", bound=Hashable)
A = TypeVar("A")

CAPACITY = 10_000


@define
class RecentAnswers(Generic[Q, A]):
    """Remembers each answer, yes or no, for a moment after the question was put.

    Any number of callers who put the same question at once cause it once.

    Args:
        ask: Who knows the answer.
        seconds: How long it is believed. [s]
        monotonic: A clock that is never set. [s]
    """

    ask: Callable[[Q], Coroutine[Any, Any, A]]
    seconds: float = 1.0
    monotonic: Callable[[], float] = time.monotonic
    _answers: dict[Q, tuple[float, "asyncio.Task[A]"]] = field(factory=dict, init=False)

    async def __call__(self, question: Q) -> A:
        """The answer, at most so many seconds old.

        Raises:
            Exception: Whatever asking raises; a failure is not remembered.
        """
        now = self.monotonic()
        asked_at, answer = self._answers.get(question, (0.0, None))
        if answer is None or now - asked_at >= self.seconds or _failed(answer):
            self._answers.pop(question, None)  # the newest stands last, so the oldest goes first
            if len(self._answers) >= CAPACITY:
                del self._answers[next(iter(self._answers))]
            answer = asyncio.ensure_future(self.ask(question))
            self._answers[question] = now, answer
        if answer.done():
            return answer.result()
        # Shielded: one caller that leaves must not take the answer from the others.
        return await asyncio.shield(answer)

    def forget(self, question: Q) -> None:
        """Ask anew the next time."""
        self._answers.pop(question, None)

    def clear(self) -> None:
        """Ask everything anew."""
        self._answers.clear()


def _failed(answer: "asyncio.Task[Any]") -> bool:
    return answer.done() and (answer.cancelled() or answer.exception() is not None)
