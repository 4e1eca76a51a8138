"""Retention over columns: a bit per user and interval."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from attrs import frozen

from ...domain.events import microseconds
from ...domain.questions.retention import CohortRule, RetentionFigures, RetentionQuery, ReturnRule
from .columns import Bools, Codes, Longs, Narrow, UserColumns, Wanted
from .intervals import intervals_of
from .runs import first_of_users, runs
from .user_bits import Marks, Words, blocks, counted, packed


def wanted(question: RetentionQuery) -> Wanted:
    """What begins and what returns; what was first ever may lie before the range."""
    window = question.range.window
    begins, returns, first_of = question.patterns()
    ever = question.cohort_rule is CohortRule.FIRST_EVER
    return Wanted(
        (begins, returns, first_of) if ever else (begins, returns),
        window.start if question.cohort_rule is CohortRule.RECURRING else None,
        window.end,
        () if question.breakdown is None else (question.breakdown.looked_at(),),
    )


def path(question: RetentionQuery) -> str:
    """How it is answered."""
    return "vectorised"


def answer(question: RetentionQuery, columns: UserColumns, now: datetime) -> RetentionFigures:
    """The tables."""
    interval = intervals_of(columns.at, question.axis.bounds)
    began = _began(question, columns, interval)
    returned = returns_of(question, columns, interval)
    same = returned if _the_same(question) else None
    intervals, width = len(question.axis), question.width(0)
    tables = np.zeros((len(began), intervals, width), np.int64)
    users = int(columns.user[-1]) + 1 if len(columns) else 0
    for first, size in blocks(users, intervals):
        bits = _returned(question, returned.within(first, size), size)
        for table, marks in zip(tables, began.values(), strict=True):
            if same is not None:
                _add(table, bits, bits)
            else:
                _add(table, marks.within(first, size).bits(intervals, size), bits)
    return question.figures(_shown(question, list(began), tables), now)


def _began(question: RetentionQuery, columns: UserColumns, interval: Codes) -> Mapping[str, Marks]:
    """Who is in which cohort, by label of the breakdown."""
    if question.breakdown is None and question.cohort_rule is CohortRule.RECURRING:
        return {"": Marks(columns.user, interval).where(columns.fits[0])}
    entries = entries_of(question, columns, interval)
    marks = Marks(entries.user, entries.interval)
    labels, codes = entries.labelled(question)
    return {label: marks.where(codes == at) for at, label in enumerate(labels)}


def _the_same(question: RetentionQuery) -> bool:
    """Whether those who return in an interval are its cohort."""
    begins, returns, _ = question.patterns()
    return (
        repr(begins) == repr(returns)  # 1 and true are equal and mean different events
        and question.breakdown is None
        and question.cohort_rule is CohortRule.RECURRING
        and question.return_rule is ReturnRule.IN_INTERVAL
        and question.minimum_occurrences == 1
    )


@frozen(eq=False)
class Entries:
    """Who is in which cohort, in order of user and cohort; every array has shape (m,).

    Args:
        user: Who.
        interval: Which cohort.
        row: The row of the event that put the user there.
        value: The place in `values` of the breakdown's value; 0 for all without one.
        values: Values of the breakdown.
    """

    user: Codes
    interval: Codes
    row: Longs
    value: Narrow
    values: Sequence[str]

    def labelled(self, question: RetentionQuery) -> tuple[Sequence[str], Codes]:
        """The labels of the tables in order, and the table of each entry."""
        sizes = np.bincount(self.value, minlength=len(self.values))
        used = {self.values[code]: int(sizes[code]) for code in np.flatnonzero(sizes).tolist()}
        shown = question.labels(used)
        labels = list(dict.fromkeys(shown.values()))
        place = {label: at for at, label in enumerate(labels)}
        table = np.zeros(len(self.values), np.int32)
        for code in np.flatnonzero(sizes).tolist():
            table[code] = place[shown[self.values[code]]]
        return labels, table[self.value]


def entries_of(question: RetentionQuery, columns: UserColumns, interval: Codes) -> Entries:
    """The cohorts of all users.

    Args:
        question: The table.
        columns: What was wanted.
        interval: Of each row, as `intervals_of` says.
    """
    rows = _beginning(question, columns)
    if question.cohort_rule is CohortRule.RECURRING:
        rows = rows.take(runs(columns.user.take(rows), interval.take(rows)).first)
    user, interval = columns.user.take(rows), interval.take(rows)
    if question.breakdown is None:
        return Entries(user, interval, rows, np.zeros(len(rows), np.int32), ("",))
    texts = columns.fields[0]
    return Entries(user, interval, rows, texts.codes.take(rows), texts.values)


def _beginning(question: RetentionQuery, columns: UserColumns) -> Longs:
    """Rows inside the range that put users into cohorts; several of one where it is repeated."""
    if question.cohort_rule is CohortRule.RECURRING:
        return np.flatnonzero(columns.fits[0])
    ever = question.cohort_rule is CohortRule.FIRST_EVER
    rows = np.flatnonzero(columns.fits[2] if ever else columns.fits[0])
    first = rows.take(first_of_users(columns.user.take(rows)))
    started = columns.at[first] >= microseconds(question.range.window.start)
    return first[columns.fits[0][first] & started]


def returns_of(question: RetentionQuery, columns: UserColumns, interval: Codes) -> Marks:
    """All returning events inside the range."""
    returns = columns.fits[1]
    if question.cohort_rule is not CohortRule.RECURRING:
        returns = returns & (columns.at >= microseconds(question.range.window.start))
    return Marks(columns.user, interval).where(returns)


def _returned(question: RetentionQuery, returns: Marks, size: int) -> Words:
    """Per interval, which users of a block returned."""
    intervals, least = len(question.axis), question.minimum_occurrences
    if question.return_rule is ReturnRule.IN_INTERVAL_OR_LATER:
        last = returns.last_but(least, size)
        return packed(np.arange(intervals, dtype=np.int32)[:, None] <= last[None, :])
    if least == 1:
        return returns.bits(intervals, size)
    found = runs(returns.user, returns.interval)
    enough: Bools = found.length >= least
    return Marks(found.user, found.interval).where(enough).bits(intervals, size)


def _add(table: Longs, began: Words, returned: Words) -> None:
    """Add the users of a block to a table of shape (cohorts, columns)."""
    table[:, 0] += counted(began)
    for column in range(1, table.shape[1]):
        table[:-column, column] += counted(began[:-column] & returned[column:])


def _shown(
    question: RetentionQuery, labels: Sequence[str], tables: Longs
) -> Mapping[str, list[list[int]]]:
    return {
        label: [row[: question.width(cohort)] for cohort, row in enumerate(table.tolist())]
        for label, table in zip(labels, tables, strict=True)
    }
