"""Questions over events: what each means, told over a list of events, slow and obvious."""

from .durations import duration, duration_text
from .grains import MOST_INTERVALS, Axis, Calendar, Grain, WeekStart
from .lifecycle import (
    LifecycleFigures,
    LifecycleInterval,
    LifecycleQuery,
    NewByAttribute,
    lifecycle_figures,
)
from .patterns import EventPattern, Field, History, in_order, user_attributes
from .question import Additive, Answer, Explanation, Posed, Question, Reach, asked_at
from .ranges import LONGEST_RANGE, QuestionRange
from .sheet import Cell, Sheet
from .stickiness import StickinessFigures, StickinessQuery

__all__ = [
    "LONGEST_RANGE",
    "MOST_INTERVALS",
    "Additive",
    "Answer",
    "Axis",
    "Calendar",
    "Cell",
    "EventPattern",
    "Explanation",
    "Field",
    "Grain",
    "History",
    "LifecycleFigures",
    "LifecycleInterval",
    "LifecycleQuery",
    "NewByAttribute",
    "Posed",
    "Question",
    "QuestionRange",
    "Reach",
    "Sheet",
    "StickinessFigures",
    "StickinessQuery",
    "WeekStart",
    "asked_at",
    "duration",
    "duration_text",
    "in_order",
    "lifecycle_figures",
    "user_attributes",
]
