"""Cohorts over columns: a truth value per user and predicate."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import reduce

import numpy as np
from attrs import evolve, frozen

from ...domain.events import microseconds
from ...domain.questions import EventPattern
from ...domain.questions.cohorts import (
    Behaviour,
    CohortDefinition,
    CohortFigures,
    CohortMembers,
    CohortMembersQuery,
    CohortQuery,
    CohortSize,
    Did,
    Every,
    Except,
    FirstDid,
    Some,
    StoppedDoing,
    UserIs,
    fits_idle,
    predicates,
)
from ...domain.questions.patterns import MOST_TYPES
from . import retention
from .columns import Bools, Codes, Longs, UserColumns, Wanted
from .runs import chosen, first_of_users

_DAY = 86_400_000_000


def wanted(question: CohortQuery | CohortMembersQuery) -> Wanted:
    """Everything before the instant that can make somebody a member.

    The patterns are those of the different predicates in order, then, where it matters who was
    there at all, any event.
    """
    definition, since = question.definition, question.as_of
    instants: tuple[datetime, ...] = (question.as_of,)
    everybody = fits_idle(definition)
    if isinstance(question, CohortQuery):
        instants = (question.as_of, *question.instants)
        if question.members is not None:
            everybody, since = True, question.members.range.window.start
    patterns = tuple(_patterns(definition).values())
    start = None if fits_idle(definition) else _start(definition, min(instants))
    return Wanted(
        (*patterns, EventPattern()) if everybody else patterns,
        None if start is None else min(start, since),
        question.as_of,
    )


def path(question: CohortQuery | CohortMembersQuery) -> str:
    """How it is answered."""
    return "vectorised"


def sizes(question: CohortQuery, columns: UserColumns, now: datetime) -> CohortFigures:
    """The figures of a cohort."""
    crowd = _crowd(question.definition, columns)
    found = crowd.members(question.definition, question.as_of)
    past = tuple(
        CohortSize(at, int(crowd.members(question.definition, at).sum()))
        for at in question.instants
    )
    if question.members is None:
        return CohortFigures(int(found.sum()), past, None)
    since = microseconds(question.members.range.window.start)
    theirs = chosen(columns, np.flatnonzero(found.take(columns.user) & (columns.at >= since)))
    anything = np.ones(len(theirs), np.bool_)
    table = retention.answer(question.members, evolve(theirs, fits=(anything, anything)), now)
    return CohortFigures(int(found.sum()), past, table.cohorts)


def members(question: CohortMembersQuery, columns: UserColumns, now: datetime) -> CohortMembers:
    """A page of members."""
    found = _crowd(question.definition, columns).members(question.definition, question.as_of)
    return question.page(sorted(columns.user_ids[code] for code in np.flatnonzero(found).tolist()))


@frozen(eq=False)
class _Doing:
    """Rows of one kind of event, in order of user and instant.

    Args:
        at: When, shape (m,). [µs since 1970]
        user: Those who have any, shape (k,).
        first: The first row of each, shape (k,).
    """

    at: Longs
    user: Codes
    first: Longs

    def times(self, start: int | None, end: int) -> Longs:
        """How often each of those users did it since an instant and before another."""
        inside = self.at < end
        if start is not None:
            inside &= self.at >= start
        if not len(self.first):
            return self.first
        return np.add.reduceat(inside.view(np.int8), self.first, dtype=np.int64)


@frozen(eq=False)
class _Crowd:
    """Users and what they did.

    Args:
        size: How many users there are.
        doing: The events that each predicate looks at, by its text.
        anything: All events; None where it does not matter who was there.
    """

    size: int
    doing: Mapping[str, _Doing]
    anything: _Doing | None

    def members(self, definition: CohortDefinition, at: datetime) -> Bools:
        """Who is a member at an instant, shape (size,)."""
        found = self._hold(definition, microseconds(at))
        if self.anything is not None:
            found = found & self._began(self.anything, microseconds(at))
        return found

    def _hold(self, definition: CohortDefinition, at: int) -> Bools:
        match definition:
            case Every():
                return reduce(np.logical_and, (self._hold(one, at) for one in definition.parts))
            case Some():
                return reduce(np.logical_or, (self._hold(one, at) for one in definition.parts))
            case Except():
                return ~self._hold(definition.part, at)
            case UserIs():
                return self._those(self.doing[repr(definition)].user)
            case _:
                return self._did(definition, self.doing[repr(definition)], at)

    def _did(self, predicate: Behaviour, rows: _Doing, at: int) -> Bools:
        match predicate:
            case Did():
                times = self._times(rows, predicate.within_days, at)
                enough: Bools = times >= predicate.at_least
                return enough
            case FirstDid():
                first = rows.at.take(rows.first)
                lately = (first >= at - predicate.within_days * _DAY) & (first < at)
                return self._those(rows.user[lately])
            case StoppedDoing():
                lately = self._times(rows, predicate.for_days, at) > 0
                return self._began(rows, at) & ~lately

    def _began(self, rows: _Doing, at: int) -> Bools:
        """Who did it at all before an instant."""
        return self._those(rows.user[rows.at.take(rows.first) < at])

    def _times(self, rows: _Doing, days: int | None, at: int) -> Longs:
        """How often each user did it before an instant, in the last days or ever."""
        found = np.zeros(self.size, np.int64)
        found[rows.user] = rows.times(None if days is None else at - days * _DAY, at)
        return found

    def _those(self, users: Codes) -> Bools:
        found = np.zeros(self.size, np.bool_)
        found[users] = True
        return found


def _crowd(definition: CohortDefinition, columns: UserColumns) -> _Crowd:
    doing = {
        text: _doing(columns, fits)
        for text, fits in zip(_patterns(definition), columns.fits, strict=False)
    }
    everybody = np.ones(len(columns), np.bool_)
    anything = _doing(columns, everybody) if fits_idle(definition) else None
    return _Crowd(len(columns.user_ids), doing, anything)


def _doing(columns: UserColumns, fits: Bools) -> _Doing:
    rows = np.flatnonzero(fits)
    user = columns.user.take(rows)
    first = first_of_users(user)
    return _Doing(columns.at.take(rows), user.take(first), first)


def _patterns(definition: CohortDefinition) -> Mapping[str, EventPattern]:
    """Of which events each predicate is told, by its text: equal values may print unlike."""
    types = None if fits_idle(definition) else _types(definition)
    return {
        repr(one): EventPattern(types, one.filters) if isinstance(one, UserIs) else one.event
        for one in predicates(definition)
    }


def _types(definition: CohortDefinition) -> tuple[str, ...] | None:
    """What members must have done some of; None for anything."""
    found: set[str] = set()
    for one in predicates(definition):
        if not isinstance(one, UserIs):
            if one.event.types is None:
                return None
            found |= one.event.types
    return tuple(sorted(found)) if len(found) <= MOST_TYPES else None


def _start(definition: CohortDefinition, first: datetime) -> datetime | None:
    """From when on events matter for members at an instant and later; None for all."""
    longest = 0
    for one in predicates(definition):
        if isinstance(one, FirstDid | StoppedDoing) or (
            isinstance(one, Did) and one.within_days is None
        ):
            return None
        longest = max(longest, one.within_days or 0 if isinstance(one, Did) else 0)
    return first - timedelta(days=longest)
