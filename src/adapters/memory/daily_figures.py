"""Metrics computed from users by day."""

from collections.abc import Mapping, Sequence
from datetime import date

from attrs import field, frozen

from ...domain.identifiers import TenantId
from ...domain.metrics import ComputedFigures, DailySeries

#: Who did something on a day, once for each thing.
Doings = Mapping[TenantId, Mapping[date, Sequence[str]]]


@frozen
class MemoryDailyFigures:
    """Counts over who did something on which day."""

    doings: Doings = field(factory=dict)

    async def daily(
        self, tenant: TenantId, names: Sequence[str], first: date, last: date
    ) -> ComputedFigures:
        numbers = range(first.toordinal(), last.toordinal() + 1)
        mine = self.doings.get(tenant, {})
        days = {day: mine.get(day, ()) for day in map(date.fromordinal, numbers)}
        everybody = {user for users in days.values() for user in users}
        events = {day: float(len(users)) for day, users in days.items()}
        active = {day: float(len(set(users))) for day, users in days.items()}
        every = {
            "events": DailySeries(events, sum(events.values())),
            "active_users": DailySeries(active, float(len(everybody))),
        }
        asked = {name: every[name] for name in names if name in every}
        return ComputedFigures(asked, sum(map(len, mine.values())))
