"""The cohorts that tenants saved."""

from datetime import datetime
from typing import Protocol

from ..domain.identifiers import CohortId, TenantId
from ..domain.questions.cohorts import CohortDraft, SavedCohort


class SavedCohorts(Protocol):
    """The cohorts of every tenant, seen by one tenant at a time.

    Every change gives the tenant's cohorts a new position, which is the version of what it
    changed. Every method may raise Unavailable if the store does not answer.
    """

    async def get(self, tenant: TenantId, cohort: CohortId) -> SavedCohort:
        """One cohort.

        Raises:
            CohortNotFound: If there is none.
        """

    async def every(self, tenant: TenantId) -> tuple[SavedCohort, ...]:
        """All of them, by name, then by id, both by code point."""

    async def add(
        self, tenant: TenantId, cohort: CohortId, draft: CohortDraft, now: datetime
    ) -> SavedCohort:
        """Save a new one.

        Raises:
            TooManyCohorts: If the tenant has 200 already.
        """

    async def replace(
        self,
        tenant: TenantId,
        cohort: CohortId,
        draft: CohortDraft,
        expected: int | None,
        now: datetime,
    ) -> SavedCohort:
        """Describe one anew, as `domain.questions.saved_cohorts.changed_cohort` says.

        Raises:
            CohortNotFound: If there is none.
            VersionMismatch: If it has another version than the expected one.
        """

    async def remove(self, tenant: TenantId, cohort: CohortId, expected: int | None) -> None:
        """Remove one for good.

        Raises:
            CohortNotFound: If there is none.
            VersionMismatch: If it has another version than the expected one.
        """
