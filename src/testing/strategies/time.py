"""Instants, windows, intervals and zones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from ...domain.windows import Interval, TimeWindow

_EPOCH = datetime(2024, 3, 31, tzinfo=UTC)

#: Zones that break naive code: half-hour changes, quarter-hour offsets, a skipped
#: day, days without a midnight, a clock set back over midnight.
AWKWARD_ZONES = (
    "UTC",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/London",
    "Pacific/Apia",
)


def instants() -> st.SearchStrategy[datetime]:
    """Instants on a grid of thirteen hours, so that edges and ties are common."""
    return st.integers(0, 12).map(lambda hours: _EPOCH + timedelta(hours=hours))


def time_windows() -> st.SearchStrategy[TimeWindow]:
    """Windows whose bounds lie on the grid of `instants`."""
    bounds = st.lists(instants(), min_size=2, max_size=2, unique=True).map(sorted)
    return bounds.map(lambda pair: TimeWindow(pair[0], pair[1]))


def intervals() -> st.SearchStrategy[Interval]:
    """Every interval."""
    return st.sampled_from(Interval)


def zones() -> st.SearchStrategy[ZoneInfo]:
    """Zones that break naive code."""
    return st.sampled_from(AWKWARD_ZONES).map(ZoneInfo)
