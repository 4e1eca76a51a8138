"""The machine's own clock."""

from datetime import UTC, datetime

from attrs import frozen


@frozen
class SystemClock:
    """Reads the clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)
