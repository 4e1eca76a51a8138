"""From what is kept of a tenant to the columns that a kernel reads."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from ...domain.attributes import Attributes
from ...domain.events import AllOf, AnyOf, Condition, Leaf, Not, Scope, microseconds
from ...domain.events.filters import leaves
from ...domain.questions import EventPattern, Field
from .columns import Bools, Codes, Doubles, Longs, Narrow, Texts, UserColumns, Wanted
from .kept import KeptColumns, told
from .rows import Reader, Rows

_Value = TypeVar("_Value", bound=np.generic)

_NOBODY: Attributes = {}

_COMPARED = 16
"""Up to so many types, comparing with one after the other is quicker than looking each up."""

_FEW = 0.2
"""Up to such a share of rows, comparing their instants alone is quicker than those of all."""

Chosen = slice | Longs
"""Where chosen rows stand; a slice where they are all."""


@frozen(eq=False)
class View:
    """What a selection needs, all from one moment and in the order of users.

    Nobody changes these arrays any more. Comparisons go by what `told` says of them, for to
    Python 1 and true are the same.
    """

    rows: Rows
    fitting: Mapping[str, Bools]
    texts: Mapping[str, Texts]
    numbers: Mapping[str, Doubles]


def view(kept: KeptColumns, reader: Reader, wanted: Wanted, through: int) -> View:
    """Bring what is kept up to a position, and take what is wanted of it."""
    rows = kept.continued(reader, through)
    return View(
        rows,
        {told(leaf): kept.fitting(reader, leaf) for leaf in _leaves(wanted.patterns)},
        {
            one.property: kept.texts(reader, one.property)
            for one in wanted.fields
            if one.scope is Scope.EVENT
        },
        {name: kept.numbers(reader, name) for name in wanted.numbers},
    )


def selected(seen: View, wanted: Wanted, users: Mapping[str, Attributes]) -> UserColumns:
    """The columns that are wanted, of the rows that fit any of the patterns.

    Where all rows are chosen, they are the kept columns themselves.
    """
    rows, known = seen.rows, _Users(seen.rows, users)
    fits = [_fits(seen, known, one) for one in wanted.patterns]
    at, instants = _chosen(rows, wanted, fits)
    return UserColumns(
        _taken(rows.user, at),
        instants,
        rows.position.take(_taken(rows.order, at)) if wanted.positions else None,
        # What the only pattern does not fit is not chosen.
        tuple(_ones(instants) if len(fits) == 1 or one.all() else _taken(one, at) for one in fits),
        tuple(_texts(seen, known, one, at) for one in wanted.fields),
        tuple(_taken(seen.numbers[name], at) for name in wanted.numbers),
        Texts(_taken(rows.types, at), rows.type_names) if wanted.types else None,
        rows.user_ids,
        rows.through if wanted.through is None else min(wanted.through, rows.through),
    )


def _leaves(patterns: Iterable[EventPattern]) -> Iterable[Leaf]:
    for pattern in patterns:
        if pattern.filters is not None:
            yield from (one for one in leaves(pattern.filters) if one.scope is Scope.EVENT)


def _chosen(rows: Rows, wanted: Wanted, fits: Sequence[Bools]) -> tuple[Chosen, Longs]:
    """Where rows stand that fit any pattern and lie within the range; their instants."""
    inside = np.zeros(len(rows), np.bool_)
    for one in fits:
        inside |= one
    if wanted.through is not None and wanted.through < rows.through:
        inside &= rows.order < np.searchsorted(rows.position, wanted.through, "right")
    if np.count_nonzero(inside) <= len(rows) * _FEW:
        at = np.flatnonzero(inside)
        instants = rows.at.take(at)
        if (within := _within(rows, wanted, instants)) is None:
            return at, instants
        left = np.flatnonzero(within)
        return at.take(left), instants.take(left)
    if (within := _within(rows, wanted, rows.at)) is not None:
        inside &= within
    chosen: Chosen = slice(None) if inside.all() else np.flatnonzero(inside)
    return chosen, _taken(rows.at, chosen)


def _within(rows: Rows, wanted: Wanted, at: Longs) -> Bools | None:
    """Which instants lie within the range; None if those of all rows do."""
    first, last = rows.span
    start = None if wanted.start is None else microseconds(wanted.start)
    end = None if wanted.end is None else microseconds(wanted.end)
    since = None if start is None or start <= first else at >= start
    if end is None or end > last:
        return since
    return at < end if since is None else since & (at < end)


def _taken(column: NDArray[_Value], at: Chosen) -> NDArray[_Value]:
    """The chosen rows of a column; the column itself if they are all."""
    return column[at] if isinstance(at, slice) else column.take(at)


def _ones(rows: Codes | Longs) -> Bools:
    return np.ones(len(rows), np.bool_)


def _among(names: tuple[str, ...], wanted: frozenset[str], types: Narrow) -> Bools:
    """The rows that are of one of some types."""
    codes = [code for code, name in enumerate(names) if name in wanted]
    if len(codes) > _COMPARED:
        found: Bools = np.isin(np.arange(len(names)), codes).take(types)
        return found
    found = np.zeros(len(types), np.bool_)
    for code in codes:
        found |= types == code
    return found


@frozen(eq=False)
class _Users:
    """What is known of users, by their codes."""

    rows: Rows
    users: Mapping[str, Attributes]

    def holding(self, leaf: Leaf) -> Bools:
        """Per user, whether a comparison of an attribute holds."""
        held = np.full(len(self.rows.user_ids), leaf.holds(_NOBODY, _NOBODY))
        for code, attributes in self._known():
            held[code] = leaf.holds(_NOBODY, attributes)
        return held

    def texts(self, one: Field) -> Texts:
        """Per user, an attribute's text."""
        place = {"": 0}
        codes = np.zeros(len(self.rows.user_ids), np.int32)
        for code, attributes in self._known():
            codes[code] = place.setdefault(one.text_of(attributes), len(place))
        return Texts(codes, tuple(place))

    def _known(self) -> Iterable[tuple[int, Attributes]]:
        for code, user_id in enumerate(self.rows.user_ids):
            if (attributes := self.users.get(user_id)) is not None:
                yield code, attributes


def _fits(seen: View, known: _Users, pattern: EventPattern) -> Bools:
    """The rows that fit a pattern."""
    rows = seen.rows
    fits = _ones(rows.user)
    if (types := pattern.types) is not None:
        fits = _among(rows.type_names, types, rows.types)
    if pattern.filters is not None:
        fits &= _holds(seen, known, pattern.filters)
    return fits


def _holds(seen: View, known: _Users, condition: Condition) -> Bools:
    match condition:
        case Leaf(scope=Scope.USER):
            return known.holding(condition)[seen.rows.user]
        case Leaf():
            return seen.fitting[told(condition)]
        case Not():
            return ~_holds(seen, known, condition.condition)
        case AllOf() | AnyOf():
            join = np.logical_and if isinstance(condition, AllOf) else np.logical_or
            held = np.full(len(seen.rows), isinstance(condition, AllOf))
            for one in condition.conditions:
                held = join(held, _holds(seen, known, one))
            return held


def _texts(seen: View, known: _Users, one: Field, at: Chosen) -> Texts:
    if one.scope is Scope.USER:
        found = known.texts(one)
        return Texts(found.codes.take(_taken(seen.rows.user, at)), found.values)
    found = seen.texts[one.property]
    return Texts(_taken(found.codes, at), found.values)
