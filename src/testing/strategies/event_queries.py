"""Loaded events, and the filters, lists and day figures that are asked of them."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from ...domain.attributes import Attributes, Json, canonical
from ...domain.events import (
    AllOf,
    AnyOf,
    Condition,
    DayQuestion,
    Event,
    EventFilter,
    EventKey,
    EventQuery,
    EventSlice,
    Leaf,
    Not,
    Op,
    Scope,
)

_MIDNIGHT = datetime(2024, 3, 31, tzinfo=UTC)
_USERS = ("u1", "u2", "U1", "ü", "o'brien")
_TYPES = ("view", "buy", "View")

#: What the text of a path, a pointer or a pattern could mistake for something else.
PROPERTY_NAMES = ("plan", "Plan", "a.b", "a", "a/b~c", '$."*"[0]', "0", "*", "é'--", "\n")

#: Pairs that one engine or another takes for the same, or for different things.
SCALARS: tuple[str | int | float | bool, ...] = (
    True, False, "true", "True", 0, 1, -1, 2, 10, "1", "1.0", "01", "10", 1.5, "1.5", 0.1,
    1e-7, "1e-07", "1e-7", 1e22, "1e+22", "1e22", 1e16, 123456789012345.6, -5e-324,
    2**53 - 1, 1 - 2**53, 9007199254740992.0, "", " ", "a", "A", "b", "ä", "Ä", "ÄB", "ß", "ẞ",
    "i", "I", "İ", "ı", "σ", "ς", "Σ", "ﬀ", "\uffff", "😀", "%", "_", "\\", "'", '"', "\n\t\x1f",
    "null", "[1]", "[", "{", '{"a":1}', "'; drop table event; --", "$p0",
)  # fmt: skip
NESTED: tuple[Json, ...] = (
    [], {}, [1], ["1"], [1, "a", None], {"a": 1}, {"b": [1e-7, "\n\x1f'", {"é": True}], "a": 1e22},
)  # fmt: skip


def property_values() -> st.SearchStrategy[Json]:
    """Values in their one form, of every kind."""
    return st.sampled_from((None, *SCALARS, *NESTED))


def event_properties() -> st.SearchStrategy[Attributes]:
    """Properties with a few awkward names."""
    return st.dictionaries(st.sampled_from(PROPERTY_NAMES), property_values(), max_size=3)


def event_instants() -> st.SearchStrategy[datetime]:
    """Instants of three days, most of them shared, some a microsecond beside midnight."""
    beside = st.sampled_from((-1, 0, 0, 0, 1)).map(lambda by: timedelta(microseconds=by))
    hours = st.integers(0, 6).map(lambda at: _MIDNIGHT + timedelta(hours=8 * at))
    return st.builds(lambda at, by: at + by, hours, beside)


@st.composite
def loaded_events(draw: st.DrawFn, position: int) -> Event:
    """An event at a position."""
    return Event(
        f"e{position}",
        draw(st.sampled_from(_USERS)),
        draw(st.sampled_from(_TYPES)),
        draw(event_instants()),
        draw(event_properties()),
        draw(event_instants()),
        draw(st.sampled_from((None, "1.0"))),
        position,
    )


@st.composite
def event_slices(draw: st.DrawFn, most: int = 3) -> tuple[EventSlice, ...]:
    """Slices that follow one another from the beginning; some positions have no event."""
    slices, after = [], 0
    for _ in range(draw(st.integers(1, most))):
        through = after + draw(st.integers(0, 6))
        kept = [at for at in range(after + 1, through + 1) if draw(st.integers(0, 4))]
        events = tuple(draw(loaded_events(position)) for position in kept)
        slices.append(EventSlice(after, through, events))
        after = through
    return tuple(slices)


def event_leaves() -> st.SearchStrategy[Leaf]:
    """Comparisons of every kind, as they come out of the wire form."""
    scalars = st.sampled_from(SCALARS).map(canonical)
    texts = st.sampled_from([one for one in SCALARS if isinstance(one, str) and one])
    ordered = st.sampled_from([one for one in SCALARS if not isinstance(one, bool)])
    alternatives = st.lists(scalars, min_size=1, max_size=3).map(tuple)
    leaf = _leaf_of
    return st.one_of(
        leaf((Op.EQ, Op.NE), scalars),
        leaf((Op.IN, Op.NOT_IN), alternatives),
        leaf((Op.GT, Op.GE, Op.LT, Op.LE), ordered),
        leaf((Op.CONTAINS, Op.NOT_CONTAINS), texts),
        leaf((Op.IS_SET, Op.IS_NOT_SET), st.none()),
    )


def _leaf_of(
    ops: tuple[Op, ...], values: st.SearchStrategy[Json | tuple[Json, ...]]
) -> st.SearchStrategy[Leaf]:
    names = st.sampled_from(PROPERTY_NAMES)
    scopes = st.sampled_from((Scope.EVENT, Scope.EVENT, Scope.EVENT, Scope.USER))
    return st.builds(Leaf, names, st.sampled_from(ops), values, scopes)


def event_conditions() -> st.SearchStrategy[Condition]:
    """Conditions up to three levels deep."""
    return st.recursive(event_leaves(), _joined, max_leaves=4)


def _joined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    some = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.builds(Not, inner) | st.builds(AllOf, some) | st.builds(AnyOf, some)


@st.composite
def event_filters(draw: st.DrawFn) -> EventFilter:
    """Filters with any of their parts."""
    bounds = sorted({draw(event_instants()), draw(event_instants())})
    return EventFilter(
        draw(st.none() | st.frozensets(st.sampled_from(_USERS), max_size=2)),
        draw(st.none() | st.frozensets(st.sampled_from(_TYPES), max_size=2)),
        draw(st.sampled_from((None, bounds[0]))),
        draw(st.sampled_from((None, bounds[1]))) if len(bounds) == 2 else None,
        draw(st.none() | event_conditions()),
        draw(st.frozensets(st.sampled_from(_USERS), max_size=1)),
    )


@st.composite
def event_queries(draw: st.DrawFn) -> EventQuery:
    """Lists of events with any filter, from any place on, as of any position."""
    return EventQuery(
        draw(event_filters()),
        draw(st.none() | st.integers(1, 4)),
        draw(st.none() | st.builds(EventKey, event_instants(), st.integers(0, 12))),
        draw(st.none() | st.integers(0, 12)),
    )


@st.composite
def day_questions(draw: st.DrawFn) -> DayQuestion:
    """Questions about one to four days, of which some have no event."""
    first = date(2024, 3, 30) + timedelta(days=draw(st.integers(0, 3)))
    last = first + timedelta(days=draw(st.integers(0, 3)))
    kind = draw(st.none() | st.sampled_from(_TYPES))
    return DayQuestion(first, last, kind, draw(st.booleans()))
