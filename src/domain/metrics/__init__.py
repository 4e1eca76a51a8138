"""Metrics by the day: how each adds up, their values, and sums of them."""

from .definitions import (
    BUILT_IN,
    MOST_DEFINITIONS,
    MetricDeclaration,
    MetricDefinition,
    OverDays,
    declared,
)
from .figures import ComputedFigures, DailySeries, total
from .intake import MOST_VALUES_AT_ONCE, MetricValue, recorded, undeclared_flaws
from .summary import (
    LONGEST_RANGE,
    MOST_METRICS,
    DayFigure,
    MetricSeries,
    MetricsSummary,
    SummaryPlan,
    SummaryQuestion,
)
from .totals import MetricTotal

__all__ = [
    "BUILT_IN",
    "LONGEST_RANGE",
    "MOST_DEFINITIONS",
    "MOST_METRICS",
    "MOST_VALUES_AT_ONCE",
    "ComputedFigures",
    "DailySeries",
    "DayFigure",
    "MetricDeclaration",
    "MetricDefinition",
    "MetricSeries",
    "MetricTotal",
    "MetricValue",
    "MetricsSummary",
    "OverDays",
    "SummaryPlan",
    "SummaryQuestion",
    "declared",
    "recorded",
    "total",
    "undeclared_flaws",
]
