"""The trace that the present work belongs to, as W3C Trace Context carries it."""

from contextvars import ContextVar
from typing import NamedTuple


class TraceContext(NamedTuple):
    """Where this work stands in a trace.

    Args:
        trace_id: Thirty-two hexadecimal digits, the same for the whole trace.
        span_id: Sixteen hexadecimal digits, of this piece of work.
        flags: Two hexadecimal digits.
    """

    trace_id: str
    span_id: str
    flags: str

    @property
    def traceparent(self) -> str:
        """The header for calls made on behalf of this work."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


current_trace: ContextVar[TraceContext | None] = ContextVar("current_trace", default=None)
"""Set for each request by the edge; None outside of requests."""
