"""From the body of a request to events: fast for good bodies, thorough for all others.

A body that is plainly right is decoded in one go, and its events are checked as columns
(ADR 45). Whatever is not goes the way of every body (ADR 6), which finds all that is wrong
with it. Both come to the same verdict.
"""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from attrs import frozen
from msgspec import UNSET, UnsetType

from ...application.record_events import EventRequest, placed
from ...domain.errors import Flaw, InvalidFields, InvalidInput
from ...domain.events import LONGEST_REQUEST_KEY, MOST_EVENTS, EventDraft, drafts_of
from ...domain.structured_fields import Item, dictionary
from ..structuring import from_json, instant_of
from .inputs import decoded, described


@frozen
class EventBody:
    """An event to be kept."""

    user_id: str = described("Who did it, 1 to 200 characters.", example="u_17")
    event_type: str = described("What was done, 1 to 100 characters.", example="signup")
    event_id: str | None = described(
        "Names the event for good, 1 to 200 characters: sent again, it is not counted twice. "
        "One is given where it is left out.",
        default=None,
        example="0199f2c1-6a0e-7c4b-9c1d-2f6f0f3f9a51",
    )
    timestamp: datetime | None = described(
        "When it happened: 1970 to five minutes from now; the instant of receipt where it is "
        "left out.",
        default=None,
        example="2026-01-01T09:30:00Z",
    )
    properties: Mapping[str, Any] = described(
        "What else there is to say: at most 200 names and 8 levels.",
        default={},
        example={"channel": "ads", "plan": "pro"},
    )

    def draft(self) -> EventDraft:
        """The event.

        Raises:
            InvalidFields: With everything that is wrong.
        """
        return EventDraft(
            self.user_id, self.event_type, self.event_id, self.timestamp, self.properties
        )


@frozen
class EventsBody:
    """Events to be kept together."""

    events: tuple[EventBody, ...] = described("1 to 100 events.")


def read_request(body: bytes, key: str | None, *, lenient: bool) -> EventRequest:
    """What a request asks.

    Args:
        body: Its JSON.
        key: Its idempotency key.
        lenient: Whether single events may be refused.

    Raises:
        UnreadableBody: If it is not JSON.
        InvalidFields: With everything that is wrong with it, unless it is lenient and only
            single events are wrong.
    """
    drafts = plain_drafts(body)
    if drafts is not None:
        return EventRequest(dict(enumerate(drafts)), {}, key, lenient)
    found, flaws = thorough_drafts(body)
    if flaws and not lenient:
        raise InvalidFields(placed(flaws))
    return EventRequest(found, flaws, key, lenient)


