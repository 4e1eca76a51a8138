"""Every kind of question, and the kernel that answers it."""

from collections.abc import Mapping

from ...domain.questions import LifecycleQuery, StickinessQuery
from ...domain.questions.attribution import AttributionQuery, ConversionsQuery
from ...domain.questions.cohorts import CohortMembersQuery, CohortQuery
from ...domain.questions.funnel import FunnelQuery, FunnelUsers
from ...domain.questions.retention import RetentionQuery, RetentionUsersQuery
from ...domain.questions.series import SeriesQuery
from . import (
    attribution,
    cohorts,
    funnel,
    funnel_users,
    lifecycle,
    retention,
    retention_users,
    series,
    stickiness,
)
from .engine import Kernel

KERNELS: Mapping[type, Kernel] = {
    AttributionQuery: Kernel(attribution.wanted, attribution.answer, attribution.path),
    ConversionsQuery: Kernel(
        attribution.conversions.wanted,
        attribution.conversions.answer,
        attribution.conversions.path,
    ),
    CohortMembersQuery: Kernel(cohorts.wanted, cohorts.members, cohorts.path),
    CohortQuery: Kernel(cohorts.wanted, cohorts.sizes, cohorts.path),
    LifecycleQuery: Kernel(lifecycle.wanted, lifecycle.answer, lifecycle.path),
    RetentionQuery: Kernel(retention.wanted, retention.answer, retention.path),
    RetentionUsersQuery: Kernel(
        retention_users.wanted, retention_users.answer, retention_users.path
    ),
    StickinessQuery: Kernel(stickiness.wanted, stickiness.answer, stickiness.path),
    SeriesQuery: Kernel(series.wanted, series.answer, series.path),
    FunnelQuery: Kernel(funnel.wanted, funnel.answer, funnel.path),
    FunnelUsers: Kernel(funnel_users.wanted, funnel_users.answer, funnel_users.path),
}
