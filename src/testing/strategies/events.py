"""Events as they are sent, and batches of them, of few people who do few things."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from ...domain.attributes import Attributes, Json, canonical
from ...domain.errors import Flaw
from ...domain.events import EventBatch, EventDraft, NewEvent, RequestKey
from .time import instants
from .users import user_ids

#: Order by code point differs here from order by any language's rules.
_EVENT_IDS = ("A1", "a1", "b'2", "é3", "0190b3a0-0000-7000-8000-000000000004", "z" * 200)
_TYPES = ("page_view", "purchase", "Sign up é")
_NAMES = ("plan", "amount", "é", "a.b")
_SCALARS: tuple[Json, ...] = (
    None, True, False, 0, 1, -7, 1.0, -0.0, 0.1, 2**53 - 1, 1e300, 5e-324,
    "", "pro", "Pro", "1", "true", "ÄÖ ß", 'a"b\\c', "a%_b", "tab\tand\nline",
)  # fmt: skip
_MICROSECONDS = (0, 0, 0, 1, 999_999)
_QUARANTINED = (Flaw(("properties", "plan"), "type", "must be text"),)
_REFUSED = (Flaw(("timestamp",), "future", "must not lie more than five minutes in the future"),)


def event_ids() -> st.SearchStrategy[str]:
    """A handful of ids, the longest one among them."""
    return st.sampled_from(_EVENT_IDS)


def event_types() -> st.SearchStrategy[str]:
    """Three types."""
    return st.sampled_from(_TYPES)


@st.composite
def event_instants(draw: st.DrawFn) -> datetime:
    """Instants on a grid of thirteen hours that crosses midnight, often at one time."""
    at = draw(instants()) - timedelta(hours=6)
    return at + timedelta(microseconds=draw(st.sampled_from(_MICROSECONDS)))


def json_values() -> st.SearchStrategy[Json]:
    """JSON that may be kept: awkward scalars, and a little of it nested."""
    scalars = st.sampled_from(_SCALARS)
    return scalars | st.recursive(scalars, _nested, max_leaves=4)


def _nested(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    lists: st.SearchStrategy[Json] = st.lists(inner, max_size=2)
    objects: st.SearchStrategy[Json] = st.dictionaries(_names(), inner, max_size=2)
    return lists | objects


def _names() -> st.SearchStrategy[str]:
    return st.sampled_from(_NAMES)


def event_properties() -> st.SearchStrategy[Attributes]:
    """Properties of few names, numbers as anybody may write them."""
    return st.dictionaries(_names(), json_values(), max_size=3)


@st.composite
def event_drafts(draw: st.DrawFn) -> EventDraft:
    """Events as they are sent: some without an id, some without an instant, in any zone."""
    at = draw(st.none() | event_instants())
    zone = draw(st.sampled_from([0, 0, -5, 14]))
    return EventDraft(
        draw(user_ids()),
        draw(event_types()),
        draw(st.none() | event_ids()),
        at and at.astimezone(_zone(zone)),
        draw(event_properties()),
    )


def _zone(hours: int) -> timezone:
    return timezone(timedelta(hours=hours))


@st.composite
def new_events(
    draw: st.DrawFn, identifiers: st.SearchStrategy[str] | None = None, apart: bool = True
) -> NewEvent:
    """Events that were checked.

    Args:
        draw: Given by Hypothesis.
        identifiers: Their ids; `event_ids` where left out.
        apart: Whether some of them are to be kept apart.
    """
    draft = draw(event_drafts())
    at = draft.timestamp or draw(event_instants())
    properties = canonical(dict(draft.properties))
    assert isinstance(properties, dict)
    kept_apart = apart and draw(st.integers(0, 4)) == 4
    return NewEvent(
        draw(event_ids() if identifiers is None else identifiers),
        draft.user_id,
        draft.event_type,
        at.astimezone(UTC),
        properties,
        draft.fingerprint(),
        draw(st.sampled_from([None, "1.0", "2.1"])),
        _QUARANTINED if kept_apart else (),
    )


def request_keys() -> st.SearchStrategy[RequestKey]:
    """Two keys, each of two requests."""
    digests = st.sampled_from([bytes(32), bytes([255]) * 32])
    return st.builds(RequestKey, st.sampled_from(["k1", "é 2"]), digests)


@st.composite
def event_batches(draw: st.DrawFn, most: int = 4) -> EventBatch:
    """Batches whose ids meet often; lenient ones have lost some events before."""
    events = tuple(draw(st.lists(new_events(), max_size=most)))
    lenient = draw(st.booleans())
    total = len(events) + (draw(st.integers(0, 2)) if lenient else 0)
    places = sorted(draw(st.permutations(range(total)))[: len(events)])
    refused = {place: _REFUSED for place in range(total) if place not in places}
    return EventBatch(
        events,
        draw(event_instants()),
        draw(st.none() | request_keys()),
        lenient,
        refused,
        tuple(places) if refused else (),
    )
