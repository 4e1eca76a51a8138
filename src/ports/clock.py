"""The time of day."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells what time it is, so that the inside need not know."""

    def now(self) -> datetime:
        """The present instant, aware. [UTC]"""
