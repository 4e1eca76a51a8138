"""Save cohorts, and tell how large they are and who is in them."""

from datetime import datetime

from attrs import frozen

from ..domain.errors import InvalidInput
from ..domain.identifiers import CohortId, TenantId
from ..domain.questions import Answer, Grain, WeekStart
from ..domain.questions.cohorts import (
    CohortDraft,
    CohortMembersQuery,
    CohortQuery,
    SavedCohort,
)
from ..domain.tenancy import ALPHABET
from ..ports.clock import Clock
from ..ports.random_text import RandomText
from ..ports.saved_cohorts import SavedCohorts
from .ask_question import AskQuestion

_ID_LENGTH = 16


@frozen
class SaveCohort:
    """Use case: give a cohort a name."""

    cohorts: SavedCohorts
    clock: Clock
    random_text: RandomText

    async def __call__(self, tenant: TenantId, draft: CohortDraft) -> SavedCohort:
        """Save.

        Raises:
            TooManyCohorts: If the tenant has 200 already.
        """
        cohort = CohortId(self.random_text.draw(ALPHABET, _ID_LENGTH))
        return await self.cohorts.add(tenant, cohort, draft, self.clock.now())


@frozen
class ListCohorts:
    """Use case: all saved cohorts."""

    cohorts: SavedCohorts

    async def __call__(self, tenant: TenantId) -> tuple[SavedCohort, ...]:
        """List, by name."""
        return await self.cohorts.every(tenant)


@frozen
class ReplaceCohort:
    """Use case: say anew what a cohort is."""

    cohorts: SavedCohorts
    clock: Clock

    async def __call__(
        self, tenant: TenantId, cohort: CohortId, draft: CohortDraft, expected: int | None
    ) -> SavedCohort:
        """Replace.

        Raises:
            CohortNotFound: If there is none.
            VersionMismatch: If it has another version than the expected one.
        """
        return await self.cohorts.replace(tenant, cohort, draft, expected, self.clock.now())


@frozen
class RemoveCohort:
    """Use case: forget a cohort; its members stay what they are."""

    cohorts: SavedCohorts

    async def __call__(self, tenant: TenantId, cohort: CohortId, expected: int | None) -> None:
        """Remove.

        Raises:
            CohortNotFound: If there is none.
            VersionMismatch: If it has another version than the expected one.
        """
        await self.cohorts.remove(tenant, cohort, expected)


@frozen
class CohortWish:
    """What is asked of a cohort.

    Args:
        as_of: The instant of the membership; None for now. [UTC]
        interval: At the beginning of which intervals sizes are told.
        intervals: At how many.
        retention: By which interval the members' retention is told; None for not at all.
        timezone: Whose calendar it is.
        week_start: The first day of a week.
        explain: Whether the answer says how it came about.
    """

    as_of: datetime | None = None
    interval: Grain = Grain.WEEK
    intervals: int = 12
    retention: Grain | None = None
    timezone: str = "UTC"
    week_start: WeekStart = WeekStart.MONDAY
    explain: bool = False


@frozen
class Measured:
    """A cohort and what was found of it.

    Args:
        cohort: The cohort.
        question: What was asked of it.
        answer: What was found.
    """

    cohort: SavedCohort
    question: CohortQuery | CohortMembersQuery
    answer: Answer

    @property
    def at(self) -> datetime:
        """The instant of the membership. [UTC]"""
        return self.question.as_of


@frozen
class MeasureCohort:
    """Use case: how large a cohort is and was, and how its members come back."""

    cohorts: SavedCohorts
    ask: AskQuestion
    clock: Clock

    async def __call__(self, tenant: TenantId, cohort: CohortId, wish: CohortWish) -> Measured:
        """Measure.

        Raises:
            CohortNotFound: If there is none.
            InvalidFields: If something cannot be asked.
            QuestionTooCostly: If it is beyond what the tenant's plan allows.
            Unavailable: If a store does not answer in time.
        """
        found = await self.cohorts.get(tenant, cohort)
        question = CohortQuery(
            found.draft.definition,
            _past(wish.as_of, self.clock.now()),
            wish.interval,
            wish.intervals,
            wish.retention,
            wish.timezone,
            wish.week_start,
            wish.explain,
        )
        return Measured(found, question, await self.ask(tenant, question))


@frozen
class MemberPage:
    """Which members are listed.

    Args:
        limit: Most users of the page.
        as_of: The instant of the membership; None for now. [UTC]
        after: The last user of the page before; None for the first page.
        through: The position that the page before saw; None for the first page.
    """

    limit: int
    as_of: datetime | None = None
    after: str | None = None
    through: int | None = None


@frozen
class ListCohortMembers:
    """Use case: who is in a cohort."""

    cohorts: SavedCohorts
    ask: AskQuestion
    clock: Clock

    async def __call__(self, tenant: TenantId, cohort: CohortId, page: MemberPage) -> Measured:
        """List, by id.

        Raises:
            CohortNotFound: If there is none.
            InvalidFields: If something cannot be asked.
            QuestionTooCostly: If it is beyond what the tenant's plan allows.
            Unavailable: If a store does not answer in time.
        """
        found = await self.cohorts.get(tenant, cohort)
        instant = _past(page.as_of, self.clock.now())
        question = CohortMembersQuery(found.draft.definition, instant, page.limit, page.after)
        return Measured(found, question, await self.ask(tenant, question, page.through))


def _past(as_of: datetime | None, now: datetime) -> datetime:
    """The instant of a membership, which is not yet to come."""
    if as_of is not None and as_of > now:
        raise InvalidInput("must not lie in the future", path=("as_of",), code="future")
    return now if as_of is None else as_of
