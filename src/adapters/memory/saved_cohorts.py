"""Saved cohorts in memory."""

from datetime import datetime

from attrs import define, field

from ...domain.errors import TooManyCohorts
from ...domain.identifiers import CohortId, TenantId
from ...domain.questions.cohorts import (
    MOST_COHORTS,
    CohortDraft,
    SavedCohort,
    changed_cohort,
    kept_cohort,
)


@define
class _Kept:
    position: int = 0
    cohorts: dict[CohortId, SavedCohort] = field(factory=dict)


class MemorySavedCohorts:
    """Keeps what tenants saved."""

    def __init__(self) -> None:
        self._tenants: dict[TenantId, _Kept] = {}

    async def get(self, tenant: TenantId, cohort: CohortId) -> SavedCohort:
        return kept_cohort(self._of(tenant).cohorts.get(cohort), cohort, None)

    async def every(self, tenant: TenantId) -> tuple[SavedCohort, ...]:
        kept = self._of(tenant).cohorts.values()
        return tuple(sorted(kept, key=lambda one: (one.draft.name, one.cohort_id)))

    async def add(
        self, tenant: TenantId, cohort: CohortId, draft: CohortDraft, now: datetime
    ) -> SavedCohort:
        kept = self._of(tenant)
        if len(kept.cohorts) >= MOST_COHORTS:
            raise TooManyCohorts(MOST_COHORTS)
        kept.position += 1
        kept.cohorts[cohort] = SavedCohort(cohort, draft, kept.position, now, now)
        return kept.cohorts[cohort]

    async def replace(
        self,
        tenant: TenantId,
        cohort: CohortId,
        draft: CohortDraft,
        expected: int | None,
        now: datetime,
    ) -> SavedCohort:
        kept = self._of(tenant)
        present = kept_cohort(kept.cohorts.get(cohort), cohort, expected)
        made = changed_cohort(present, draft, kept.position + 1, now)
        kept.position = max(kept.position, made.version)
        kept.cohorts[cohort] = made
        return made

    async def remove(self, tenant: TenantId, cohort: CohortId, expected: int | None) -> None:
        kept = self._of(tenant)
        kept_cohort(kept.cohorts.get(cohort), cohort, expected)
        kept.position += 1
        del kept.cohorts[cohort]

    def _of(self, tenant: TenantId) -> _Kept:
        return self._tenants.setdefault(tenant, _Kept())
