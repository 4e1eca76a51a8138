"""A tenant's events kept as columns, so that a question reads only what is new from the engine.

Rows have numbers in the order of acknowledgement, and stand in the order of users: by user,
instant and position. New ones come in between, and those that were there keep their order. All
arrays are immutable: whoever reads is not disturbed by who continues.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain, pairwise
from typing import Protocol, TypeVar

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from ...domain.errors import Unavailable
from ...domain.events import Leaf
from .columns import Bools, Codes, Doubles, Longs, Narrow

Keys = NDArray[np.uint64]
_Value = TypeVar("_Value", bound=np.generic)

_PIECES = 2_000
"""So many values are put into an array by copying the pieces between them."""

_MERGED_ONE_BY_ONE = 20_000
"""So many new rows are put into the order of users one by one; more are sorted with all."""


@frozen(eq=False)
class Batch:
    """Rows that follow one another in the order of acknowledgement; arrays of shape (n,).

    Args:
        position: Their positions, ascending.
        key: The keys of their users.
        at: When. [µs since 1970]
        types: Their event types, as places in `type_names`.
        type_names: Event types.
        users: The ids of the users, by key; exactly those of `key` or more.
    """

    position: Longs
    key: Keys
    at: Longs
    types: Codes
    type_names: Sequence[str]
    users: Mapping[int, str]


class Reader(Protocol):
    """Reads columns from an engine, in one snapshot."""

    def rows(self, after: int, through: int) -> Batch:
        """The rows at positions beyond one and up to another."""

    def fitting(self, leaf: Leaf, after: int, through: int) -> Longs:
        """The positions of rows for which a comparison of a property holds, in any order."""

    def texts(self, name: str, after: int, through: int) -> tuple[Longs, Codes, Sequence[str]]:
        """Positions, and a property's texts there: places in a list of different texts."""

    def numbers(self, name: str, after: int, through: int) -> tuple[Longs, Doubles]:
        """Positions, and the numbers that a property has there."""


