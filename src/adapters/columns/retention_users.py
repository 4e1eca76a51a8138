"""The users behind a cell of a retention table, over columns."""

from datetime import datetime

import numpy as np

from ...domain.events import instant, microseconds
from ...domain.questions.retention import (
    RetentionUser,
    RetentionUsers,
    RetentionUsersQuery,
    ReturnRule,
)
from . import retention
from .columns import Bools, Codes, Longs, UserColumns, Wanted
from .intervals import intervals_of
from .retention import Entries


def wanted(question: RetentionUsersQuery) -> Wanted:
    """What the table is made of."""
    return retention.wanted(question.query)


def path(question: RetentionUsersQuery) -> str:
    """How it is answered."""
    return "vectorised"


def answer(question: RetentionUsersQuery, columns: UserColumns, now: datetime) -> RetentionUsers:
    """A page of users by id."""
    interval = intervals_of(columns.at, question.query.axis.bounds)
    entries = retention.entries_of(question.query, columns, interval)
    counting = _counting(question, columns, interval)
    counting_user = columns.user[counting]
    here = np.flatnonzero(_meant(question, entries))
    counts = np.bincount(counting_user, minlength=len(columns.user_ids))[entries.user[here]]
    returned = counts >= question.query.minimum_occurrences if question.column else counts >= 0
    here = here[returned if question.wants(True) else ~returned]
    ids = {columns.user_ids[code]: at for code, at in _pairs(entries, here)}
    page, total, following = question.page(sorted(ids))
    items = tuple(_told(one, entries.row[ids[one]], counting, columns) for one in page)
    return RetentionUsers(items, total, following)


def _pairs(entries: Entries, here: Longs) -> list[tuple[int, int]]:
    return list(zip(entries.user[here].tolist(), here.tolist(), strict=True))


def _meant(question: RetentionUsersQuery, entries: Entries) -> Bools:
    meant: Bools = entries.interval == question.row
    if question.value is not None:
        labels, codes = entries.labelled(question.query)
        meant = meant & np.array([question.labelled(one) for one in labels], np.bool_)[codes]
    return meant


def _counting(question: RetentionUsersQuery, columns: UserColumns, interval: Codes) -> Longs:
    """The rows of returning events that count for the cell; none in the first column."""
    if question.column == 0:
        return np.empty(0, np.int64)
    returns = columns.fits[1] & (columns.at >= microseconds(question.query.range.window.start))
    if question.query.return_rule is ReturnRule.IN_INTERVAL:
        return np.flatnonzero(returns & (interval == question.interval))
    return np.flatnonzero(returns & (interval >= question.interval))


def _told(user_id: str, row: int, counting: Longs, columns: UserColumns) -> RetentionUser:
    """What is said of the user whose entry is a row."""
    user = columns.user[row]
    first, end = np.searchsorted(columns.user, (user, user + 1))
    start, stop = np.searchsorted(counting, (first, end)).tolist()
    returned = instant(int(columns.at[counting[start]])) if stop > start else None
    return RetentionUser(user_id, instant(int(columns.at[row])), returned, stop - start)
