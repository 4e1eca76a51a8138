"""Events: who did what, when, with which properties."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, cast

from attrs import define, field, frozen

from ..attributes import (
    Attributes,
    attribute_flaws,
    canonical,
    may_all_be_kept,
    text_of_canonical,
)
from ..errors import Flaw, InvalidFields
from ..windows import EARLIEST, LATEST

LONGEST_ID = 200
"""Longest id of an event or a user. [characters]"""

LONGEST_TYPE = 100
"""Longest event type. [characters]"""

MOST_AHEAD = timedelta(minutes=5)
"""How far the clock of a sender may be ahead of ours."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ASCII = bytes(range(32, 127))  # what of it is printable


def microseconds(at: datetime) -> int:
    """An aware instant as microseconds since 1970. [µs]"""
    return (at - _EPOCH) // _MICROSECOND


def instant(at_us: int) -> datetime:
    """The instant so many microseconds after 1970. [UTC]"""
    return _EPOCH + timedelta(microseconds=at_us)


class Fingerprint(NamedTuple):
    """What an event said when it was first sent, so that the same id with other content is told.

    Eight bytes of BLAKE2b per field; an instant that was left out has a print of its own.
    """

    user_id: bytes
    event_type: bytes
    timestamp: bytes
    properties: bytes

    @staticmethod
    def of(
        user_id: str, event_type: str, timestamp: datetime | None, properties: Attributes
    ) -> "Fingerprint":
        """That of an event; its properties are in their one form, see `canonical`."""
        at = "" if timestamp is None else str(microseconds(timestamp))
        text = text_of_canonical(dict(properties))
        return Fingerprint(_print(user_id), _print_of_type(event_type), _print(at), _print(text))

    def differing(self, other: "Fingerprint") -> tuple[str, ...]:
        """The fields in which two events differ, in their order here."""
        pairs = zip(self._fields, self, other, strict=True)
        return tuple(name for name, own, others in pairs if own != others)

    def packed(self) -> bytes:
        """All of it in 32 bytes."""
        return b"".join(self)

    @staticmethod
    def unpacked(packed: bytes) -> "Fingerprint":
        """From its 32 bytes."""
        return Fingerprint(*(packed[at : at + 8] for at in range(0, 32, 8)))


@define
class _Fields:
    user_id: str
    event_type: str
    event_id: str | None = None
    timestamp: datetime | None = None
    properties: Attributes = field(factory=dict)


@frozen
class EventDraft(_Fields):
    """An event as it is sent.

    Args:
        user_id: Who did it, 1 to 200 characters.
        event_type: What was done, 1 to 100 characters.
        event_id: Names the event for good, 1 to 200 characters; one is given where it is
            left out. Sent again, an event with the same id is not counted twice.
        timestamp: When, aware, in the years 1970 to 2199; the instant of receipt where it
            is left out. Kept in UTC to the microsecond.
        properties: What else there is to say: a JSON object, see `attribute_flaws`. Numbers
            are kept in their one form.

    Raises:
        InvalidFields: With everything that is wrong.
    """

    def __attrs_post_init__(self) -> None:
        flaws = [
            *text_flaws("user_id", self.user_id, LONGEST_ID),
            *text_flaws("event_type", self.event_type, LONGEST_TYPE),
            *(() if self.event_id is None else text_flaws("event_id", self.event_id, LONGEST_ID)),
            *self._timestamp_flaws(),
            *attribute_flaws(self.properties, ("properties",)),
        ]
        if flaws:
            raise InvalidFields(flaws)

    def _timestamp_flaws(self) -> Sequence[Flaw]:
        if self.timestamp is None:
            return ()
        if self.timestamp.tzinfo is None:
            return (Flaw(("timestamp",), "naive", "must carry a UTC offset"),)
        if not EARLIEST <= self.timestamp < LATEST:
            message = "must lie in the years 1970 to 2199"
            return (Flaw(("timestamp",), "out_of_range", message),)
        return ()

    def future_flaws(self, now: datetime) -> Sequence[Flaw]:
        """What is wrong with its instant at an instant of ours: over five minutes ahead."""
        at = self.timestamp
        if at is None or at <= now or at <= now + MOST_AHEAD:  # a sum costs what all else does
            return ()
        message = "must not lie more than five minutes in the future"
        return (Flaw(("timestamp",), "future", message),)

    def fingerprint(self) -> Fingerprint:
        """What it says, to compare with what an event of the same id said before."""
        properties = canonical(dict(self.properties))
        assert isinstance(properties, dict)
        return Fingerprint.of(self.user_id, self.event_type, self.timestamp, properties)


