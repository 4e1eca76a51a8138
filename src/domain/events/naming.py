"""Ids for events that come without one."""

from datetime import datetime
from uuid import UUID

from .event import microseconds

RANDOM_BYTES = 10
"""Random bytes that an id takes."""


def event_id_at(now: datetime, random: bytes) -> str:
    """An id that later ones sort after: a UUID of version 7 (RFC 9562, 5.7).

    >>> from datetime import UTC
    >>> event_id_at(datetime(2026, 1, 1, tzinfo=UTC), bytes(10))
    '019b76da-a800-7000-8000-000000000000'

    Args:
        now: When it is given; its milliseconds lead.
        random: Ten random bytes.
    """
    milliseconds = microseconds(now) // 1000
    number = milliseconds << 80 | int.from_bytes(random[:RANDOM_BYTES])
    number = number & ~(0xF << 76) | 7 << 76
    return str(UUID(int=number & ~(0b11 << 62) | 0b10 << 62))
