"""The rows of a funnel, ordered so that a later step never lies before an earlier one."""

import numpy as np
from attrs import frozen

from ...domain.questions.funnel import EntryRule, FunnelQuery, StepOrder
from .columns import Bools, Codes, Longs, UserColumns


@frozen(eq=False)
class Lanes:
    """Rows by walker and instant; of those at one instant, the lowest step first.

    A walker is a user, or a user's events with one value. Every array has shape (n,), but for
    the one that says otherwise.

    Args:
        walker: Whose row it is; ascending.
        at: When. [µs since 1970]
        fits: Per step and exclusion, whether the row fits.
        row: Where the row stands among the columns.
        awkward: Per walker, whether which rows fill which steps is a matching, shape (walkers,).
    """

    walker: Codes
    at: Longs
    fits: tuple[Bools, ...]
    row: Longs
    awkward: Bools

    def __len__(self) -> int:
        return len(self.walker)

    def tie_end(self) -> Longs:
        """Where the first row after the instant of each row, or of the next walker, stands."""
        starts = _starts(self.walker, self.at)
        ends = np.append(np.flatnonzero(starts)[1:], len(self))
        found: Longs = ends[np.cumsum(starts) - 1]
        return found


def lanes_of_users(query: FunnelQuery, columns: UserColumns) -> Lanes:
    """Rows of users in the order in which a funnel goes through them."""
    row = np.arange(len(columns))
    rows = Lanes(columns.user, columns.at, columns.fits, row, np.zeros(0, np.bool_))
    return _ordered(query, rows, len(columns.user_ids))


def lanes_of_pairs(query: FunnelQuery, columns: UserColumns, walker: Codes, row: Longs) -> Lanes:
    """Rows of walkers in the order in which a funnel goes through them.

    Args:
        query: The funnel.
        columns: What was read.
        walker: Whose each row is; ascending from 0, shape (n,).
        row: Where each row stands among the columns; ascending within a walker.
    """
    fits = tuple(one[row] for one in columns.fits)
    rows = Lanes(walker, columns.at[row], fits, row, np.zeros(0, np.bool_))
    return _ordered(query, rows, int(walker[-1]) + 1 if len(walker) else 0)


def _ordered(query: FunnelQuery, rows: Lanes, walkers: int) -> Lanes:
    fits = rows.fits[: len(query.steps) + len(query.exclusions)]
    steps = fits[: len(query.steps)]
    tied = _tied(rows.walker, rows.at)
    awkward = _awkward(query, rows.walker, walkers, steps, tied)
    members = np.flatnonzero(tied)
    if not len(members):
        return Lanes(rows.walker, rows.at, fits, rows.row, awkward)
    group = np.cumsum(_starts(rows.walker, rows.at))[members]
    place = np.arange(len(rows))
    place[members] = members[np.lexsort((members, _lowest(steps, members), group))]
    told = tuple(one[place] for one in fits)
    return Lanes(rows.walker, rows.at, told, rows.row[place], awkward)


def by_user_alone(query: FunnelQuery) -> bool:
    """Whether a funnel has an option that is answered user by user."""
    return query.order is not StepOrder.ORDERED or query.grace_us > 0


def _starts(walker: Codes, at: Longs) -> Bools:
    """Whether a row is the first one of its walker and instant."""
    starts = np.ones(len(at), np.bool_)
    starts[1:] = (at[1:] != at[:-1]) | (walker[1:] != walker[:-1])
    return starts


def _tied(walker: Codes, at: Longs) -> Bools:
    """Whether another row of the walker has the same instant."""
    same = (at[1:] == at[:-1]) & (walker[1:] == walker[:-1])
    tied = np.zeros(len(at), np.bool_)
    tied[1:] |= same
    tied[:-1] |= same
    return tied


def _lowest(steps: tuple[Bools, ...], members: Longs) -> Codes:
    """The lowest step that each of some rows fits; beyond all steps where it fits none."""
    lowest = np.full(len(members), len(steps), np.int32)
    for step in range(len(steps) - 1, -1, -1):
        lowest[steps[step][members]] = step
    return lowest


def _awkward(
    query: FunnelQuery, walker: Codes, walkers: int, steps: tuple[Bools, ...], tied: Bools
) -> Bools:
    """Walkers of whom the order of rows does not say which of them fills which step.

    Rows at one instant of which one fits several steps; with optional steps, a row that fits
    one of them and another step; where attempts follow one another, rows at one instant.
    """
    if by_user_alone(query):
        return np.ones(walkers, np.bool_)
    optional = any(step.optional for step in query.steps)
    some = np.arange(len(walker)) if optional else np.flatnonzero(tied)
    doubtful = _doubtful(query, tuple(one[some] for one in steps), tied[some])
    if query.entry is EntryRule.RE_ENTER:
        doubtful |= tied[some]
    awkward = np.zeros(walkers, np.bool_)
    awkward[walker[some[doubtful]]] = True
    return awkward


def _doubtful(query: FunnelQuery, steps: tuple[Bools, ...], tied: Bools) -> Bools:
    several = np.sum(steps, axis=0, dtype=np.int8) > 1
    doubtful = several & tied
    for one, step in zip(steps, query.steps, strict=True):
        if step.optional:
            doubtful |= several & one
    return doubtful