def drafts_of(
    user_ids: Sequence[str],
    event_types: Sequence[str],
    event_ids: Sequence[str | None],
    timestamps: Sequence[datetime | None],
    properties: Sequence[Attributes],
) -> list[EventDraft]:
    """Many events at once, as `EventDraft` makes them of their fields, which stand in columns.

    Columns that are plainly right are checked as a whole, at a fifth of what checking every
    event costs; all others event by event.

    Args:
        user_ids: One per event, like the others.
        event_types: See `EventDraft`.
        event_ids: See `EventDraft`.
        timestamps: See `EventDraft`.
        properties: See `EventDraft`.

    Raises:
        InvalidFields: With everything that is wrong with the first that is wrong.
    """
    columns = (user_ids, event_types, event_ids, timestamps, properties)
    if not (
        _plain_names([*user_ids, *[one for one in event_ids if one is not None]], LONGEST_ID)
        and _plain_names(set(event_types), LONGEST_TYPE)
        and _plain_instants(list(filter(None, timestamps)))
        and may_all_be_kept(properties)
    ):
        return list(map(EventDraft, *columns))
    # They were checked, so they become drafts without `__init__`, which checks each again.
    made = list(map(_Fields, *columns))
    for one in made:
        one.__class__ = EventDraft
    return cast(list[EventDraft], made)


def _plain_names(texts: Collection[str], longest: int) -> bool:
    together, lengths = "".join(texts), set(map(len, texts))
    return (
        0 not in lengths
        and max(lengths, default=1) <= longest
        and _printable(together)
        and (" " not in together or all(one == one.strip() for one in texts))
    )


def _printable(text: str) -> bool:
    # The same for ASCII as for any text, in a fifth of the time.
    return not text.encode().translate(None, _ASCII) if text.isascii() else text.isprintable()


def _plain_instants(instants: Sequence[datetime]) -> bool:
    if not instants:
        return True
    in_utc = [one.tzinfo for one in instants].count(UTC) == len(instants)
    return in_utc and min(instants) >= EARLIEST and max(instants) < LATEST


def _print(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


_print_of_type = lru_cache(maxsize=1024)(_print)  # there are few types, and many events of each


def text_flaws(name: str, text: str, longest: int) -> list[Flaw]:
    """What is wrong with a name: its length, characters that cannot be read, spaces around."""
    if not 0 < len(text) <= longest:
        return [Flaw((name,), "length", f"must have 1 to {longest} characters")]
    if not text.isprintable():
        return [Flaw((name,), "unprintable", "must hold printable characters only")]
    if text != text.strip():
        return [Flaw((name,), "spaces", "must not begin or end with a space")]
    return []


@frozen(slots=False)
class Event:
    """An event that was acknowledged.

    Args:
        event_id: Its name for good.
        user_id: Who did it.
        event_type: What was done.
        timestamp: When. [UTC]
        properties: What else there is to say.
        received_at: When we had it. [UTC]
        schema_version: The version of the type's schema that it was checked against; null
            where there was none.
        position: Its place in the order of acknowledgement, from 1; grows with every event.
    """

    event_id: str
    user_id: str
    event_type: str
    timestamp: datetime
    properties: Attributes
    received_at: datetime
    schema_version: str | None
    position: int
