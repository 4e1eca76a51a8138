"""Where an event is, and how it came there."""

from datetime import datetime

from attrs import frozen

from ..errors import Flaw


@frozen(slots=False)
class EventTrace:
    """What happened to an event since it was received.

    Args:
        event_id: Its name for good.
        received_at: When we had it. [UTC]
        position: Its place in the order of acknowledgement: kept for good from then on.
        schema_version: The version of its type's schema that it was checked against; null
            where there was none.
        quarantined: Whether it is kept apart, out of every list and figure.
        errors: Why it is kept apart.
        loaded_position: The position up to which the columnar store holds events.
        visible_in: Who shows it: `lists` at once, `figures` when the columnar store has it.
    """

    event_id: str
    received_at: datetime
    position: int
    schema_version: str | None
    quarantined: bool
    errors: tuple[Flaw, ...]
    loaded_position: int
    visible_in: tuple[str, ...]
