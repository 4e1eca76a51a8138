"""Metrics, their values, and days to sum them up over."""

from datetime import date, timedelta

from hypothesis import strategies as st

from ...domain.metrics import MetricDeclaration, MetricValue, OverDays

_FIRST = date(2026, 2, 26)
_VALUES = (0.0, -0.0, 0.1, 0.2, 0.3, 1.0, -1.0, 7.0, 1e18, -1e18, 5e-324)


def metric_days() -> st.SearchStrategy[date]:
    """Seven days across the end of a month."""
    return st.integers(0, 6).map(lambda days: _FIRST + timedelta(days=days))


def metric_names() -> st.SearchStrategy[str]:
    """A few names, which no language sorts like this."""
    return st.sampled_from(["revenue", "orders", "a_b", "a.b", "a-b"])


def metric_figures() -> st.SearchStrategy[float]:
    """Figures whose sums round in doubles, zeros, both ends of the range."""
    return st.sampled_from(_VALUES)


def daily_values() -> st.SearchStrategy[dict[date, float]]:
    """Figures by day, with gaps."""
    return st.dictionaries(metric_days(), metric_figures(), max_size=7)


def metric_values() -> st.SearchStrategy[MetricValue]:
    """Values that often meet on one day."""
    return st.builds(
        MetricValue, date=metric_days(), metric_name=metric_names(), value=metric_figures()
    )


def metric_declarations() -> st.SearchStrategy[MetricDeclaration]:
    """Declarations of all kinds but ratios, whose parts must be there first."""
    return st.builds(
        MetricDeclaration,
        over_days=st.sampled_from([one for one in OverDays if one is not OverDays.RATIO]),
        unit=st.none() | st.sampled_from(["USD", "€"]),
        description=st.none() | st.just("What was sold."),
    )
