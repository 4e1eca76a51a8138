"""Properties, their months, questions about them, and pairs of series."""

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from ...domain.identifiers import MarketId, PropertyId
from ...domain.measures import PROPERTY_METRICS
from ...domain.portfolio.comparison import ComparisonPolicy
from ...domain.portfolio.property import MonthlyRecord, Property, PropertyDraft
from ...domain.portfolio.selection import PropertyFilter, PropertyOrder, PropertyQuery
from ...domain.windows import add_months

_FIRST_MONTH = date(2024, 11, 1)
_NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)

#: Letters that stores see differently: wildcards, escapes, case beyond ASCII,
#: one sign spelled in two ways, signs outside the basic plane.
_WORDS = (
    "Tower", "tower", "TÜRM", "türm", "Tu\u0308rm", "100%", "a_b", "a\\b", "a/b", "Straße", "𝔄",
)  # fmt: skip

_VALUES = st.none() | st.sampled_from([0.0, 12.5, 38.2, 42.8, 89.2, 100.0])


def property_ids() -> st.SearchStrategy[PropertyId]:
    """Four ids, so that two draws often name the same property."""
    return st.integers(1, 4).map(PropertyId)


def property_drafts(
    identifiers: st.SearchStrategy[PropertyId | None] | None = None,
) -> st.SearchStrategy[PropertyDraft]:
    """Drafts with a few names, areas and values each, so that ties are common; without ids."""
    return st.builds(
        PropertyDraft,
        name=st.lists(st.sampled_from(_WORDS), min_size=1, max_size=2).map(" ".join),
        address=st.sampled_from(["1 Sample Street", "2 sample STREET_", "3 Größe Weg"]),
        market_id=st.integers(1, 3).map(MarketId),
        area_sqft=st.sampled_from([0.1, 1_000.0, 4_200_000.0]),
        year_built=st.sampled_from([1600, 1973, 2200]),
        property_class=st.sampled_from(["A", "A+", "B", "C-"]),
        current_occupancy_rate=st.sampled_from([0.0, 89.2, 92.5, 100.0]),
        property_type=st.none() | st.sampled_from(["office", "retail"]),
        current_avg_rent_per_sqft=_VALUES,
        renewal_rate_ytd=_VALUES,
        avg_lease_term_months=_VALUES,
        avg_time_to_lease_days=_VALUES,
        id=st.none() if identifiers is None else identifiers,
    )


def properties() -> st.SearchStrategy[Property]:
    """Properties as a store gives them back."""
    return st.builds(
        lambda draft, identifier, version: draft.kept(identifier, version, _NOON),
        property_drafts(),
        property_ids(),
        st.integers(1, 3),
    )


def monthly_records() -> st.SearchStrategy[MonthlyRecord]:
    """Single months of a property; any value may be missing."""
    return st.builds(
        MonthlyRecord,
        month=st.integers(0, 12).map(lambda count: add_months(_FIRST_MONTH, count)),
        occupancy_rate=_VALUES,
        rent_per_sqft=_VALUES,
        renewal_rate=_VALUES,
        lease_term_months=_VALUES,
        time_to_lease_days=_VALUES,
    )


def histories() -> st.SearchStrategy[tuple[MonthlyRecord, ...]]:
    """Months of a property, ascending, with gaps, across a change of year."""
    several = st.lists(monthly_records(), unique_by=lambda record: record.month, max_size=13)
    return several.map(lambda records: tuple(sorted(records, key=lambda record: record.month)))


def property_filters() -> st.SearchStrategy[PropertyFilter]:
    """Filters that often fit something."""
    return st.builds(
        PropertyFilter,
        market_id=st.none() | st.integers(1, 3).map(MarketId),
        property_class=st.none() | st.sampled_from(["A", "B"]),
        property_type=st.none() | st.sampled_from(["office", "retail"]),
        minimum_area_sqft=st.none() | st.sampled_from([0.0, 0.1, 1_000.0]),
        maximum_area_sqft=st.none() | st.sampled_from([1_000.0, 4_200_000.0]),
        text=st.none() | st.sampled_from([*_WORDS, "%", "_", "\\", "/", "ü", "Ü", "ss", "STREET"]),
    )


def property_queries() -> st.SearchStrategy[PropertyQuery]:
    """First pages in every order; mostly of everything."""
    return st.builds(
        PropertyQuery,
        where=st.just(PropertyFilter()) | property_filters(),
        order=st.sampled_from(PropertyOrder),
        descending=st.booleans(),
        limit=st.none() | st.integers(1, 3),
    )


def comparison_policies() -> st.SearchStrategy[ComparisonPolicy]:
    """Policies with some thresholds of their own."""
    thresholds = st.dictionaries(
        st.sampled_from(PROPERTY_METRICS), st.sampled_from([0.1, 2.5, 5.0, 100.0])
    )
    return st.builds(ComparisonPolicy, thresholds)


def series_pairs(
    smallest: int = 0,
) -> st.SearchStrategy[list[tuple[float | None, float | None]]]:
    """Series of a property and its market side by side, with gaps and zeros."""
    value = st.none() | st.sampled_from([0.0, 40.0, 50.0, 62.5, 80.0, 100.0])
    return st.lists(st.tuples(value, value), min_size=smallest, max_size=14)


def positive_pairs(smallest: int = 2) -> st.SearchStrategy[list[tuple[float, float]]]:
    """Series of a property and its market side by side, without gaps and positive."""
    value = st.integers(1, 40).map(lambda quarter: quarter / 4)
    return st.lists(st.tuples(value, value), min_size=smallest, max_size=14)
