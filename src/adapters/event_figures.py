"""The built-in metrics, out of the columnar store of events."""

from collections.abc import Sequence
from datetime import date

from attrs import frozen

from ..domain.events import DayQuestion
from ..domain.identifiers import TenantId
from ..domain.metrics import ComputedFigures, DailySeries
from ..ports.event_store import EventStore


@frozen
class StoredDailyFigures:
    """Asks the store how much happened on each day; what is not loaded yet is not in it."""

    store: EventStore

    async def daily(
        self, tenant: TenantId, names: Sequence[str], first: date, last: date
    ) -> ComputedFigures:
        found = await self.store.days(tenant, DayQuestion(first, last))
        users = float(found.users_in_range or 0)
        every = {
            "events": _series(first, found.events, float(sum(found.events))),
            "active_users": _series(first, found.users, users),
        }
        asked = {name: every[name] for name in names if name in every}
        return ComputedFigures(asked, found.loaded)


def _series(first: date, counts: Sequence[int], total: float) -> DailySeries:
    days = map(date.fromordinal, range(first.toordinal(), first.toordinal() + len(counts)))
    return DailySeries(dict(zip(days, map(float, counts), strict=True)), total)
