"""Cohorts: named segments of users, by attributes and behaviour, at any instant."""

from .definition import (
    Behaviour,
    CohortDefinition,
    Did,
    Every,
    Except,
    FirstDid,
    Person,
    Some,
    StoppedDoing,
    UserIs,
    fits_idle,
    predicates,
)
from .query import (
    CohortFigures,
    CohortMembers,
    CohortMembersQuery,
    CohortQuery,
    CohortSize,
    members_at,
)
from .reading import cohort_definition
from .saved import MOST_COHORTS, CohortDraft, SavedCohort, changed_cohort, cohort_draft, kept_cohort

__all__ = [
    "MOST_COHORTS",
    "Behaviour",
    "CohortDefinition",
    "CohortDraft",
    "CohortFigures",
    "CohortMembers",
    "CohortMembersQuery",
    "CohortQuery",
    "CohortSize",
    "Did",
    "Every",
    "Except",
    "FirstDid",
    "Person",
    "SavedCohort",
    "Some",
    "StoppedDoing",
    "UserIs",
    "changed_cohort",
    "cohort_definition",
    "cohort_draft",
    "fits_idle",
    "kept_cohort",
    "members_at",
    "predicates",
]
