"""The trace that the present work belongs to, as W3C Trace Context carries it."""

import hashlib
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


def continued(traceparent: str | None, work: str) -> TraceContext:
    """The trace in which a piece of work goes on that was asked for earlier.

    Args:
        traceparent: Of whoever asked, as `TraceContext` wrote it; None begins a trace.
        work: A name that no other piece of work has; the same one gives the same ids.
    """
    drawn = hashlib.sha256(work.encode()).hexdigest()
    span = drawn[:16]
    if traceparent is None:
        return TraceContext(drawn[16:48], span, "00")
    _, trace, _, flags = traceparent.split("-")
    return TraceContext(trace, span, flags)


current_trace: ContextVar[TraceContext | None] = ContextVar("current_trace", default=None)
"""Set for each request by the edge; None outside of requests."""
