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
from .event_queries import (
    day_questions,
    event_conditions,
    event_filters,
    event_queries,
    event_slices,
)
from .event_schemas import (
    document_pairs,
    event_schema_documents,
    schema_event_types,
    schema_pairs,
    schema_properties,
    schema_queries,
    schema_registrations,
)
from .events import (
    event_batches,
    event_drafts,
    event_ids,
    event_instants,
    event_properties,
    event_types,
    json_values,
    new_events,
    request_keys,
)
from .governance import audit_chains, audit_entries, audit_queries
from .health import (
    evidences,
    grade_bounds,
    health_inputs,
    health_models,
    market_views,
    momentums,
    scored_areas,
    thresholds,
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
from .metrics import (
    daily_values,
    metric_days,
    metric_declarations,
    metric_figures,
    metric_names,
    metric_values,
)
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
from .question_histories import (
    asking_instants,
    event_patterns,
    question_conditions,
    question_fields,
    question_histories,
    question_instants,
    question_ranges,
    question_users,
)
from .questions_attribution import (
    attribution_histories,
    attribution_queries,
    conversions_queries,
    converted_paths,
    outcomes,
)
from .questions_cohorts import (
    cohort_definitions,
    cohort_drafts,
    cohort_ids,
    cohort_members_queries,
    cohort_queries,
)
from .questions_retention import (
    lifecycle_queries,
    question_grains,
    retention_queries,
    retention_users_queries,
    stickiness_queries,
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
from .users import (
    attribute_values,
    ops_with_values,
    scalars,
    user_changes,
    user_conditions,
    user_ids,
    user_leaves,
    user_queries,
)

__all__ = [
    "agreed_limits",
    "agreed_rates",
    "api_keys",
    "asking_instants",
    "attribute_values",
    "attribution_histories",
    "attribution_queries",
    "audit_chains",
    "audit_entries",
    "audit_queries",
    "bucket_histories",
    "claims",
    "cohort_definitions",
    "cohort_drafts",
    "cohort_ids",
    "cohort_members_queries",
    "cohort_queries",
    "comparison_policies",
    "conversions_queries",
    "converted_paths",
    "daily_values",
    "day_questions",
    "document_pairs",
    "event_batches",
    "event_conditions",
    "event_drafts",
    "event_filters",
    "event_ids",
    "event_instants",
    "event_patterns",
    "event_properties",
    "event_queries",
    "event_schema_documents",
    "event_slices",
    "event_types",
    "evidences",
    "grade_bounds",
    "health_filters",
    "health_inputs",
    "health_models",
    "health_queries",
    "histories",
    "instants",
    "intervals",
    "job_ids",
    "job_queries",
    "json_values",
    "key_digests",
    "key_signings",
    "lifecycle_queries",
    "market_benchmarks",
    "market_readings",
    "market_views",
    "markets",
    "metric_days",
    "metric_declarations",
    "metric_figures",
    "metric_names",
    "metric_sets",
    "metric_values",
    "momentums",
    "monthly_records",
    "new_events",
    "new_jobs",
    "ops_with_values",
    "outcomes",
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
    "question_conditions",
    "question_fields",
    "question_grains",
    "question_histories",
    "question_instants",
    "question_ranges",
    "question_users",
    "quotas",
    "rate_policies",
    "refresh_families",
    "register",
    "request_keys",
    "retention_queries",
    "retention_users_queries",
    "retry_policies",
    "scalars",
    "schema_event_types",
    "schema_pairs",
    "schema_properties",
    "schema_queries",
    "schema_registrations",
    "scope_sets",
    "score_inputs",
    "scored_areas",
    "series_pairs",
    "signing_keys",
    "sites",
    "standings",
    "stickiness_queries",
    "tenant_ids",
    "tenant_queries",
    "tenants",
    "thresholds",
    "time_windows",
    "usages",
    "user_changes",
    "user_conditions",
    "user_ids",
    "user_leaves",
    "user_queries",
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
    from ...domain.events import (  # noqa: PLC0415
        DayQuestion,
        EventBatch,
        EventDraft,
        EventFilter,
        EventQuery,
        NewEvent,
        RequestKey,
    )
    from ...domain.events.schema_listing import SchemaQuery  # noqa: PLC0415
    from ...domain.events.schemas import SchemaRegistration  # noqa: PLC0415
    from ...domain.governance import AuditEntry, AuditQuery  # noqa: PLC0415
    from ...domain.jobs import Claim, Job, JobQuery, RetryPolicy  # noqa: PLC0415
    from ...domain.metrics import MetricDeclaration, MetricValue  # noqa: PLC0415
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
    from ...domain.portfolio.health_thresholds import GradeBounds, Thresholds  # noqa: PLC0415
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
    from ...domain.users import UserChange, UserQuery  # noqa: PLC0415
    from ...domain.windows import TimeWindow  # noqa: PLC0415

    known = {
        ApiKey: api_keys(),
        AuditEntry: audit_entries(),
        AuditQuery: audit_queries(),
        DayQuestion: day_questions(),
        EventFilter: event_filters(),
        EventQuery: event_queries(),
        EventBatch: event_batches(),
        EventDraft: event_drafts(),
        Evidence: evidences(),
        GradeBounds: grade_bounds(),
        Thresholds: thresholds(),
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
        MetricDeclaration: metric_declarations(),
        MetricValue: metric_values(),
        UserChange: user_changes(),
        UserQuery: user_queries(),
        MarketReading: market_readings(),
        NewEvent: new_events(),
        Quota: quotas(),
        RatePolicy: rate_policies(),
        Principal: principals(),
        PublicKey: public_keys(),
        RequestKey: request_keys(),
        RefreshFamily: refresh_families(),
        SchemaQuery: schema_queries(),
        SchemaRegistration: schema_registrations(),
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
