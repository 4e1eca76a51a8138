"""Events as columns, each user's side by side in order: what every kernel reads."""

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from ...domain.attributes import Json
from ...domain.events import Event, microseconds
from ...domain.questions import EventPattern, Field, History

Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]
Narrow = NDArray[np.integer[Any]]
"""Codes that are as narrow as their number allows."""
Longs = NDArray[np.int64]
Doubles = NDArray[np.float64]


class Stopped(Exception):
    """A kernel ended because nobody waits for its answer."""


@frozen
class Wanted:
    """Which rows a kernel reads, and what of them.

    Args:
        patterns: Events to tell apart; rows that fit none of them are left out.
        start: Only events at or after this instant; None for all before.
        end: Only events before this instant; None for all after.
        fields: Properties of events or attributes of users, read as texts.
        numbers: Properties of events, read as numbers.
        types: Whether event types are read.
        positions: Whether positions are read.
        through: The last position that is seen; None for all there is.
    """

    patterns: tuple[EventPattern, ...]
    start: datetime | None = None
    end: datetime | None = None
    fields: tuple[Field, ...] = ()
    numbers: tuple[str, ...] = ()
    types: bool = False
    through: int | None = None
    positions: bool = False


@frozen(eq=False)
class Texts:
    """A column of texts.

    Args:
        codes: The place of each row's text in `values`, shape (n,).
        values: The different texts, in any order; the empty text stands for none.
    """

    codes: Narrow
    values: Sequence[str]


@frozen(eq=False)
class UserColumns:
    """Rows by user, instant and position, both ascending; every array has shape (n,).

    Arrays may be what is kept of the tenant itself: nobody writes into them.

    Args:
        user: Whose event, as a place in `user_ids`; ascending.
        at: When. [µs since 1970]
        position: Its place in the order of acknowledgement; None where they were not asked for.
        fits: Per pattern, whether the event fits.
        fields: Per field, its texts.
        numbers: Per property, its numbers; NaN where it is none.
        types: Event types; None where they were not asked for.
        user_ids: Ids of users; may hold some who have no row.
        through: The position up to which events were seen.
        unwanted: Set when nobody waits for what is computed of them any more.
    """

    user: Codes
    at: Longs
    position: Longs | None
    fits: tuple[Bools, ...]
    fields: tuple[Texts, ...]
    numbers: tuple[Doubles, ...]
    types: Texts | None
    user_ids: Sequence[str]
    through: int
    unwanted: threading.Event = field(factory=threading.Event)

    def go_on(self) -> None:
        """What a kernel that goes user by user asks before each of them.

        Raises:
            Stopped: If nobody waits for the answer any more.
        """
        if self.unwanted.is_set():
            raise Stopped

    def __len__(self) -> int:
        return len(self.user)


def columns_of(history: History, wanted: Wanted) -> UserColumns:
    """The columns of a history: what every source of columns answers."""
    seen = [one for one in history.events if _seen(one, wanted)]
    fitting = [one for one in seen if any(history.fits(p, one) for p in wanted.patterns)]
    user_ids = sorted({one.user_id for one in fitting})
    code = {user_id: at for at, user_id in enumerate(user_ids)}
    rows = sorted(fitting, key=lambda one: (code[one.user_id], one.timestamp, one.position))
    through = wanted.through
    if through is None:
        through = max((one.position for one in history.events), default=0)
    return UserColumns(
        np.array([code[one.user_id] for one in rows], np.int32),
        np.array([microseconds(one.timestamp) for one in rows], np.int64),
        np.array([one.position for one in rows], np.int64) if wanted.positions else None,
        tuple(np.array([history.fits(p, one) for one in rows], np.bool_) for p in wanted.patterns),
        tuple(
            _texts(f.text(o, history.attributes(o.user_id)) for o in rows) for f in wanted.fields
        ),
        tuple(_numbers(one.properties.get(name) for one in rows) for name in wanted.numbers),
        _texts(one.event_type for one in rows) if wanted.types else None,
        user_ids,
        through,
    )


def _seen(event: Event, wanted: Wanted) -> bool:
    return (
        (wanted.start is None or event.timestamp >= wanted.start)
        and (wanted.end is None or event.timestamp < wanted.end)
        and (wanted.through is None or event.position <= wanted.through)
    )


def _told(field: Field, history: History, rows: Iterable[Event]) -> Iterable[str]:
    return (field.text(one, history.attributes(one.user_id)) for one in rows)


def _texts(values: Iterable[str]) -> Texts:
    listed = list(values)
    different = sorted(set(listed))
    code = {text: at for at, text in enumerate(different)}
    return Texts(np.array([code[text] for text in listed], np.int32), different)


def _numbers(values: Iterable[Json]) -> Doubles:
    return np.array([_number(value) for value in values], np.float64)


def _number(value: Json) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return float("nan")
