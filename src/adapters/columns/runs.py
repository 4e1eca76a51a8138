"""Rows that belong together: columns of the rows that matter, and runs of equal ones."""

import numpy as np
from attrs import evolve, frozen

from .columns import Codes, Longs, Texts, UserColumns


@frozen(eq=False)
class Runs:
    """Stretches of rows of one user in one interval.

    Args:
        user: Whose, shape (m,); ascending.
        interval: Which, shape (m,); ascending within a user.
        first: The first row of each, shape (m,).
        length: Its rows, shape (m,).
    """

    user: Codes
    interval: Codes
    first: Longs
    length: Longs

    def __len__(self) -> int:
        return len(self.user)


def runs(user: Codes, interval: Codes) -> Runs:
    """The runs of rows that are in order of user and interval."""
    changes = np.empty(len(user), np.bool_)
    changes[:1] = True
    np.not_equal(user[1:], user[:-1], out=changes[1:])
    changes[1:] |= interval[1:] != interval[:-1]
    first = np.flatnonzero(changes)
    return Runs(user.take(first), interval.take(first), first, np.diff(first, append=len(user)))


def first_of_users(user: Codes) -> Longs:
    """The first row of every user who has one, of rows in order of user."""
    if not len(user):
        return np.empty(0, np.int64)
    return np.concatenate(([0], np.flatnonzero(user[1:] != user[:-1]) + 1))


def chosen(columns: UserColumns, rows: Longs) -> UserColumns:
    """Some rows of columns, in their order."""
    return evolve(
        columns,
        user=columns.user.take(rows),
        at=columns.at.take(rows),
        position=None if columns.position is None else columns.position.take(rows),
        fits=tuple(one.take(rows) for one in columns.fits),
        fields=tuple(Texts(one.codes.take(rows), one.values) for one in columns.fields),
        numbers=tuple(one.take(rows) for one in columns.numbers),
        types=columns.types and Texts(columns.types.codes.take(rows), columns.types.values),
    )
