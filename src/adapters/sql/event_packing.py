"""Blocks of events and receipts as bytes: MessagePack, deflated where that makes them smaller."""

import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from attrs import frozen

from ...domain.errors import Flaw
from ...domain.events import (
    Event,
    EventResult,
    EventStatus,
    NewEvent,
    Receipt,
    instant,
    microseconds,
)
from ...ports.event_log import LoggedEvent

#: Shorter ones gain nothing.
_DEFLATED_FROM = 512
_PLAIN, _DEFLATED = b"\x00", b"\x01"

#: In the order in which they were once numbered; new ones go to the end.
_STATUSES = (
    EventStatus.ACCEPTED,
    EventStatus.DUPLICATE,
    EventStatus.QUARANTINED,
    EventStatus.REFUSED,
)
_NUMBERS = {status: number for number, status in enumerate(_STATUSES)}

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


@frozen
class Block:
    """The events of a batch, each in the place of its position; None once it was erased.

    Args:
        first: The position of the first.
        received_at_us: When we had them. [µs since 1970]
        rows: The events.
    """

    first: int
    received_at_us: int
    rows: tuple[Any, ...]

    @staticmethod
    def of(first: int, received_at_us: int, packed: bytes) -> "Block":
        """From its row in the table."""
        return Block(first, received_at_us, tuple(_unwrapped(packed)))

    def events(self) -> tuple[LoggedEvent, ...]:
        """Those that were not erased, positions ascending."""
        received_at = instant(self.received_at_us)
        return tuple(
            _logged(row, position, received_at)
            for position, row in enumerate(self.rows, self.first)
            if row is not None
        )

    def ids_of(self, user_id: str) -> list[str]:
        """The ids of a user's events."""
        return [row[0] for row in self.rows if row is not None and row[1] == user_id]

    def without(self, user_id: str) -> bytes:
        """The block packed, a user's events erased."""
        return _wrapped([None if row and row[1] == user_id else row for row in self.rows])


def packed_events(events: Iterable[NewEvent]) -> bytes:
    """Events in the order of their positions."""
    return _wrapped([_row(event) for event in events])


def packed_receipt(receipt: Receipt) -> bytes:
    """A receipt, to be replayed."""
    results = [
        (one.index, one.event_id, _NUMBERS[one.status], one.position, _flaw_rows(one.errors))
        for one in receipt.results
    ]
    return _wrapped((receipt.position, results))


def replayed_receipt(packed: bytes) -> Receipt:
    """The receipt of an earlier request."""
    position, results = _unwrapped(packed)
    told = (
        EventResult(index, event_id, _STATUSES[status], at, _flaws(errors))
        for index, event_id, status, at, errors in results
    )
    return Receipt(position, tuple(told), replayed=True)


def _row(event: NewEvent) -> tuple[Any, ...]:
    # What nearly all events lack stands at the end, and is left out.
    row = (
        event.event_id,
        event.user_id,
        event.event_type,
        microseconds(event.timestamp),
        event.properties,
    )
    if event.quarantine:
        return (*row, event.schema_version, _flaw_rows(event.quarantine))
    return row if event.schema_version is None else (*row, event.schema_version)


def _logged(row: Sequence[Any], position: int, received_at: Any) -> LoggedEvent:
    event_id, user_id, event_type, at, properties, *rest = row
    version = rest[0] if rest else None
    quarantine = _flaws(rest[1]) if len(rest) > 1 else ()
    event = Event(
        event_id, user_id, event_type, instant(at), properties, received_at, version, position
    )
    return LoggedEvent(event, quarantine)


def _flaw_rows(flaws: Iterable[Flaw]) -> list[tuple[Any, ...]]:
    return [(flaw.path, flaw.code, flaw.message) for flaw in flaws]


def _flaws(rows: Iterable[Sequence[Any]]) -> tuple[Flaw, ...]:
    return tuple(Flaw(tuple(path), code, message) for path, code, message in rows)


def _wrapped(value: object) -> bytes:
    plain = _encode(value)
    if len(plain) >= _DEFLATED_FROM:
        deflated = zlib.compress(plain, 1)
        if len(deflated) < len(plain):
            return _DEFLATED + deflated
    return _PLAIN + plain


def _unwrapped(packed: bytes) -> Any:
    inside = packed[1:]
    return _decode(zlib.decompress(inside) if packed[:1] == _DEFLATED else inside)