@frozen(eq=False)
class Rows:
    """Rows in the order of users: by user, instant and position; arrays of shape (n,).

    Args:
        through: The position up to which rows are here.
        position: Positions, ascending: in the order of acknowledgement, which numbers the rows.
        type_names: Event types by code.
        user_ids: Ids of users by code.
        keys: Keys of users, ascending.
        codes: The code of each of `keys`.
        order: The number of each row.
        user: Codes of users.
        at: Instants. [µs since 1970]
        types: Codes of event types, as narrow as their number allows.
    """

    through: int = 0
    position: Longs = field(factory=lambda: np.empty(0, np.int64))
    type_names: tuple[str, ...] = ()
    user_ids: tuple[str, ...] = ()
    keys: Keys = field(factory=lambda: np.empty(0, np.uint64))
    codes: Codes = field(factory=lambda: np.empty(0, np.int32))
    order: Codes = field(factory=lambda: np.empty(0, np.int32))
    user: Codes = field(factory=lambda: np.empty(0, np.int32))
    at: Longs = field(factory=lambda: np.empty(0, np.int64))
    types: Narrow = field(factory=lambda: np.empty(0, np.uint8))

    def __attrs_post_init__(self) -> None:
        for one in (self.position, self.order, self.user, self.at, self.types):
            one.setflags(write=False)

    def __len__(self) -> int:
        return len(self.position)

    @property
    def size(self) -> int:
        """About how much memory it takes. [bytes]"""
        return (24 + self.types.itemsize) * len(self) + 100 * len(self.user_ids)

    @cached_property
    def span(self) -> tuple[int, int]:
        """The first and the last instant of any row; (0, 0) if there is none. [µs since 1970]"""
        return (int(self.at.min()), int(self.at.max())) if len(self) else (0, 0)

    def row(self, positions: Longs) -> tuple[Longs, Bools]:
        """Where positions stand, and which of them are here at all."""
        return _places(self.position, positions)

    def continued(self, batch: Batch, through: int) -> "Rows":
        """The rows with those that follow, seen up to a position."""
        if not len(batch.position):
            return evolve(self, through=through)
        known = self._with_users(batch)
        names = (*self.type_names, *(n for n in batch.type_names if n not in self.type_names))
        user = known._users(batch.key)
        places = np.array([names.index(name) for name in batch.type_names], np.int32)
        types = places[batch.types].astype(np.min_scalar_type(len(names)))
        row = np.arange(len(self), len(self) + len(batch.position), dtype=np.int32)
        grown = evolve(
            known,
            through=through,
            position=np.concatenate([self.position, batch.position]),
            type_names=names,
        )
        return grown._ordered(row, user, batch.at, types)

    def _with_users(self, batch: Batch) -> "Rows":
        named = np.sort(np.fromiter(batch.users, np.uint64, len(batch.users)))
        _, known = _places(self.keys, named)
        new = named[~known]
        if not len(new):
            return self
        start, places = len(self.user_ids), np.searchsorted(self.keys, new)
        codes = np.arange(start, start + len(new), dtype=np.int32)
        return evolve(
            self,
            user_ids=self.user_ids + tuple(batch.users[key] for key in new.tolist()),
            keys=put_between(self.keys, places, new),
            codes=put_between(self.codes, places, codes),
        )

    def _users(self, key: Keys) -> Codes:
        """The codes of users; each different key is looked up once."""
        order = np.argsort(key)
        ordered = key[order]
        first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
        codes = self.codes[np.searchsorted(self.keys, ordered[first])]
        found = np.empty(len(key), np.int32)
        found[order] = np.repeat(codes, np.diff(np.append(first, len(key))))
        return found

    def _ordered(self, row: Codes, user: Codes, at: Longs, types: Narrow) -> "Rows":
        if 0 < len(row) <= _MERGED_ONE_BY_ONE and len(self.order) > len(row):
            return self._merged(row, user, at, types)
        back = np.empty(len(self.order), np.int64)
        back[self.order] = np.arange(len(self.order))
        user = np.concatenate([self.user[back], user])
        at = np.concatenate([self.at[back], at])
        types = np.concatenate([self.types[back], types])
        order = by_user(user, at)
        return evolve(self, order=order, user=user[order], at=at[order], types=types[order])

    def _merged(self, row: Codes, user: Codes, at: Longs, types: Narrow) -> "Rows":
        new = by_user(user, at)
        row, user, at, types = row[new], user[new], at[new], types[new]
        first = np.searchsorted(self.user, user, "left")
        last = np.searchsorted(self.user, user, "right")
        found = [
            low + int(np.searchsorted(self.at[low:high], when, "right"))
            for low, high, when in zip(first.tolist(), last.tolist(), at.tolist(), strict=True)
        ]
        places = np.array(found, np.int64)
        return evolve(
            self,
            order=put_between(self.order, places, row),
            user=put_between(self.user, places, user),
            at=put_between(self.at, places, at),
            types=put_between(self.types.astype(types.dtype), places, types),
        )


def put_between(values: NDArray[_Value], places: Longs, new: NDArray[_Value]) -> NDArray[_Value]:
    """An array with others put before some of its places, which ascend."""
    if not len(values):
        return new
    if len(new) > _PIECES:
        return np.insert(values, places, new)
    # Few are put in by copying what lies between them: many times faster than by truth values.
    pieces = [values[start:end] for start, end in pairwise((0, *places.tolist(), len(values)))]
    singles = [new[at : at + 1] for at in range(len(new))]
    return np.concatenate([*chain.from_iterable(zip(pieces, singles, strict=False)), pieces[-1]])


def _places(ascending: NDArray[_Value], wanted: NDArray[_Value]) -> tuple[Longs, Bools]:
    """Where some values stand in an array, and which of them are there at all."""
    at = np.minimum(np.searchsorted(ascending, wanted), max(len(ascending) - 1, 0))
    found: Bools = ascending[at] == wanted if len(ascending) else np.zeros(len(at), np.bool_)
    return at, found


def by_user(user: Codes, at: Longs) -> Codes:
    """The order of rows by user and instant; rows that stand first come first among equals."""
    by_time = np.argsort(at, kind="stable")
    # One sort of plain numbers is many times faster than one of pairs.
    keys = (user[by_time].astype(np.int64) << 32) | np.arange(len(user))
    keys.sort()
    ordered: Codes = by_time[keys & 0xFFFFFFFF].astype(np.int32)
    return ordered


def checked_users(found: Sequence[tuple[int, str]]) -> Mapping[int, str]:
    """Ids by key, given every pair of them.

    Raises:
        Unavailable: If two users have one key: their events could not be told apart.
    """
    users = dict(found)
    if len(users) < len(found):
        raise Unavailable("two users have the same key; questions cannot tell them apart")
    return users
