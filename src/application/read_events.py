"""Read events back: in lists, one by one, and where each is."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from attrs import evolve, frozen

from ..domain.errors import InvalidInput, Unavailable
from ..domain.events import (
    Event,
    EventPage,
    EventQuery,
    EventTrace,
    by_scope,
    event_page,
    newest_first,
)
from ..domain.identifiers import TenantId
from ..ports.event_log import EventLog, LoggedEvent
from ..ports.event_store import EventStore
from ..ports.users import UserRepository

MOST_FRESH = 50_000
"""So many events are read from the log beside the store; if more wait, lists end at the store."""

MOST_USERS = 10_000
"""So many users may fit a condition on users; they are named to the store one by one."""

_SLICE = 10_000


@frozen
class ListEvents:
    """Use case: a page of events, newest first, as of one position.

    What was acknowledged is there at once: the store's answer is joined with the events
    that only the log has yet. Users are as they are now, on every page.
    """

    log: EventLog
    store: EventStore
    users: UserRepository

    async def __call__(self, tenant: TenantId, query: EventQuery) -> EventPage:
        """The page.

        Args:
            tenant: Whose.
            query: Which; without `through`, as of now.

        Raises:
            InvalidInput: If its condition joins users to events by other than `and`, or nothing
                has the position that it asks for yet.
            TooManyUsers: If more users fit than can be named.
            Unavailable: If log or store do not answer, or have not all that it asks for again.
        """
        query = await _with_users(self.users, tenant, query)
        assert query.limit is not None
        last = await self.log.position(tenant)
        # One more than the page, to know whether there is another.
        wanted = evolve(
            query, through=last if query.through is None else query.through, limit=query.limit + 1
        )
        stored = await self.store.page(tenant, wanted)
        position = _snapshot(query.through, last, stored.loaded)
        fresh = await fresh_events(self.log, tenant, stored.loaded, position)
        fitting = (one for one in fresh if wanted.fits(one))
        found = newest_first((*stored.events, *fitting), wanted.limit)
        return event_page(query, found, position)


@frozen
class EventStream:
    """Events in portions.

    Args:
        position: The position that all of them are as of.
        portions: Newest first; the work stops when the iterator is closed.
    """

    position: int
    portions: AsyncGenerator[tuple[Event, ...], None]


@frozen
class StreamEvents:
    """Use case: all events that a query means, in portions, newest first, as of one position.

    A stream that broke off goes on behind the last event that arrived (`after`), as of the
    same position (`through`): together they are what the whole would have been.
    """

    log: EventLog
    store: EventStore
    users: UserRepository

    async def __call__(self, tenant: TenantId, query: EventQuery) -> EventStream:
        """The stream; without `through`, as of now.

        Raises:
            InvalidInput: If its condition joins users to events by other than `and`, or nothing
                has the position that it asks for yet.
            TooManyUsers: If more users fit than can be named.
            Unavailable: If log or store do not answer, or have not all that it asks for again;
                the portions may raise it as well.
        """
        query = await _with_users(self.users, tenant, query)
        last = await self.log.position(tenant)
        loaded = (await self.store.loaded()).get(tenant, 0)
        position = _snapshot(query.through, last, loaded)
        wanted = evolve(query, through=position)
        tail = await fresh_events(self.log, tenant, loaded, position)
        fresh = newest_first((one for one in tail if wanted.fits(one)), query.limit)
        # Not beyond what was loaded then: what the store took since is in the tail.
        stored = evolve(wanted, through=min(loaded, position))
        return EventStream(position, self._portions(tenant, stored, fresh))

    async def _portions(
        self, tenant: TenantId, query: EventQuery, fresh: tuple[Event, ...]
    ) -> AsyncGenerator[tuple[Event, ...], None]:
        left = query.limit
        async with aclosing(self._joined(tenant, query, fresh)) as portions:
            async for portion in portions:
                yield portion[:left]
                if left is not None and (left := left - len(portion)) <= 0:
                    return

    async def _joined(
        self, tenant: TenantId, query: EventQuery, fresh: tuple[Event, ...]
    ) -> AsyncGenerator[tuple[Event, ...], None]:
        async with aclosing(self.store.stream(tenant, query)) as portions:
            async for portion in portions:
                before = [one for one in fresh if _newer(one, portion[-1])]
                fresh = fresh[len(before) :]
                yield newest_first((*before, *portion)) if before else portion
        if fresh:
            yield fresh


@frozen
class FindEvent:
    """Use case: one event by its id."""

    log: EventLog

    async def __call__(self, tenant: TenantId, event_id: str) -> LoggedEvent:
        """The event, kept apart or not.

        Raises:
            EventNotFound: If there is none.
            Unavailable: If the log does not answer.
        """
        return await self.log.find(tenant, event_id)


@frozen
class TraceEvent:
    """Use case: where an event is, and how it came there."""

    log: EventLog
    store: EventStore

    async def __call__(self, tenant: TenantId, event_id: str) -> EventTrace:
        """Its way.

        Raises:
            EventNotFound: If there is none.
            Unavailable: If log or store do not answer.
        """
        found = await self.log.find(tenant, event_id)
        loaded = (await self.store.loaded()).get(tenant, 0)
        return EventTrace(
            event_id,
            found.event.received_at,
            found.event.position,
            found.event.schema_version,
            bool(found.quarantine),
            found.quarantine,
            loaded,
            _visible(found, loaded),
        )


@frozen
class ListQuarantine:
    """Use case: events that are kept apart because they break their schema, the last first."""

    log: EventLog

    async def __call__(
        self, tenant: TenantId, before: int | None, limit: int
    ) -> tuple[LoggedEvent, ...]:
        """At most so many, those before a position."""
        return await self.log.quarantined(tenant, before, limit)


async def fresh_events(
    log: EventLog, tenant: TenantId, after: int, through: int
) -> tuple[Event, ...]:
    """The events between two positions, straight from the log."""
    found: list[Event] = []
    while after < through:
        part = await log.read(tenant, after, min(_SLICE, through - after))
        if part.through <= after:
            break
        found += [one for one in part.events if one.position <= through]
        after = part.through
    return tuple(found)


async def _with_users(users: UserRepository, tenant: TenantId, query: EventQuery) -> EventQuery:
    """The query with the users that its condition is about by their ids."""
    where = query.where
    if where.condition is None:
        return query
    of_events, of_users = by_scope(where.condition)
    if of_users is None:
        return query
    found = await users.fitting(tenant, of_users, MOST_USERS)
    if found.everybody_but:
        return evolve(query, where=evolve(where, condition=of_events, other_than=found.ids))
    ids = found.ids if where.user_ids is None else found.ids & where.user_ids
    return evolve(query, where=evolve(where, condition=of_events, user_ids=ids))


def _snapshot(asked: int | None, last: int, loaded: int) -> int:
    """The position that an answer is as of: the one asked for, or the newest there can be."""
    if asked is None:
        return last if last - loaded <= MOST_FRESH else loaded
    if asked > last:
        message = f"must be at most {last}, the position of your last event"
        raise InvalidInput(message, path=("as_of_position",), code="out_of_range")
    if asked - loaded > MOST_FRESH:
        raise Unavailable(f"events up to position {asked} are still being loaded")
    return asked


def _newer(event: Event, than: Event) -> bool:
    return (event.timestamp, event.position) > (than.timestamp, than.position)


def _visible(found: LoggedEvent, loaded: int) -> tuple[str, ...]:
    if found.quarantine:
        return ()
    return ("lists", "figures") if found.event.position <= loaded else ("lists",)
