"""Series and cubes: measures of events by interval and dimension, with sums and drills."""

from .arranging import arranged
from .cells import MOST_ROWS, Figure, Figures, Level, LevelCells, check_rows, counted_spans, levels
from .dimensions import EVENT_TYPE, dimension_field
from .drill import Drill
from .headings import Group, Stretch
from .measures import ADDITIVE, LONGEST_TRAILING, QUANTILES, Aggregate, Measure, number_figure
from .query import (
    LARGEST_SERIES_PAGE,
    MOST_DIMENSIONS,
    MOST_MEASURES,
    PREVIOUS_PERIOD,
    Direction,
    Order,
    RangeRounding,
    SeriesQuery,
    Totals,
)
from .rollups import MOST_DAY_QUESTIONS, day_questions, series_of_days
from .rows import ComparedStretch, SeriesFigures, SeriesRow, SeriesRows
from .timelines import Span, Timeline
from .wire import written

__all__ = [
    "ADDITIVE",
    "EVENT_TYPE",
    "LARGEST_SERIES_PAGE",
    "LONGEST_TRAILING",
    "MOST_DAY_QUESTIONS",
    "MOST_DIMENSIONS",
    "MOST_MEASURES",
    "MOST_ROWS",
    "PREVIOUS_PERIOD",
    "QUANTILES",
    "Aggregate",
    "ComparedStretch",
    "Direction",
    "Drill",
    "Figure",
    "Figures",
    "Group",
    "Level",
    "LevelCells",
    "Measure",
    "Order",
    "RangeRounding",
    "SeriesFigures",
    "SeriesQuery",
    "SeriesRow",
    "SeriesRows",
    "Span",
    "Stretch",
    "Timeline",
    "Totals",
    "arranged",
    "check_rows",
    "counted_spans",
    "day_questions",
    "dimension_field",
    "levels",
    "number_figure",
    "series_of_days",
    "written",
]
