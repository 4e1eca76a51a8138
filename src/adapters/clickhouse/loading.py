"""How events become rows of the tables, as lines of JSON."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

import msgspec
from attrs import define, field

from ...domain.events import Event, EventSlice
from ...domain.identifiers import TenantId
from .conditions import fact
from .tables import shard_of, user_key

EVENT_COLUMNS = (
    "tenant",
    "timestamp",
    "position",
    "user_id",
    "event_type",
    "event_id",
    "received_at",
    "schema_version",
    "properties",
    "facts",
)
USER_DAY_COLUMNS = ("tenant", "day", "user_key", "first_position")
MARK_COLUMNS = ("tenant", "loaded")

_encoder = msgspec.json.Encoder()


@define
class Block:
    """What one server gets of a load.

    Args:
        events: A row per event.
        user_days: The first position of each user on each day.
        marks: How far each tenant is loaded afterwards.
    """

    events: list[Mapping[str, object]] = field(factory=list)
    user_days: dict[tuple[TenantId, date, int], int] = field(factory=dict)
    marks: dict[TenantId, int] = field(factory=dict)

    def add(self, tenant: TenantId, event: Event, key: int) -> None:
        """Take one event in."""
        self.events.append(_row(tenant, event))
        day = (tenant, event.timestamp.astimezone(UTC).date(), key)
        self.user_days[day] = min(event.position, self.user_days.get(day, event.position))

    def event_lines(self) -> bytes:
        """The rows of the table of events."""
        return _encoder.encode_lines(self.events)

    def user_day_lines(self) -> bytes:
        """The rows of the table of days."""
        rows = (
            # 128 bits are more than numbers of JSON are read with.
            dict(zip(USER_DAY_COLUMNS, (tenant, day, str(key), position), strict=True))
            for (tenant, day, key), position in self.user_days.items()
        )
        return _encoder.encode_lines(rows)

    def mark_lines(self) -> bytes:
        """The rows of the table of marks."""
        rows = (dict(zip(MARK_COLUMNS, mark, strict=True)) for mark in self.marks.items())
        return _encoder.encode_lines(rows)


def blocks(
    slices: Mapping[TenantId, EventSlice], marks: Sequence[Mapping[TenantId, int]]
) -> Sequence[Block]:
    """What each server gets.

    Args:
        slices: What is loaded.
        marks: How far each of the servers is.
    """
    made = [Block() for _ in marks]
    for tenant, some in slices.items():
        for event in some.events:
            key = user_key(tenant, event.user_id)
            number = shard_of(key, len(marks))
            if event.position > marks[number].get(tenant, 0):
                made[number].add(tenant, event, key)
        for block, mark in zip(made, marks, strict=True):
            if tenant not in mark or mark[tenant] < some.through:
                block.marks[tenant] = some.through
    return made


def missing(
    slices: Mapping[TenantId, EventSlice], marks: Iterable[Mapping[TenantId, int]]
) -> str | None:
    """What a slice leaves out, in words; None if there is no gap."""
    known = list(marks)
    for tenant, some in slices.items():
        loaded = min(mark.get(tenant, 0) for mark in known)
        if some.after > loaded:
            return f"events {loaded + 1} to {some.after} are missing"
    return None


def _row(tenant: TenantId, event: Event) -> Mapping[str, object]:
    kept = {name: fact(value) for name, value in event.properties.items()}
    return {
        "tenant": tenant,
        "timestamp": _instant(event.timestamp),
        "position": event.position,
        "user_id": event.user_id,
        "event_type": event.event_type,
        "event_id": event.event_id,
        "received_at": _instant(event.received_at),
        "schema_version": event.schema_version,
        "properties": _encoder.encode(event.properties).decode(),
        "facts": {name: text for name, text in kept.items() if text is not None},
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
