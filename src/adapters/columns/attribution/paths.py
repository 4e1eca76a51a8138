"""Paths of conversions as stretches of columns."""

from datetime import timedelta

import numpy as np
from attrs import frozen

from ....domain.events import microseconds
from ....domain.identifiers import LARGEST_INTEGER
from ....domain.questions.attribution import AttributionQuery, Counting, QualifyingConversion
from ..columns import Bools, Codes, Doubles, Longs, Narrow, UserColumns
from .stretches import Stretches

_MICROSECOND = timedelta(microseconds=1)


@frozen(eq=False)
class Touches:
    """Touches by user, instant and position.

    Args:
        columns: All rows.
        rows: Which of them they are, shape (n_touches,).
        code: What they are credited as, shape (n_touches,).
    """

    columns: UserColumns
    rows: Longs
    code: Narrow

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def user(self) -> Codes:
        """Whose, shape (n_touches,)."""
        return self.columns.user[self.rows]

    @property
    def at(self) -> Longs:
        """When, shape (n_touches,). [µs since 1970]"""
        return self.columns.at[self.rows]


@frozen(eq=False)
class Conversions:
    """Conversions by user, instant and position; every array has shape (n_conversions,).

    The path of a conversion is the rows, or touches, from `first` to `end`, the latter left out.
    Neither ever falls from one conversion to the next, which is what everything here rests on:
    the conversions that a touch serves are a stretch, too.

    Args:
        row: Rows of the columns.
        first: The first of each path.
        end: The one after the last of each path.
    """

    row: Longs
    first: Longs
    end: Longs

    def __len__(self) -> int:
        return len(self.row)

    def only(self, kept: Bools | Longs) -> "Conversions":
        """Some of them."""
        return Conversions(self.row[kept], self.first[kept], self.end[kept])

    def among(self, rows: Longs) -> "Conversions":
        """The same with paths among some rows, which hold all that matter."""
        first, end = np.searchsorted(rows, self.first), np.searchsorted(rows, self.end)
        return Conversions(self.row, first, end)


def conversions_of(question: AttributionQuery, columns: UserColumns) -> Conversions:
    """All conversions of the range, with the rows of their paths, touches and others."""
    rows = np.flatnonzero(columns.fits[0])
    floor = columns.at[rows] - lasting(question.lookback)
    if question.since_previous_conversion:
        floor = np.maximum(floor, _after_previous(columns.user[rows], columns.at[rows]))
    inside = columns.at[rows] >= microseconds(question.range.window.start)
    rows, floor = rows[inside], floor[inside]
    opens = np.searchsorted(columns.user, columns.user[rows])
    first = _first_not_before(columns.at, opens, rows, floor)
    return Conversions(rows, first, _end_of_instant(columns, rows))


def credited_of(
    question: AttributionQuery, columns: UserColumns, conversions: Conversions
) -> Conversions:
    """Those that are credited: all, or one of each user."""
    if question.counting is Counting.CONVERSIONS:
        return conversions
    user = columns.user[conversions.row]
    changes = np.ones(len(user) + 1, np.bool_)
    changes[1:-1] = user[1:] != user[:-1]
    last = question.qualifying_conversion is QualifyingConversion.LAST
    return conversions.only(changes[1:] if last else changes[:-1])


def values_of(columns: UserColumns, conversions: Conversions) -> Doubles:
    """What conversions are worth, NaN where that is no number."""
    values = columns.numbers[0][conversions.row]
    return np.where(np.abs(values) <= LARGEST_INTEGER, values, np.nan)


def rows_on(columns: UserColumns, conversions: Conversions) -> Bools:
    """Whether each row lies on the path of any conversion."""
    return Stretches.of(conversions.first, conversions.end, len(columns)).covered()


def touches_at(columns: UserColumns, rows: Longs) -> Touches:
    """The touches of some rows."""
    return Touches(columns, rows, columns.fields[0].codes[rows])


def lasting(length: timedelta) -> int:
    """A length of time. [µs]"""
    return length // _MICROSECOND


def _after_previous(user: Codes, at: Longs) -> Longs:
    """The instant after the conversion before, of those at earlier instants."""
    count = len(at)
    if not count:
        return at
    opens = np.ones(count, np.bool_)
    opens[1:] = (user[1:] != user[:-1]) | (at[1:] != at[:-1])
    before = np.maximum.accumulate(np.where(opens, np.arange(count), 0)) - 1
    known = (before >= 0) & (user[before] == user)
    return np.where(known, at[before] + 1, np.iinfo(np.int64).min)


def _end_of_instant(columns: UserColumns, rows: Longs) -> Longs:
    """The row after the last one of the same user and instant; few rows have another."""
    user, at = columns.user, columns.at
    end = rows + 1
    following = np.minimum(end, len(columns) - 1)
    tied = (user[following] == user[rows]) & (at[following] == at[rows]) & (end < len(columns))
    if tied.any():
        closes = np.searchsorted(user, user[rows[tied]], side="right")
        end[tied] = _first_not_before(at, end[tied], closes, at[rows[tied]] + 1)
    return end


def _first_not_before(at: Longs, low: Longs, high: Longs, floor: Longs) -> Longs:
    """The first place from `low` to `high` whose instant is not before a floor, by bisection."""
    found = low.copy()
    high = high.copy()
    open_ = np.flatnonzero(found < high)
    while len(open_):
        middle = (found[open_] + high[open_]) // 2
        early = at[middle] < floor[open_]
        found[open_[early]] = middle[early] + 1
        high[open_[~early]] = middle[~early]
        open_ = open_[found[open_] < high[open_]]
    return found
