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
from .tenancy import api_keys, key_digests, principals, scope_sets, tenant_ids, tenants
from .time import instants, intervals, time_windows, zones
from .tokens import public_keys, refresh_families, signing_keys

__all__ = [
    "api_keys",
    "claims",
    "comparison_policies",
    "evidences",
    "health_inputs",
    "health_models",
    "histories",
    "instants",
    "intervals",
    "job_ids",
    "job_queries",
    "key_digests",
    "market_benchmarks",
    "market_readings",
    "market_views",
    "markets",
    "metric_sets",
    "momentums",
    "monthly_records",
    "new_jobs",
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
    "public_keys",
    "refresh_families",
    "register",
    "retry_policies",
    "scope_sets",
    "scored_areas",
    "series_pairs",
    "signing_keys",
    "sites",
    "tenant_ids",
    "tenants",
    "time_windows",
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
    from ...domain.portfolio.property import (  # noqa: PLC0415
        MonthlyRecord,
        Property,
        PropertyDraft,
    )
    from ...domain.portfolio.selection import PropertyFilter, PropertyQuery  # noqa: PLC0415
    from ...domain.tenancy import (  # noqa: PLC0415
        ApiKey,
        Principal,
        PublicKey,
        RefreshFamily,
        SigningKey,
        Tenant,
    )
    from ...domain.windows import TimeWindow  # noqa: PLC0415

    st.register_type_strategy(ApiKey, api_keys())
    st.register_type_strategy(Evidence, evidences())
    st.register_type_strategy(HealthInputs, health_inputs())
    st.register_type_strategy(HealthModel, health_models())
    st.register_type_strategy(MarketView, market_views())
    st.register_type_strategy(Momentum, momentums())
    st.register_type_strategy(Claim, claims())
    st.register_type_strategy(Job, new_jobs())
    st.register_type_strategy(JobQuery, job_queries())
    st.register_type_strategy(RetryPolicy, retry_policies())
    st.register_type_strategy(MarketBenchmark, market_benchmarks())
    st.register_type_strategy(MarketReading, market_readings())
    st.register_type_strategy(Principal, principals())
    st.register_type_strategy(PublicKey, public_keys())
    st.register_type_strategy(RefreshFamily, refresh_families())
    st.register_type_strategy(SigningKey, signing_keys())
    st.register_type_strategy(Tenant, tenants())
    st.register_type_strategy(ComparisonPolicy, comparison_policies())
    st.register_type_strategy(MonthlyRecord, monthly_records())
    st.register_type_strategy(Property, properties())
    st.register_type_strategy(PropertyDraft, property_drafts())
    st.register_type_strategy(PropertyFilter, property_filters())
    st.register_type_strategy(PropertyQuery, property_queries())
    st.register_type_strategy(PowerQuestion, power_questions())
    st.register_type_strategy(PowerReading, power_readings())
    st.register_type_strategy(PowerSeries, power_series())
    st.register_type_strategy(Sites, sites())
    st.register_type_strategy(TimeWindow, time_windows())
