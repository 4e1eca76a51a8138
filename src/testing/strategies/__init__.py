"""Hypothesis strategies for the domain's values: all and only legal ones, on small grids.

Small grids make edges and ties common: an off-by-one at a window's end is found
in ten examples on a grid of thirteen hours, and in none on the seconds of a year.
"""

from .energy import (
    power_instants,
    power_questions,
    power_readings,
    power_series,
    power_windows,
    sites,
)
from .governance import audit_chains, audit_entries, audit_queries
from .health import (
    evidences,
    health_inputs,
    health_models,
    market_views,
    momentums,
    scored_areas,
    whole_inputs,
)
from .jobs import claims, job_ids, job_queries, new_jobs, retry_policies
from .kept_health import (
    bucket_histories,
    health_filters,
    health_queries,
    portfolio_states,
    property_scores,
    score_inputs,
    standings,
)
from .markets import market_benchmarks, market_readings, markets, metric_sets
from .portfolio import (
    comparison_policies,
    histories,
    monthly_records,
    positive_pairs,
    properties,
    property_drafts,
    property_filters,
    property_ids,
    property_queries,
    series_pairs,
)
from .tenancy import (
    agreed_limits,
    agreed_rates,
    api_keys,
    key_digests,
    key_signings,
    principals,
    quotas,
    rate_policies,
    scope_sets,
    tenant_ids,
    tenant_queries,
    tenants,
    usages,
)
from .time import instants, intervals, time_windows, zones
from .tokens import public_keys, refresh_families, signing_keys

__all__ = [
    "agreed_limits",
    "agreed_rates",
    "api_keys",
    "audit_chains",
    "audit_entries",
    "audit_queries",
    "bucket_histories",
    "claims",
    "comparison_policies",
    "evidences",
    "health_filters",
    "health_inputs",
    "health_models",
    "health_queries",
    "histories",
    "instants",
    "intervals",
    "job_ids",
    "job_queries",
    "key_digests",
    "key_signings",
    "market_benchmarks",
    "market_readings",
    "market_views",
    "markets",
    "metric_sets",
    "momentums",
    "monthly_records",
    "new_jobs",
    "portfolio_states",
    "positive_pairs",
    "power_instants",
    "power_questions",
    "power_readings",
    "power_series",
    "power_windows",
    "principals",
    "properties",
    "property_drafts",
    "property_filters",
    "property_ids",
    "property_queries",
    "property_scores",
    "public_keys",
    "quotas",
    "rate_policies",
    "refresh_families",
    "register",
    "retry_policies",
    "scope_sets",
    "score_inputs",
    "scored_areas",
    "series_pairs",
    "signing_keys",
    "sites",
    "standings",
    "tenant_ids",
    "tenant_queries",
    "tenants",
    "time_windows",
    "usages",
    "whole_inputs",
    "zones",
]


def register() -> None:
    """Teach `st.from_type` the domain's types; called by Hypothesis' entry point."""
    from hypothesis import strategies as st  # noqa: PLC0415  the plugin must load without it

    from ...domain.energy import (  # noqa: PLC0415
        PowerQuestion,
        PowerReading,
        PowerSeries,
        Sites,
    )
    from ...domain.governance import AuditEntry, AuditQuery  # noqa: PLC0415
    from ...domain.jobs import Claim, Job, JobQuery, RetryPolicy  # noqa: PLC0415
    from ...domain.portfolio.benchmarks import MarketBenchmark, MarketReading  # noqa: PLC0415
    from ...domain.portfolio.comparison import ComparisonPolicy  # noqa: PLC0415
    from ...domain.portfolio.health_evidence import (  # noqa: PLC0415
        Evidence,
        HealthInputs,
        MarketView,
    )
    from ...domain.portfolio.health_model import HealthModel  # noqa: PLC0415
    from ...domain.portfolio.health_momentum import Momentum  # noqa: PLC0415
    from ...domain.portfolio.health_selection import (  # noqa: PLC0415
        HealthFilter,
        HealthQuery,
    )
    from ...domain.portfolio.kept_health import (  # noqa: PLC0415
        PortfolioState,
        PropertyScore,
        ScoreInputs,
    )
    from ...domain.portfolio.property import (  # noqa: PLC0415
        MonthlyRecord,
        Property,
        PropertyDraft,
    )
    from ...domain.portfolio.selection import PropertyFilter, PropertyQuery  # noqa: PLC0415
    from ...domain.tenancy import (  # noqa: PLC0415
        AgreedLimits,
        AgreedRate,
        ApiKey,
        Principal,
        PublicKey,
        Quota,
        RatePolicy,
        RefreshFamily,
        SigningKey,
        Tenant,
        TenantQuery,
        Usage,
    )
    from ...domain.windows import TimeWindow  # noqa: PLC0415

    known = {
        ApiKey: api_keys(),
        AuditEntry: audit_entries(),
        AuditQuery: audit_queries(),
        Evidence: evidences(),
        HealthFilter: health_filters(),
        HealthInputs: health_inputs(),
        HealthModel: health_models(),
        HealthQuery: health_queries(),
        PortfolioState: portfolio_states(),
        PropertyScore: property_scores(),
        ScoreInputs: score_inputs(),
        MarketView: market_views(),
        Momentum: momentums(),
        Claim: claims(),
        Job: new_jobs(),
        JobQuery: job_queries(),
        RetryPolicy: retry_policies(),
        MarketBenchmark: market_benchmarks(),
        MarketReading: market_readings(),
        Quota: quotas(),
        RatePolicy: rate_policies(),
        Principal: principals(),
        PublicKey: public_keys(),
        RefreshFamily: refresh_families(),
        SigningKey: signing_keys(),
        AgreedLimits: agreed_limits(),
        AgreedRate: agreed_rates(),
        Tenant: tenants(),
        TenantQuery: tenant_queries(),
        Usage: usages(),
        ComparisonPolicy: comparison_policies(),
        MonthlyRecord: monthly_records(),
        Property: properties(),
        PropertyDraft: property_drafts(),
        PropertyFilter: property_filters(),
        PropertyQuery: property_queries(),
        PowerQuestion: power_questions(),
        PowerReading: power_readings(),
        PowerSeries: power_series(),
        Sites: sites(),
        TimeWindow: time_windows(),
    }
    for kind, strategy in known.items():
        st.register_type_strategy(kind, strategy)
