"""What every question has in common."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from attrs import frozen

from ..attributes import Json
from ..events import Event
from .patterns import History
from .sheet import Sheet


@frozen
class Reach:
    """Which events an answer has to look at, at most.

    Args:
        start: Only events at or after this instant; None for all before.
        end: Only events before this instant; None for all after.
        types: Only events of one of these types; None for all.
    """

    start: datetime | None = None
    end: datetime | None = None
    types: frozenset[str] | None = None

    def holds(self, event: Event) -> bool:
        """Whether an event lies within it; days of UTC are taken whole."""
        day = event.timestamp.date()
        return (
            (self.start is None or day >= self.start.date())
            and (self.end is None or day <= self.end.date())
            and (self.types is None or event.event_type in self.types)
        )


class Question(Protocol):
    """A question over the events of one tenant.

    Two questions that print alike are one: `repr` must tell everything that an answer
    depends on, and nothing else.
    """

    @property
    def explain(self) -> bool:
        """Whether whoever asks wants to know how it was answered; left out of `repr`."""

    def reference(self, history: History, now: datetime) -> Any:
        """The answer, slow and obvious: what every engine is held to.

        Args:
            history: All events that the answer sees, and their users.
            now: When it is asked; windows and intervals that end later are open. [UTC]
        """

    def sheet(self, figures: Any) -> Sheet:
        """An answer as rows.

        Args:
            figures: What `reference` says, or a page of it.
        """

    def attributes(self) -> frozenset[str]:
        """The attributes of users that it looks at."""

    def reach(self) -> Reach:
        """Which events it looks at, at most."""

    def rules(self) -> Mapping[str, Json]:
        """Everything that the answer depends on, all defaults spelled out: JSON."""

    def complete_until(self, now: datetime) -> datetime:
        """The instant up to which no interval and no window is open any more. [UTC]"""


@frozen(eq=False)
class Posed:
    """A question, and what everybody who answers it asks of it, found out once.

    Args:
        question: What is asked.
        told: All that an answer depends on, in one text: questions that are told alike are one.
        attributes: The attributes of users that it looks at.
        reach: Which events it looks at, at most.
        rules: Everything that the answer depends on, all defaults spelled out.
    """

    question: Question
    told: str
    attributes: frozenset[str]
    reach: Reach
    rules: Mapping[str, Json]

    @staticmethod
    def of(question: Question) -> "Posed":
        """A question that is going to be asked, perhaps more than once."""
        return Posed(
            question, repr(question), question.attributes(), question.reach(), question.rules()
        )


class Additive(Question, Protocol):
    """A question whose counts add up: of two sets of users that share none, of all their events.

    ``concluded(counted(one) + counted(other)) == reference(both)``, to the last digit. Counts
    are multisets, so adding them is associative and commutative, and nothing is neutral.

    Answers themselves do not add up: not medians, averages, quantiles and shares, nor what is
    cut at a limit or a page.
    """

    def counted(self, history: History, now: datetime) -> Counter[Any]:
        """What is counted of a history, however it is shared out."""

    def concluded(self, counts: Counter[Any], now: datetime) -> Any:
        """The answer that counts come to: what `reference` says.

        Args:
            counts: Of all users.
            now: When it is asked. [UTC]
        """


@frozen(slots=False)
class Explanation:
    """How a question was answered.

    Args:
        engine: Who answered: `memory`, `columns` or `clickhouse`.
        path: Which way it took, in the engine's words: `vectorised`, `by user`, `roll-up` …
        events_read: Events that it looked at.
        events_estimated: Events that it was expected to look at, at most.
        asked_at: The minute that it was answered as of: what ends later is open. [UTC]
        cached: Whether it was known from a moment ago, at the same position.
    """

    engine: str
    path: str
    events_read: int
    events_estimated: int
    asked_at: datetime
    cached: bool


@frozen
class Answer:
    """What comes of a question.

    Args:
        figures: What its `reference` says.
        rules: Everything that it depends on.
        as_of: The ingestion position up to which events were seen.
        complete_until: The instant up to which nothing is open any more. [UTC]
        explanation: How it was answered.
    """

    figures: Any
    rules: Mapping[str, Json]
    as_of: int
    complete_until: datetime
    explanation: Explanation


def asked_at(now: datetime) -> datetime:
    """The minute of an instant, as of which questions are answered. [UTC]

    So that the same question at the same position has one answer for a minute.
    """
    return now.astimezone(UTC).replace(second=0, microsecond=0)
