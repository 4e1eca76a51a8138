"""Retention: of those who did one thing, how many did another some intervals later."""

from .figures import RetainedCohort, RetentionFigures, RetentionOfValue, Table
from .options import (
    MOST_VALUES,
    OTHER,
    CohortRule,
    RetentionBreakdown,
    ReturnRule,
)
from .query import MOST_CELLS, MOST_OCCURRENCES, RetentionQuery
from .users import (
    RetentionState,
    RetentionUser,
    RetentionUsers,
    RetentionUsersQuery,
)

__all__ = [
    "MOST_CELLS",
    "MOST_OCCURRENCES",
    "MOST_VALUES",
    "OTHER",
    "CohortRule",
    "RetainedCohort",
    "RetentionBreakdown",
    "RetentionFigures",
    "RetentionOfValue",
    "RetentionQuery",
    "RetentionState",
    "RetentionUser",
    "RetentionUsers",
    "RetentionUsersQuery",
    "ReturnRule",
    "Table",
]
