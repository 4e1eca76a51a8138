"""Attempts user by user, by the domain's own rule: for what whole columns do not say."""

from collections.abc import Iterator, Sequence

import numpy as np

from ...domain.questions.funnel import Attempt, FunnelQuery, Row, Rows, attempts
from .columns import Longs, UserColumns
from .funnel_chains import NONE, Chains, Places
from .funnel_lanes import Lanes


def attempts_by_user(query: FunnelQuery, columns: UserColumns, lanes: Lanes) -> Chains:
    """Every attempt of the walkers that are awkward, but void ones."""
    bits = _bits(query, columns)
    made = [
        (walker, places, one)
        for walker, places in _walks(query, columns, lanes)
        for one in _attempts(query, columns, bits, places)
        if not one.void
    ]
    shape = (len(query.steps), len(made))
    rows = [[NONE if p is None else int(places[p]) for p in one.places] for _, places, one in made]
    at = [[NONE if at is None else at for at in one.instants] for _, _, one in made]
    return Chains(
        np.array([walker for walker, _, _ in made], np.int32),
        np.array(rows, np.int64).reshape(shape[::-1]).T,
        np.array(at, np.int64).reshape(shape[::-1]).T,
        np.array([one.last for _, _, one in made], np.int64),
        np.array([one.last if one.cut is None else NONE for _, _, one in made], np.int64),
    )


def _walks(query: FunnelQuery, columns: UserColumns, lanes: Lanes) -> Iterator[tuple[int, Places]]:
    """Awkward walkers who may have an attempt, each with their rows among the columns."""
    first, last = query.entered_us
    entering = np.zeros(len(lanes), np.bool_)
    for step in range(query.entry_steps):
        entering |= lanes.fits[step]
    entering &= (lanes.at >= first) & (lanes.at <= last)
    entering &= lanes.awkward[lanes.walker]
    walkers = np.unique(lanes.walker[entering])
    starts = np.searchsorted(lanes.walker, walkers, "left")
    ends = np.searchsorted(lanes.walker, walkers, "right")
    for walker, start, end in zip(walkers.tolist(), starts.tolist(), ends.tolist(), strict=True):
        columns.go_on()
        yield walker, np.sort(lanes.row[start:end])


def _attempts(
    query: FunnelQuery, columns: UserColumns, bits: Longs, places: Places
) -> Sequence[Attempt]:
    pairs = zip(columns.at[places].tolist(), bits[places].tolist(), strict=True)
    rows = [Row(at, fits) for at, fits in pairs]
    return list(attempts(query, Rows(rows, len(query.patterns))))


def _bits(query: FunnelQuery, columns: UserColumns) -> Longs:
    """Which steps and exclusions each row fits, as in `Row.fits`."""
    bits = np.zeros(len(columns), np.int64)
    for bit in range(len(query.patterns)):
        bits |= columns.fits[bit].astype(np.int64) << bit
    return bits
