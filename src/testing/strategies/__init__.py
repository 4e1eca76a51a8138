"""Hypothesis strategies for the domain's values: all and only legal ones, on small grids.

Small grids make edges and ties common: an off-by-one at a window's end is found
in ten examples on a grid of thirteen hours, and in none on the seconds of a year.
"""

from .markets import market_benchmarks, market_readings, markets, metric_sets
from .time import instants, intervals, time_windows, zones

__all__ = [
    "instants",
    "intervals",
    "market_benchmarks",
    "market_readings",
    "markets",
    "metric_sets",
    "register",
    "time_windows",
    "zones",
]


def register() -> None:
    """Teach `st.from_type` the domain's types; called by Hypothesis' entry point."""
    from hypothesis import strategies as st  # noqa: PLC0415  the plugin must load without it

    from ...domain.portfolio.benchmarks import MarketBenchmark, MarketReading  # noqa: PLC0415
    from ...domain.windows import TimeWindow  # noqa: PLC0415

    st.register_type_strategy(MarketBenchmark, market_benchmarks())
    st.register_type_strategy(MarketReading, market_readings())
    st.register_type_strategy(TimeWindow, time_windows())
