"""How fast the sample workspace of a million events is made, before anything stores it."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from sightline.adapters.sample.events import sample_events
from sightline.adapters.sample.organizations import sample_organizations

from . import Figure

UNTIL = datetime(2026, 9, 1, tzinfo=UTC)
GOAL = 150_000


async def run() -> Sequence[Figure]:
    """The figures of this benchmark."""
    began = time.perf_counter()
    count = sum(1 for one in sample_organizations(UNTIL) for _ in sample_events(one, UNTIL))
    speed = count / (time.perf_counter() - began)
    value = f"{speed:,.0f} events/s ({count:,} events)"
    return [Figure("the sample workspace", value, f">= {GOAL:,}/s", speed >= GOAL)]
