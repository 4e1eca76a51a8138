"""Which events a list shows, where its next page begins, and as of when.

The functions here are the meaning; stores answer the same in their own language.
"""

from collections.abc import Iterable
from datetime import date, datetime

from attrs import field, frozen

from ..attributes import Attributes
from ..errors import Flaw, InvalidFields
from .event import Event
from .filters import Condition

LARGEST_PAGE = 1_000
"""Most events of one page."""

_NOBODY: Attributes = {}


@frozen
class EventFilter:
    """Which events are meant; every condition that is given must hold.

    Args:
        user_ids: By one of these users; None for anybody.
        event_types: Of one of these types; None for any.
        start: At or after this instant.
        end: Before this instant.
        condition: On properties of the event. Those of users are looked up before, and come
            as ids.
        other_than: By none of these users.

    Raises:
        InvalidFields: If the end is not after the start.
    """

    user_ids: frozenset[str] | None = None
    event_types: frozenset[str] | None = None
    start: datetime | None = None
    end: datetime | None = None
    condition: Condition | None = None
    other_than: frozenset[str] = frozenset()

    def __attrs_post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise InvalidFields([Flaw(("end_date",), "reversed", "must be after start_date")])

    def fits(self, event: Event) -> bool:
        """Whether an event is meant."""
        return (
            (self.user_ids is None or event.user_id in self.user_ids)
            and event.user_id not in self.other_than
            and (self.event_types is None or event.event_type in self.event_types)
            and (self.start is None or event.timestamp >= self.start)
            and (self.end is None or event.timestamp < self.end)
            and (self.condition is None or self.condition.holds(event.properties, _NOBODY))
        )


@frozen
class EventKey:
    """The last event of a page: where the next one begins.

    Args:
        timestamp: Its instant.
        position: Its position.
    """

    timestamp: datetime
    position: int

    @staticmethod
    def of(event: Event) -> "EventKey":
        """The key of an event."""
        return EventKey(event.timestamp, event.position)

    def precedes(self, event: Event) -> bool:
        """Whether an event comes later in a list, which is newest first."""
        return (event.timestamp, event.position) < (self.timestamp, self.position)


@frozen
class EventQuery:
    """Events, newest first; of several at one instant the one acknowledged last comes first.

    Args:
        where: Which events.
        limit: Most events of the answer; None for all.
        after: The last event of the page before.
        through: Position of the snapshot: what was acknowledged later does not exist.

    Raises:
        InvalidFields: If the limit is under 1.
    """

    where: EventFilter = field(factory=EventFilter)
    limit: int | None = None
    after: EventKey | None = None
    through: int | None = None

    def __attrs_post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise InvalidFields([Flaw(("limit",), "out_of_range", "must be at least 1")])

    def fits(self, event: Event) -> bool:
        """Whether an event belongs to the answer, the limit aside."""
        return (
            (self.through is None or event.position <= self.through)
            and (self.after is None or self.after.precedes(event))
            and self.where.fits(event)
        )

    def reference(self, events: Iterable[Event]) -> tuple[Event, ...]:
        """What the query means, over all events of a tenant."""
        return newest_first((one for one in events if self.fits(one)), self.limit)


def newest_first(events: Iterable[Event], limit: int | None = None) -> tuple[Event, ...]:
    """Events in the order of a list, at most so many."""
    ordered = sorted(events, key=lambda one: (one.timestamp, one.position), reverse=True)
    return tuple(ordered[:limit])


@frozen
class EventPage:
    """A page of events.

    Args:
        items: Newest first.
        next: Where the next page begins; None where there is none.
        position: The position that was seen; the same on every page of one walk.
    """

    items: tuple[Event, ...]
    next: EventKey | None
    position: int


def event_page(query: EventQuery, found: tuple[Event, ...], position: int) -> EventPage:
    """A page, given its events and, if there is one, the first of the next page."""
    if query.limit is None or len(found) <= query.limit:
        return EventPage(found, None, position)
    items = found[: query.limit]
    return EventPage(items, EventKey.of(items[-1]), position)


@frozen
class EventSlice:
    """A stretch of a tenant's events in the order of acknowledgement.

    Args:
        after: The position before it.
        through: The last position it covers, whether there is an event to it or not: some
            are kept apart, some were erased.
        events: Its events, positions ascending.
    """

    after: int
    through: int
    events: tuple[Event, ...]


@frozen
class StoredPage:
    """What a store knows of a page.

    Args:
        events: The events that fit, newest first, at most as many as asked for.
        loaded: The position up to which the store holds events, in the moment it looked.
    """

    events: tuple[Event, ...]
    loaded: int


@frozen
class DayQuestion:
    """How much happened on each day.

    Args:
        first: First day, by the clock of UTC.
        last: Last day, inclusive.
        event_type: Only events of this type; None for all.
        everybody: Whether the different users of all the days together are told: most of the
            work, where there are many.
    """

    first: date
    last: date
    event_type: str | None = None
    everybody: bool = True


@frozen
class DayFigures:
    """What happened on each day.

    Args:
        loaded: The position up to which events were seen.
        events: Events per day, first day first.
        users: Different users per day.
        users_in_range: Different users over all of the days; None where that was not asked.
    """

    loaded: int
    events: tuple[int, ...]
    users: tuple[int, ...]
    users_in_range: int | None


def day_figures(question: DayQuestion, events: Iterable[Event], loaded: int) -> DayFigures:
    """What a question about days means, over all events of a tenant."""
    length = (question.last - question.first).days + 1
    counts = [0] * length
    users: list[set[str]] = [set() for _ in range(length)]
    for event in events:
        at = (event.timestamp.date() - question.first).days
        if 0 <= at < length and question.event_type in {None, event.event_type}:
            counts[at] += 1
            users[at].add(event.user_id)
    everybody = len(set[str]().union(*users)) if question.everybody else None
    return DayFigures(loaded, tuple(counts), tuple(map(len, users)), everybody)
