"""How many events a tenant has by day and type: what a question costs, before it is asked."""

# ruff: noqa: S608  statements are joined from pieces of ours; what comes from outside is bound

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
from attrs import frozen
from duckdb import DuckDBPyConnection as Connection

from ...domain.identifiers import TenantId
from ...domain.questions import Reach
from ..columns.columns import Codes, Longs
from .conditions import Parameters
from .tables import tenant_of

MOST_SUMS = 10_000
"""So many sums are read at once; where there are more, each reach asks the engine."""

_EPOCH = date(1970, 1, 1)

_ALL = """select day - date '1970-01-01', event_type, sum(events)::bigint from type_day
  where tenant = $1 group by day, event_type order by day limit $2"""


@frozen(eq=False)
class DaySums:
    """All of a tenant's sums, by day; arrays of shape (n,).

    Args:
        day: Days. [days since 1970, UTC]
        type: Event types, as places in `names`.
        count: How many events.
        names: Event types.
    """

    day: Longs
    type: Codes
    count: Longs
    names: Sequence[str]

    @property
    def size(self) -> int:
        """About how much memory they take. [bytes]"""
        return 20 * len(self.day) + 100 * len(self.names)

    def events(self, reach: Reach) -> int:
        """How many events lie within a reach, whole days of UTC taken."""
        first, last = 0, len(self.day)
        if reach.start is not None:
            first = int(np.searchsorted(self.day, _number(reach.start), "left"))
        if reach.end is not None:
            last = int(np.searchsorted(self.day, _number(reach.end), "right"))
        count = self.count[first:last]
        if reach.types is not None:
            codes = [code for code, name in enumerate(self.names) if name in reach.types]
            count = count[np.isin(self.type[first:last], codes)]
        return int(count.sum())


def _number(at: datetime) -> int:
    return (at.date() - _EPOCH).days


def day_sums(cursor: Connection, tenant: TenantId) -> DaySums | None:
    """A tenant's sums; None where there are too many."""
    key, _ = tenant_of(cursor, tenant)
    found = cursor.execute(_ALL, [key, MOST_SUMS + 1]).fetchall()
    if len(found) > MOST_SUMS:
        return None
    names = sorted({name for _, name, _ in found})
    place = {name: at for at, name in enumerate(names)}
    return DaySums(
        np.array([day for day, _, _ in found], np.int64),
        np.array([place[name] for _, name, _ in found], np.int32),
        np.array([count for _, _, count in found], np.int64),
        names,
    )


def events_within(cursor: Connection, tenant: TenantId, reach: Reach) -> int:
    """The same as `DaySums.events`, by the engine."""
    parameters = Parameters()
    key, _ = tenant_of(cursor, tenant)
    parts = [f"tenant = {parameters.bound(key)}"]
    if reach.start is not None:
        parts.append(f"day >= {parameters.bound(reach.start.date())}")
    if reach.end is not None:
        parts.append(f"day <= {parameters.bound(reach.end.date())}")
    if reach.types is not None:
        types = parameters.bound(sorted(reach.types))
        parts.append(f"event_type in (select unnest({types}::varchar[]))")
    statement = f"select coalesce(sum(events), 0)::bigint from type_day where {' and '.join(parts)}"
    found = cursor.execute(statement, parameters.values).fetchone()
    return int(found[0]) if found else 0
