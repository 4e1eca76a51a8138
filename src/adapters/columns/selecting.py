"""From what is kept of a tenant to the columns that a kernel reads."""

from collections.abc import Iterable, Mapping

import numpy as np
from attrs import frozen

from ...domain.attributes import Attributes
from ...domain.events import AllOf, AnyOf, Condition, Leaf, Not, Scope, microseconds
from ...domain.events.filters import leaves
from ...domain.questions import EventPattern, Field
from .columns import Bools, Codes, Doubles, Longs, Texts, UserColumns, Wanted
from .kept import KeptColumns, told
from .rows import Reader, Rows

_NOBODY: Attributes = {}

_COMPARED = 8
"""Up to so many types, comparing with one after the other is quicker than looking each up."""


@frozen(eq=False)
class View:
    """What a selection needs, all from one moment; nobody changes these arrays any more.

    Comparisons go by what `told` says of them, for to Python 1 and true are the same.
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
    """The columns that are wanted, of the rows that fit any of the patterns."""
    known = _Users(seen.rows, users)
    at = _within(seen.rows, wanted)
    fits = tuple(_fits(seen, known, one, at) for one in wanted.patterns)
    any_fits = _any(fits, len(at))
    if not any_fits.all():
        at, fits = at[any_fits], tuple(one[any_fits] for one in fits)
    rows = seen.rows
    row = rows.order[at] if wanted.positions or wanted.fields or wanted.numbers else rows.order
    return UserColumns(
        rows.user[at],
        rows.at[at],
        rows.position[row] if wanted.positions else None,
        fits,
        tuple(_texts(seen, known, one, at, row) for one in wanted.fields),
        tuple(seen.numbers[name][row] for name in wanted.numbers),
        Texts(rows.types[at], rows.type_names) if wanted.types else None,
        rows.user_ids,
        rows.through if wanted.through is None else min(wanted.through, rows.through),
    )


def _any(fits: tuple[Bools, ...], rows: int) -> Bools:
    found = fits[0].copy() if fits else np.zeros(rows, np.bool_)
    for one in fits[1:]:
        found |= one
    return found


def _leaves(patterns: Iterable[EventPattern]) -> Iterable[Leaf]:
    for pattern in patterns:
        if pattern.filters is not None:
            yield from (one for one in leaves(pattern.filters) if one.scope is Scope.EVENT)


def _within(rows: Rows, wanted: Wanted) -> Longs:
    """Where rows stand, in the order of users, that may fit at all."""
    inside = np.ones(len(rows), np.bool_)
    if wanted.start is not None:
        inside &= rows.at >= microseconds(wanted.start)
    if wanted.end is not None:
        inside &= rows.at < microseconds(wanted.end)
    if wanted.through is not None and wanted.through < rows.through:
        inside &= rows.position[rows.order] <= wanted.through
    types = [one.types for one in wanted.patterns]
    if None not in types:
        named = frozenset().union(*(one for one in types if one))
        inside &= _among(rows.type_names, named, rows.types)
    return np.flatnonzero(inside)


def _among(names: tuple[str, ...], wanted: frozenset[str], types: Codes) -> Bools:
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


def _fits(seen: View, known: _Users, pattern: EventPattern, at: Longs) -> Bools:
    rows = seen.rows
    fits = np.ones(len(at), np.bool_)
    if (types := pattern.types) is not None:
        fits = _among(rows.type_names, types, rows.types[at])
    if pattern.filters is not None:
        fits = fits & _holds(seen, known, pattern.filters, at)
    return fits


def _holds(seen: View, known: _Users, condition: Condition, at: Longs) -> Bools:
    match condition:
        case Leaf(scope=Scope.USER):
            return known.holding(condition)[seen.rows.user[at]]
        case Leaf():
            return seen.fitting[told(condition)][seen.rows.order[at]]
        case Not():
            return ~_holds(seen, known, condition.condition, at)
        case AllOf() | AnyOf():
            join = np.logical_and if isinstance(condition, AllOf) else np.logical_or
            held = np.full(len(at), isinstance(condition, AllOf))
            for one in condition.conditions:
                held = join(held, _holds(seen, known, one, at))
            return held


def _texts(seen: View, known: _Users, one: Field, at: Longs, row: Codes) -> Texts:
    if one.scope is Scope.USER:
        found = known.texts(one)
        return Texts(found.codes[seen.rows.user[at]], found.values)
    found = seen.texts[one.property]
    return Texts(found.codes[row].astype(np.int32), found.values)
