"""Lifecycle over columns."""

from datetime import datetime

import numpy as np

from ...domain.questions import LifecycleFigures, LifecycleQuery, lifecycle_figures
from .columns import Bools, Codes, Longs, Texts, UserColumns, Wanted
from .intervals import intervals_of
from .runs import Runs, runs

#: No instant is so named: the attribute cannot be read.
_UNREADABLE = -2


def wanted(question: LifecycleQuery) -> Wanted:
    """All activity up to the end of the range."""
    appearing = question.appearing
    fields = () if appearing is None else (appearing,)
    return Wanted((question.pattern,), None, question.range.window.end, fields)


def path(question: LifecycleQuery) -> str:
    """How it is answered."""
    return "vectorised"


def answer(question: LifecycleQuery, columns: UserColumns, now: datetime) -> LifecycleFigures:
    """In which state users were, interval by interval."""
    # Places are one too high: 0 is the interval before the range, -1 all before it.
    bounds = (question.before, *question.axis.bounds)
    active = runs(columns.user, intervals_of(columns.at, bounds))
    known = np.zeros(len(active), np.bool_)
    known[1:] = active.user[1:] == active.user[:-1]
    stays = np.zeros(len(active), np.bool_)
    stays[1:] = known[1:] & (active.interval[1:] == active.interval[:-1] + 1)
    new = _new(question, columns, active, ~known)
    return lifecycle_figures(question, _counts(question, active, new, stays), now)


def _counts(
    question: LifecycleQuery, active: Runs, new: Bools, stays: Bools
) -> dict[str, list[int]]:
    size = len(question.axis) + 1
    shown = active.interval >= 0

    everybody, stayed = _count(active, shown, size), _count(active, shown & stays, size)
    counts = {
        "new": _count(active, shown & new, size)[1:],
        "returning": _count(active, shown & stays & ~new, size)[1:],
        "resurrecting": _count(active, shown & ~stays & ~new, size)[1:],
        "dormant": everybody[:-1] - stayed[1:],
    }
    return {state: found.tolist() for state, found in counts.items()}


def _count(active: Runs, which: Bools, size: int) -> Longs:
    return np.bincount(active.interval[which], minlength=size).astype(np.int64)


def _new(question: LifecycleQuery, columns: UserColumns, active: Runs, first: Bools) -> Bools:
    if question.appearing is None:
        return first
    named = _named(question, columns.fields[0], active)
    # Unreadable ones are new in their first interval.
    return np.where(named == _UNREADABLE, first, named == active.interval - 1)


def _named(question: LifecycleQuery, column: Texts, active: Runs) -> Codes:
    """Per run, the interval that the user's attribute names; -1 for none that is shown."""
    codes = column.codes[active.first]
    table = np.full(len(column.values), _UNREADABLE, np.int32)
    for code in np.flatnonzero(np.bincount(codes, minlength=len(column.values))).tolist():
        found = question.interval_new(column.values[code])
        table[code] = _UNREADABLE if found is None else found
    return table[codes]
