"""Lists of the users of a funnel, by whole columns."""

from collections.abc import Iterator
from datetime import datetime
from heapq import nsmallest

import numpy as np

from ...domain.questions.funnel import (
    AttemptKey,
    FunnelAttempt,
    FunnelPage,
    FunnelState,
    FunnelUsers,
    page,
)
from . import funnel
from .columns import Bools, Longs, UserColumns, Wanted
from .funnel_chains import NONE, Chains, firsts


def wanted(question: FunnelUsers) -> Wanted:
    """What the funnel wants."""
    return funnel.wanted(question.plain)


def path(question: FunnelUsers) -> str:
    """How it is answered."""
    return funnel.path(question.plain)


def answer(question: FunnelUsers, columns: UserColumns, now: datetime) -> FunnelPage:
    """The page, from the columns that are wanted."""
    chains = funnel.counted_attempts(question.plain, columns, now)
    keys = _keys(question, columns, chains)
    first = nsmallest(question.limit + 1, keys)
    told = (
        (key, FunnelAttempt.of(key.user_id, _instants(chains, place)))
        for key, place in first[: question.limit]
    )
    return page(told, more=len(first) > question.limit)


def _keys(
    question: FunnelUsers, columns: UserColumns, chains: Chains
) -> Iterator[tuple[AttemptKey, int]]:
    places = np.flatnonzero(_listed(question, chains))
    numbers = _numbers(chains)[places].tolist()
    walkers = chains.walker[places].tolist()
    for place, walker, number in zip(places.tolist(), walkers, numbers, strict=True):
        key = AttemptKey(columns.user_ids[walker], number)
        if question.after is None or key > question.after:
            yield key, place


def _listed(question: FunnelUsers, chains: Chains) -> Bools:
    reached: Bools = chains.at[question.step - 1] != NONE
    if question.state is FunnelState.REACHED:
        return reached
    before: Bools = chains.at[question.query.before(question.step) - 1] != NONE
    return before & ~reached


def _numbers(chains: Chains) -> Longs:
    """Which of its walker's attempts each is, from 0."""
    first = firsts(chains.walker)
    starts = np.flatnonzero(first)
    numbers: Longs = np.arange(len(chains)) - starts[np.cumsum(first) - 1]
    return numbers


def _instants(chains: Chains, place: int) -> list[int | None]:
    return [None if at == NONE else at for at in chains.at[:, place].tolist()]
