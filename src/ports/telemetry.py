"""What is counted and timed, for whoever watches a deployment."""

from typing import Protocol


class Telemetry(Protocol):
    """Counts and times; never waits, never raises, never holds a caller's text.

    Every label has few values: a route's template, never a path or an id.
    """

    def request_finished(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; ``route`` is its template or ``unmatched``."""

    def active_requests(self, delta: int) -> None:
        """So many more (or fewer) requests are being answered now."""

    def count(self, name: str, **labels: str) -> None:
        """Something happened once; ``name`` is dotted, for example ``market.calls``."""

    def exposition(self) -> tuple[bytes, str]:
        """All figures and their media type, as a monitoring system fetches them."""
