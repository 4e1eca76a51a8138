"""A clock that stands still until it is moved."""

from datetime import datetime, timedelta

from attrs import define


@define
class FixedClock:
    """Shows one instant; `move` advances it."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> None:
        """Advance the clock."""
        self.at += by
