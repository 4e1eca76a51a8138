"""Events out of the tables, newest first: a page at once, or all of them run by run."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from attrs import evolve
from duckdb import DuckDBPyConnection as Connection

from ...domain.events import Event, EventFilter, EventKey, EventQuery
from ...domain.identifiers import TenantId
from .conditions import Parameters, events_of
from .tables import tenant_of

_RUN = 20_000
"""Most rows of a stream that are sorted at once; more are fewer sorts and more memory."""

_FIRST_STRETCH = timedelta(hours=1)
_SHORTEST_STRETCH = timedelta(milliseconds=1)

_COLUMNS = (
    "event_id, user_id, event_type, happened_at, properties, received_at, schema_version, position"
)
_NEWEST_FIRST = "order by happened_at desc, position desc"
_BOUNDS = "select min(happened_at), max(happened_at) from any_event where tenant = $1"
_decode = msgspec.json.Decoder(dict).decode


def newest(cursor: Connection, key: int, query: EventQuery) -> tuple[Event, ...]:
    """The newest of both tables, each asked apart: the engine then skips old blocks of either."""
    parameters = Parameters()
    where = events_of(key, query, parameters)
    limit = "" if query.limit is None else f"limit {parameters.bound(query.limit)}"
    parts = (
        f"(select {_COLUMNS} from {table} where {where} {_NEWEST_FIRST} {limit})"  # noqa: S608
        for table in ("event", "fresh_event")
    )
    statement = f"from ({' union all '.join(parts)}) {_NEWEST_FIRST} {limit}"
    return tuple(map(_event, cursor.execute(statement, parameters.values).fetchall()))


class Runs:
    """A query that is answered in runs, all from the moment it began.

    Each run is a stretch of time, about as long as holds enough: the engine reads the blocks
    of that stretch alone, and neither it nor we ever hold more than a run.
    """

    def __init__(self, cursor: Connection, tenant: TenantId, query: EventQuery) -> None:
        cursor.execute("begin transaction read only")
        self._cursor = cursor
        self._query = query
        self._key, _ = tenant_of(cursor, tenant)
        self._stretch = _FIRST_STRETCH
        self._left = query.limit
        self._from, self._before = self._bounds()

    def next(self) -> tuple[Event, ...]:
        """The next events; none once there are no more."""
        while self._from < self._before and self._left != 0:
            start = max(self._from, self._before - self._stretch)
            size = _RUN if self._left is None else min(_RUN, self._left)
            where = evolve(self._query.where, start=start, end=self._before)
            found = newest(self._cursor, self._key, evolve(self._query, where=where, limit=size))
            self._go_on(found, size, start)
            if found:
                return found
        return ()

    def _go_on(self, found: tuple[Event, ...], size: int, start: datetime) -> None:
        if self._left is not None:
            self._left -= len(found)
        if len(found) == size:
            self._query = evolve(self._query, after=EventKey.of(found[-1]))
            self._stretch = max(self._stretch / 2, _SHORTEST_STRETCH)
            return
        self._before = start
        if len(found) < size / 4:
            self._stretch *= 4

    def _bounds(self) -> tuple[datetime, datetime]:
        """Where the tenant's events lie, as far as the query means them; empty if nowhere."""
        found = self._cursor.execute(_BOUNDS, [self._key]).fetchone()
        if found is None or found[0] is None:
            return datetime.max, datetime.min  # noqa: DTZ901  compared with one another alone
        oldest, youngest = (one.replace(tzinfo=UTC) for one in found)
        where: EventFilter = self._query.where
        before = youngest + timedelta(microseconds=1)
        if self._query.after is not None:
            before = min(before, self._query.after.timestamp + timedelta(microseconds=1))
        return max(oldest, where.start or oldest), min(before, where.end or before)


def _event(row: tuple[Any, ...]) -> Event:
    event_id, user_id, event_type, at, properties, received, schema_version, position = row
    return Event(
        event_id,
        user_id,
        event_type,
        at.replace(tzinfo=UTC),
        _decode(properties),
        received.replace(tzinfo=UTC),
        schema_version,
        position,
    )