class _WholeEvent(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    user_id: str
    event_type: str
    event_id: str | None
    timestamp: str | None
    properties: dict[str, Any]


class _PartialEvent(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    user_id: str
    event_type: str
    event_id: str | UnsetType | None = UNSET
    timestamp: str | UnsetType | None = UNSET
    properties: dict[str, Any] | UnsetType = UNSET

    def left_out(self) -> int:
        return (self.event_id, self.timestamp, self.properties).count(UNSET)

    def whole(self) -> _WholeEvent:
        return _WholeEvent(
            self.user_id,
            self.event_type,
            None if self.event_id is UNSET else self.event_id,
            None if self.timestamp is UNSET else self.timestamp,
            {} if self.properties is UNSET else self.properties,
        )


class _WholeBatch(msgspec.Struct, forbid_unknown_fields=True):
    events: list[_WholeEvent]


class _PartialBatch(msgspec.Struct, forbid_unknown_fields=True):
    events: list[_PartialEvent]


_whole = msgspec.json.Decoder(_WholeBatch)
_whole_line = msgspec.json.Decoder(_WholeEvent)
_partial = msgspec.json.Decoder(_PartialBatch)
_partial_line = msgspec.json.Decoder(_PartialEvent)
#: The signs of instants as nearly all are written, by their length.
_INSTANT_SIGNS: Mapping[int, Mapping[int, str]] = {
    len(one): {at: sign for at, sign in enumerate(one) if not sign.isdigit()}
    for one in ("2025-09-01T00:00:00Z", "2025-09-01T00:00:00.000Z")
}
_SPACES = (b" ", b"\t", b"\n", b"\r")


def plain_drafts(body: bytes) -> list[EventDraft] | None:
    """The events of a body that is plainly right; None if it may not be."""
    return _plain(body, 1, lambda: _whole.decode(body).events, lambda: _partial.decode(body).events)


def plain_lines(lines: Sequence[bytes]) -> list[EventDraft] | None:
    """The events of 1 to 100 lines that are all plainly right; None if one may not be."""
    return _plain(
        b"\n".join(lines),
        0,
        lambda: list(map(_whole_line.decode, lines)),
        lambda: list(map(_partial_line.decode, lines)),
    )


def _plain(
    body: bytes,
    outer: int,
    whole: Callable[[], list[_WholeEvent]],
    partial: Callable[[], list[_PartialEvent]],
) -> list[EventDraft] | None:
    # Looking for one byte takes a fortieth of looking for two.
    if any(space in body and space + b":" in body for space in _SPACES):
        return None
    try:
        try:
            return _drafts(body, whole(), 0, outer)
        except msgspec.ValidationError:  # fields are left out, if no more is wrong
            events = partial()
            left_out = sum(one.left_out() for one in events)
            return _drafts(body, [one.whole() for one in events], left_out, outer)
    except (ValueError, RecursionError):
        return None


def _drafts(
    body: bytes, events: list[_WholeEvent], left_out: int, outer: int
) -> list[EventDraft] | None:
    # `outer` objects of one name are around the events, which lack `left_out` of their fields.
    if not 0 < len(events) <= MOST_EVENTS:
        return None
    properties = [one.properties for one in events]
    names = outer + 5 * len(events) - left_out + sum(map(len, properties))
    # The decoder keeps the last of a repeated name, so they are counted: every name ends in
    # `":`. A text may hold that too; then the count is too high and the other way is taken.
    more = body.count(b'":') - names
    if more and more != sum(_inner_names(one.values()) for one in properties):
        return None
    return drafts_of(
        [one.user_id for one in events],
        [one.event_type for one in events],
        [one.event_id for one in events],
        _instants([one.timestamp for one in events]),
        properties,
    )


def _instants(texts: Sequence[str | None]) -> Sequence[datetime | None]:
    given = [one for one in texts if one is not None]
    found = instants_of(given)
    if len(given) == len(texts):
        return found
    following = iter(found)
    return [None if one is None else next(following) for one in texts]


def instants_of(texts: Sequence[str]) -> list[datetime]:
    """The instants that texts tell, as `instant_of` of each.

    Raises:
        ValueError: If one is not an RFC 3339 instant with an offset, or does not exist.
    """
    length, *others = set(map(len, texts)) or {0}
    signs = _INSTANT_SIGNS.get(length)
    if signs is not None and not others:
        together, many = "".join(texts), len(texts)
        if all(together[at::length] == sign * many for at, sign in signs.items()):
            return list(map(datetime.fromisoformat, texts))  # which makes of "Z" UTC itself
    return list(map(instant_of, texts))


def _inner_names(values: Iterable[Any]) -> int:
    names = 0
    for value in values:
        kind = type(value)
        if kind is dict:
            names += len(value) + _inner_names(value.values())
        elif kind is list:
            names += _inner_names(value)
    return names


def thorough_drafts(
    body: bytes,
) -> tuple[Mapping[int, EventDraft], Mapping[int, tuple[Flaw, ...]]]:
    """The events of any body, and what is wrong with the others, by their place.

    Raises:
        UnreadableBody: If it is not JSON.
        InvalidFields: If it is not a list of 1 to 100 events, or repeats a name.
    """
    drafts: dict[int, EventDraft] = {}
    flaws: dict[int, tuple[Flaw, ...]] = {}
    for place, item in enumerate(_items(decoded(body))):
        try:
            drafts[place] = from_json(item, EventBody).draft()
        except InvalidInput as error:
            flaws[place] = error.flaws
    return drafts, flaws


def _items(document: Any) -> list[Any]:
    if not isinstance(document, dict):
        raise InvalidFields([Flaw((), "type", "must be an object")])
    unknown = [
        Flaw((str(name)[:64],), "unknown_field", "unknown field")
        for name in sorted(set(document) - {"events"})
    ]
    if unknown:
        raise InvalidFields(unknown)
    if "events" not in document:
        raise InvalidFields([Flaw(("events",), "missing", "required")])
    items = document["events"]
    if not isinstance(items, list):
        raise InvalidFields([Flaw(("events",), "type", "must be an array")])
    if not 0 < len(items) <= MOST_EVENTS:
        message = f"must hold 1 to {MOST_EVENTS} events, not {len(items)}"
        raise InvalidFields([Flaw(("events",), "length", message)])
    return items


def request_key(header: str | None) -> str | None:
    """The key of an Idempotency-Key field: a quoted string, or its bare characters.

    Raises:
        InvalidInput: If it is empty, over 255 characters or not a string.
    """
    if header is None:
        return None
    text = header.strip()
    if text.startswith('"'):
        found = dictionary(f"key={text}").get("key")
        text = str(found.value) if isinstance(found, Item) else ""
    if not 0 < len(text) <= LONGEST_REQUEST_KEY or not text.isascii() or not text.isprintable():
        message = f"Idempotency-Key must be a string of 1 to {LONGEST_REQUEST_KEY} characters"
        raise InvalidInput(message, path=("Idempotency-Key",), code="key")
    return text


def wants_lenient(header: str | None) -> bool:
    """Whether a Prefer field asks for lenient handling (RFC 7240, 4.4)."""
    preferences = (part.strip().lower().replace(" ", "") for part in (header or "").split(","))
    return any(
        one.split(";")[0] in {"handling=lenient", 'handling="lenient"'} for one in preferences
    )
