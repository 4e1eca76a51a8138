"""Whoever answers questions over events."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from attrs import Factory, frozen

from ..domain.attributes import Attributes
from ..domain.identifiers import TenantId
from ..domain.questions import Question, Reach


@frozen
class Asked:
    """A question, and what it is answered with.

    Args:
        question: What is asked.
        users: What is known of users, as far as the question looks at it.
        users_position: Position of the tenant's users that was seen; 0 where none were needed.
        now: When it is asked; windows and intervals that end later are open. [UTC]
        through: The last position that the answer sees; None for all there is.
        told: The question in one text; those that are told alike are one.
    """

    question: Question
    users: Mapping[str, Attributes]
    users_position: int
    now: datetime
    through: int | None = None
    told: str = Factory(lambda self: repr(self.question), takes_self=True)


@frozen
class Answered:
    """An answer.

    Args:
        figures: What `question.reference` says.
        position: The position up to which events were seen.
        engine: Who answered.
        path: Which way it took.
        read: Events that were looked at.
        cached: Whether it was known from a moment ago.
    """

    figures: Any
    position: int
    engine: str
    path: str
    read: int
    cached: bool = False


class QuestionEngine(Protocol):
    """Answers questions exactly as their `reference` does."""

    async def answer(self, tenant: TenantId, asked: Asked) -> Answered:
        """The answer, of the events that are there.

        Raises:
            Unavailable: If the store does not answer in time.
        """

    async def position(self, tenant: TenantId) -> int:
        """The position up to which an answer would see events now; known at once.

        Raises:
            Unavailable: If the store does not answer.
        """

    async def weight(self, tenant: TenantId, reach: Reach) -> int:
        """How many events lie within a reach, at most.

        Raises:
            Unavailable: If the store does not answer.
        """
