"""The users behind a number of a funnel."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from attrs import evolve, field, frozen

from ...attributes import Json
from ...errors import Flaw, InvalidFields
from ...events import instant
from ..patterns import History
from ..question import Reach
from ..sheet import Sheet
from .answer import users, walker
from .attempts import Attempt
from .query import FunnelQuery

MOST_USERS = 1_000
"""Most attempts of one page."""


class FunnelState(StrEnum):
    """Who is listed.

    `reached`: those counted at a step. `dropped`: those counted at the step before it that is
    not optional, but not at the step.
    """

    REACHED = "reached"
    DROPPED = "dropped"


@frozen(order=True)
class AttemptKey:
    """Which attempt it is, in the order of a list.

    Args:
        user_id: Whose.
        number: Which of the counted attempts of the user, from 0; never more than 0 unless
            users may enter again.
    """

    user_id: str
    number: int = 0


@frozen
class FunnelAttempt:
    """A counted attempt.

    Args:
        user_id: Whose.
        entered_at: When it was entered. [UTC]
        steps: When each step was filled; null where it was not. [UTC]
    """

    user_id: str
    entered_at: datetime
    steps: tuple[datetime | None, ...]

    @staticmethod
    def of(user_id: str, instants: Iterable[int | None]) -> "FunnelAttempt":
        """From the instants of its steps. [µs]"""
        steps = tuple(None if at is None else instant(at) for at in instants)
        assert steps[0] is not None
        return FunnelAttempt(user_id, steps[0], steps)


@frozen
class FunnelPage:
    """A page of attempts.

    Args:
        items: By user id, then by entry.
        following: The last of them, if there are more after it.
    """

    items: tuple[FunnelAttempt, ...]
    following: AttemptKey | None


@frozen
class FunnelUsers:
    """Who reached a step, or dropped out before it, with the instants of their attempt.

    Args:
        query: The funnel.
        step: The number of the step.
        state: Who is listed.
        limit: Most attempts of the page, 1 to 1,000.
        after: Where the page before ended; None for the first one.
        explain: Whether whoever asks wants to know how it was answered.

    Raises:
        InvalidFields: If there is no such step, nobody can drop out before it, or the limit is
            not from 1 to 1,000.
    """

    query: FunnelQuery
    step: int
    state: FunnelState = FunnelState.REACHED
    limit: int = 100
    after: AttemptKey | None = None
    explain: bool = field(default=False, repr=False)

    def __attrs_post_init__(self) -> None:
        flaws = []
        if not 1 <= self.step <= len(self.query.steps):
            message = f"must be one of the {len(self.query.steps)} steps"
            flaws.append(Flaw(("step",), "out_of_range", message))
        elif self.step == 1 and self.state is FunnelState.DROPPED:
            message = "nobody drops out before the first step"
            flaws.append(Flaw(("step",), "first_step", message))
        if not 1 <= self.limit <= MOST_USERS:
            message = f"must be from 1 to {MOST_USERS}"
            flaws.append(Flaw(("limit",), "out_of_range", message))
        if flaws:
            raise InvalidFields(flaws)

    @property
    def plain(self) -> FunnelQuery:
        """The funnel, without what is told beside its counts."""
        return evolve(
            self.query, breakdown=None, trend=None, time_to_convert=None, sensitivity=False
        )

    def reference(self, history: History, now: datetime) -> FunnelPage:
        """The page, slow and obvious."""
        told = sorted(self._listed(history, now), key=lambda pair: pair[0])
        rest = [pair for pair in told if self.after is None or pair[0] > self.after]
        return page(rest[: self.limit], more=len(rest) > self.limit)

    def sheet(self, figures: FunnelPage) -> Sheet:
        """A row per attempt, with the instant of each step."""
        numbered = (f"steps.{number}" for number in range(1, len(self.query.steps) + 1))
        rows = ((one.user_id, one.entered_at, *one.steps) for one in figures.items)
        return Sheet(("user_id", "entered_at", *numbered), rows)

    def _listed(
        self, history: History, now: datetime
    ) -> Iterator[tuple[AttemptKey, FunnelAttempt]]:
        for user_id, rows in users(self.plain, history):
            for number, one in enumerate(walker(self.plain, user_id, rows, now).counted):
                if self._lists(one.attempt):
                    attempt = FunnelAttempt.of(user_id, one.attempt.instants)
                    yield AttemptKey(user_id, number), attempt

    def _lists(self, one: Attempt) -> bool:
        if self.state is FunnelState.REACHED:
            return one.reached(self.step)
        return one.reached(self.query.before(self.step)) and not one.reached(self.step)

    def attributes(self) -> frozenset[str]:
        """The attributes of users that it looks at."""
        return self.plain.attributes()

    def reach(self) -> Reach:
        """Which events it looks at, at most."""
        return self.plain.reach()

    def rules(self) -> Mapping[str, Json]:
        """The rules of the funnel, and who is listed."""
        return {**self.plain.rules(), "step": self.step, "state": self.state.value}

    def complete_until(self, now: datetime) -> datetime:
        """As of the funnel. [UTC]"""
        return self.plain.complete_until(now)


def page(told: Iterable[tuple[AttemptKey, FunnelAttempt]], *, more: bool) -> FunnelPage:
    """A page of some attempts, with where it ends if there are more."""
    listed = tuple(told)
    return FunnelPage(tuple(one for _, one in listed), listed[-1][0] if more and listed else None)
