"""Stickiness over columns."""

from datetime import datetime

import numpy as np

from ...domain.questions import StickinessFigures, StickinessQuery
from .columns import UserColumns, Wanted
from .intervals import intervals_of
from .runs import runs


def wanted(question: StickinessQuery) -> Wanted:
    """The activity inside the range."""
    window = question.range.window
    return Wanted((question.pattern,), window.start, window.end)


def path(question: StickinessQuery) -> str:
    """How it is answered."""
    return "vectorised"


def answer(question: StickinessQuery, columns: UserColumns, now: datetime) -> StickinessFigures:
    """How many users were active in so many intervals."""
    active = runs(columns.user, intervals_of(columns.at, question.axis.bounds))
    per_user = np.bincount(active.user)
    users = np.bincount(per_user, minlength=len(question.axis) + 1)
    return StickinessFigures(tuple(users[1:].tolist()))
