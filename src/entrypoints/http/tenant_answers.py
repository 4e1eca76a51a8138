"""Tenants, their limits and their tiers, as administrators are told of them."""

from datetime import datetime

from attrs import frozen

from ...domain.tenancy import (
    SCALES,
    CostClass,
    LimitSource,
    PlanName,
    ScaleTier,
    Tenant,
    TenantStatus,
)


@frozen(slots=False)
class TenantReport:
    """A tenant: one customer of this deployment.

    Args:
        id: Its id, which credentials and tokens name.
        name: What people call it.
        status: `active`; `suspended`, locked out for now; `closed`, for good.
        plan: What it may spend, before tier and agreement.
        tier: How much of the platform is kept ready for it.
        created_at: When it was set up. [UTC]
        version: Counts its changes; the same as in the ETag.
    """

    id: str
    name: str
    status: TenantStatus
    plan: PlanName
    tier: ScaleTier
    created_at: datetime
    version: int


@frozen(slots=False)
class TenantList:
    """A page of tenants.

    Args:
        items: By id.
        next_cursor: For the next page; null on the last.
    """

    items: tuple[TenantReport, ...]
    next_cursor: str | None


@frozen(slots=False)
class ClassLimits:
    """The limits of one cost class that hold.

    Args:
        cost_class: Which class.
        cost: Units of one request. [units]
        quota: Units that come back in a window, for all keys together. [units]
        window_seconds: Length of the window. [s]
        burst: Units that may be spent at once. [units]
        key_quota: Units that come back for each key. [units]
        key_burst: Units that each key may spend at once. [units]
        source: `plan`; `tier`, the plan's times the tier; `agreed` with this tenant.
    """

    cost_class: CostClass
    cost: int
    quota: int
    window_seconds: int
    burst: int
    key_quota: int
    key_burst: int
    source: LimitSource


@frozen(slots=False)
class TenantLimits:
    """What a tenant may spend, and where each limit comes from.

    Args:
        tenant: Whose limits.
        plan: Its plan.
        tier: Its tier.
        classes: Per cost class.
        monthly_quota: Units of all classes in a calendar month, UTC; null for no limit. [units]
        monthly_quota_source: Where that comes from.
        weight: Share of the places that free up, against other tenants that wait. [1..100]
        weight_source: Where that comes from.
        version: Version of the tenant; the same as in the ETag.
    """

    tenant: str
    plan: PlanName
    tier: ScaleTier
    classes: tuple[ClassLimits, ...]
    monthly_quota: int | None
    monthly_quota_source: LimitSource
    weight: int
    weight_source: LimitSource
    version: int


@frozen(slots=False)
class TierEffect:
    """What a tier comes to for a tenant, what was agreed with it included.

    Args:
        tier: Which tier.
        fewest_replicas: Serving processes of its pool at any time.
        most_replicas: Those that the pool may grow to.
        cache_share_percent: Share of shared caches that the platform gives it. [percent]
        weight: Share of the places that free up, against other tenants that wait. [1..100]
        monthly_quota: Units of all classes in a calendar month; null for no limit. [units]
        classes: Limits per cost class.
    """

    tier: ScaleTier
    fewest_replicas: int
    most_replicas: int
    cache_share_percent: int
    weight: int
    monthly_quota: int | None
    classes: tuple[ClassLimits, ...]


@frozen(slots=False)
class ScaleReport:
    """A tier declared, or what declaring it would do.

    Args:
        tenant: Whose tier.
        dry_run: Whether nothing was done.
        tier_before: The tier before; scale to it to go back.
        before: What held before.
        after: What holds now, or would.
        version: Version of the tenant; the same as in the ETag.
    """

    tenant: str
    dry_run: bool
    tier_before: ScaleTier
    before: TierEffect
    after: TierEffect
    version: int


def tenant_report(tenant: Tenant) -> TenantReport:
    """A tenant as administrators see it."""
    return TenantReport(
        tenant.id,
        tenant.name,
        tenant.status,
        tenant.plan,
        tenant.tier,
        tenant.created_at,
        tenant.version,
    )


def tenant_limits(tenant: Tenant) -> TenantLimits:
    """The limits that hold for a tenant."""
    limits = tenant.limits
    quota = limits.plan.quota
    return TenantLimits(
        tenant.id,
        tenant.plan,
        tenant.tier,
        _classes(tenant),
        None if quota is None else quota.quota,
        limits.quota,
        limits.plan.weight,
        limits.weight,
        tenant.version,
    )


def scale_report(before: Tenant, after: Tenant, *, dry_run: bool) -> ScaleReport:
    """What a change of tier does."""
    version = before.version if dry_run else after.version
    return ScaleReport(before.id, dry_run, before.tier, _effect(before), _effect(after), version)


def _effect(tenant: Tenant) -> TierEffect:
    scale, plan = SCALES[tenant.tier], tenant.limits.plan
    return TierEffect(
        tenant.tier,
        scale.fewest_replicas,
        scale.most_replicas,
        scale.cache_share_percent,
        plan.weight,
        None if plan.quota is None else plan.quota.quota,
        _classes(tenant),
    )


def _classes(tenant: Tenant) -> tuple[ClassLimits, ...]:
    limits = tenant.limits
    return tuple(
        ClassLimits(
            one,
            limit.cost,
            limit.tenant.quota,
            limit.tenant.window_seconds,
            limit.tenant.burst,
            limit.key.quota,
            limit.key.burst,
            limits.classes[one],
        )
        for one, limit in limits.plan.classes.items()
    )
