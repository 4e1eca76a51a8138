"""What is counted and timed, for whoever watches a deployment."""

from typing import NamedTuple, Protocol


class FinishedRequest(NamedTuple):
    """A request that was answered, as figures and log lines tell of it.

    A tuple, because one is made for every request.

    Args:
        method: One of the usual methods, or ``_OTHER``.
        route: The route's template, or ``unmatched``; never the address itself.
        status: HTTP status of the answer; 499 if the client left before one.
        seconds: From the head of the request to the end of the answer. [s]
        request_id: Names the request.
        trace_id: The trace that it belongs to.
        tenant: Whose data it saw, if it came in.
        key: The id of the principal that asked: a key, a client or a user.
    """

    method: str
    route: str
    status: int
    seconds: float
    request_id: str
    trace_id: str
    tenant: str | None
    key: str | None


class Telemetry(Protocol):
    """Counts and times; never waits, never raises, never holds a caller's text.

    Every label has few values: a route's template, never a path or an id.
    """

    def request_finished(self, finished: FinishedRequest) -> None:
        """A request was answered: time it, and write its line."""

    def active_requests(self, delta: int) -> None:
        """So many more (or fewer) requests are being answered now."""

    def count(self, name: str, **labels: str) -> None:
        """Something happened once; ``name`` is dotted, for example ``market.calls``."""

    def exposition(self) -> tuple[bytes, str]:
        """All figures and their media type, as a monitoring system fetches them."""
