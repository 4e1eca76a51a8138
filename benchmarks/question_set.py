"""The questions of the benchmark, and their answers in one form that every contender can give."""

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sightline.domain.events import Leaf, Op
from sightline.domain.questions import EventPattern, Grain, QuestionRange
from sightline.domain.questions.attribution import (
    AttributionModel,
    AttributionQuery,
    Conversion,
    Touchpoint,
)
from sightline.domain.questions.funnel import FunnelQuery, FunnelStep
from sightline.domain.questions.retention import RetentionQuery
from sightline.domain.questions.series import (
    Aggregate,
    Direction,
    Measure,
    Order,
    SeriesQuery,
)

Counts = Mapping[tuple[object, ...], float]
"""Every figure that is not zero, by what it is of."""

STEPS = ("type_0", "type_1", "type_2", "type_3")
CONVERTS, TOUCHES = "type_7", ("type_0", "type_1")
WINDOW, LOOKBACK = timedelta(days=7), timedelta(days=30)
WEEKS = 12
MODELS = (AttributionModel.FIRST_TOUCH, AttributionModel.LAST_TOUCH, AttributionModel.LINEAR)

_QUARTER = QuestionRange("2025-06-01", "2025-08-29")

QUESTIONS: Mapping[str, Any] = {
    "daily users": SeriesQuery(
        _QUARTER, (Measure("users", Aggregate.UNIQUE_USERS),), interval=Grain.DAY
    ),
    "cube": SeriesQuery(
        QuestionRange("2025-06-02", "2025-06-29"),
        (Measure("events", filters=Leaf("n", Op.LT, 5)),),
        ("properties.channel", "event_type"),
        Grain.DAY,
        limit=10_000,
    ),
    "funnel": FunnelQuery(_QUARTER, tuple(map(FunnelStep, STEPS)), WINDOW),
    "retention": RetentionQuery(
        QuestionRange("2025-06-02", "2025-08-24"), Grain.WEEK, EventPattern(), EventPattern()
    ),
    "attribution": AttributionQuery(
        QuestionRange("2025-08-23", "2025-08-29"),
        Conversion(CONVERTS),
        Touchpoint(TOUCHES, property="channel"),
        LOOKBACK,
        MODELS,
    ),
    "top values": SeriesQuery(
        _QUARTER,
        (Measure("events"),),
        ("properties.page",),
        order=(Order("events", Direction.DESC),),
        limit=10,
    ),
}


def _daily(figures: Any) -> Counts:
    return {(row.start.date(),): row.values["users"] for row in figures.rows if row.values["users"]}


def _cube(figures: Any) -> Counts:
    return {
        (row.start.date(), *row.dimensions.values()): row.values["events"]
        for row in figures.rows
        if row.values["events"]
    }


def _top(figures: Any) -> Counts:
    return {tuple(row.dimensions.values()): row.values["events"] for row in figures.rows}


def _funnel(figures: Any) -> Counts:
    return {(one.step,): one.count for one in figures.steps}


def _retention(figures: Any) -> Counts:
    return {
        (cohort, cohort + column): count
        for cohort, row in enumerate(figures.cohorts)
        for column, count in enumerate(row.values)
        if count
    }


def _attribution(figures: Any) -> Counts:
    return {
        (str(model.model), one.value): one.credit
        for model in figures.models
        for one in model.credits
        if one.touched and one.credit
    }


TOLD: Mapping[str, Callable[[Any], Counts]] = {
    "daily users": _daily,
    "cube": _cube,
    "funnel": _funnel,
    "retention": _retention,
    "attribution": _attribution,
    "top values": _top,
}
"""Our figures as counts."""


def same(one: Counts, other: Counts) -> bool:
    """Whether two answers agree: whole numbers exactly, shares to nine digits."""
    return one.keys() == other.keys() and all(
        math.isclose(value, other[key], rel_tol=1e-9) for key, value in one.items()
    )


def added(parts: list[Counts]) -> Counts:
    """The answers of parts of the users, added up."""
    total: dict[tuple[object, ...], float] = {}
    for part in parts:
        for key, value in part.items():
            total[key] = total.get(key, 0) + value
    return total
