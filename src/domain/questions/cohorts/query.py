"""How large a cohort is, was, and how its members come back."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import field, frozen

from ...attributes import Json
from ...errors import Flaw, InvalidFields
from ...windows import EARLIEST, LATEST
from ..grains import Calendar, Grain, WeekStart
from ..patterns import EventPattern, History, user_attributes
from ..question import Reach
from ..ranges import QuestionRange
from ..reaching import reach_of
from ..retention.figures import RetainedCohort, RetentionFigures
from ..retention.query import RetentionQuery
from ..sheet import Sheet, cells_of, columns_of
from .definition import Behaviour, CohortDefinition, Person, UserIs, fits_idle, predicates

MOST_SIZES = 60
"""Most past instants that sizes are told of."""

RETENTION_INTERVALS = 12
"""How many intervals the retention of members looks back."""

LARGEST_MEMBER_LIST = 1_000
"""Most users of one page."""

_GRAINS = (Grain.DAY, Grain.WEEK, Grain.MONTH, Grain.QUARTER)
_MOMENT = timedelta(microseconds=1)


@frozen
class CohortQuery:
    """The size of a cohort at an instant, before, and the retention of its members.

    Only users with an event before an instant can be members at it.

    Args:
        definition: Who is a member.
        as_of: The instant; only events before it count. [UTC]
        interval: At the beginning of which intervals sizes are told: day, week, month, quarter.
        intervals: At how many, the last ones before the instant, up to 60.
        retention: By which interval the members' retention is told, over twelve of them; null
            for not at all.
        timezone: IANA name of the zone whose calendar it is.
        week_start: The first day of a week.
        explain: Whether the answer says how it came about.

    Raises:
        InvalidFields: With everything that is out of range.
    """

    definition: CohortDefinition
    as_of: datetime
    interval: Grain = Grain.WEEK
    intervals: int = 12
    retention: Grain | None = None
    timezone: str = "UTC"
    week_start: WeekStart = WeekStart.MONDAY
    explain: bool = field(default=False, repr=False)
    instants: tuple[datetime, ...] = field(init=False, repr=False, eq=False)
    members: RetentionQuery | None = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        flaws = [*as_of_flaws(self.as_of), *self._flaws()]
        if flaws:
            raise InvalidFields(flaws)
        zone = QuestionRange("2000-01-01", "2000-01-01", self.timezone).zone
        sizes = Calendar(self.interval, zone, self.week_start)
        found = tuple(_starts(sizes, self.as_of, self.intervals))
        object.__setattr__(self, "instants", found)
        made = None if self.retention is None else self._retention(self.retention)
        object.__setattr__(self, "members", made)

    def _flaws(self) -> Iterator[Flaw]:
        for name, given in (("interval", self.interval), ("retention", self.retention)):
            if given is not None and given not in _GRAINS:
                message = f"must be one of {', '.join(_GRAINS)}"
                yield Flaw((name,), "unknown_value", message)
        if not 0 <= self.intervals <= MOST_SIZES:
            yield Flaw(("intervals",), "out_of_range", f"must lie in 0 to {MOST_SIZES}")

    def _retention(self, grain: Grain) -> RetentionQuery:
        zone = QuestionRange("2000-01-01", "2000-01-01", self.timezone).zone
        starts = tuple(
            _starts(Calendar(grain, zone, self.week_start), self.as_of, RETENTION_INTERVALS)
        )
        start = starts[0] if starts else self.as_of - timedelta(days=1)
        span = QuestionRange(start.isoformat(), self.as_of.isoformat(), self.timezone)
        anything = EventPattern()
        return RetentionQuery(span, grain, anything, anything, week_start=self.week_start)

    def reach(self) -> Reach:
        """Which events it looks at, at most."""
        if self.members is not None:
            return Reach(None, self.as_of, None)
        return cohort_reach(self.definition, self.as_of)

    def attributes(self) -> frozenset[str]:
        """The attributes of users that it looks at."""
        return attributes_of(self.definition)

    def complete_until(self, now: datetime) -> datetime:
        """The instant of the membership. [UTC]"""
        return min(self.as_of, now)

    def rules(self) -> dict[str, Json]:
        """How members are found, every default spelled out."""
        return {
            **cohort_rules(self.definition, self.as_of),
            "interval": self.interval.value,
            "intervals": self.intervals,
            "timezone": self.timezone,
            "week_start": self.week_start.value,
            "retention": None if self.members is None else self.members.rules(),
        }

    def reference(self, history: History, now: datetime) -> "CohortFigures":
        """The figures, user by user."""
        found = members_at(self.definition, history, self.as_of)
        past = tuple(
            CohortSize(at, len(members_at(self.definition, history, at))) for at in self.instants
        )
        if self.members is None:
            return CohortFigures(len(found), past, None)
        theirs = History(
            tuple(one for one in history.events if one.user_id in found), history.users
        )
        return CohortFigures(len(found), past, self.members.reference(theirs, now).cohorts)

    def counted(self, history: History, now: datetime) -> Counter[Any]:
        """Members by the number of the instant, the one asked for last; and their retention."""
        found: Counter[Any] = Counter()
        for number, at in enumerate((*self.instants, self.as_of)):
            members = members_at(self.definition, history, at)
            found[number] += len(members)
        if self.members is not None:
            theirs = tuple(one for one in history.events if one.user_id in members)
            found.update(self.members.counted(History(theirs, history.users), now))
        return found

    def concluded(self, counts: Counter[Any], now: datetime) -> "CohortFigures":
        """The figures that counts come to."""
        past = tuple(CohortSize(at, counts[n]) for n, at in enumerate(self.instants))
        size = counts[len(self.instants)]
        if self.members is None:
            return CohortFigures(size, past, None)
        cells = Counter({one: n for one, n in counts.items() if isinstance(one, tuple)})
        return CohortFigures(size, past, self.members.concluded(cells, now).cohorts)

    def sheet(self, figures: "CohortFigures") -> Sheet:
        """A row per size, the one asked for last; where retention was asked for, per cell of it."""
        if self.members is not None:
            return self.members.sheet(RetentionFigures(figures.retention or (), ()))
        sizes = (*figures.sizes, CohortSize(self.as_of.astimezone(UTC), figures.size))
        return Sheet(columns_of(CohortSize), map(cells_of, sizes))


@frozen
class CohortMembersQuery:
    """A page of the members of a cohort, by id.

    Args:
        definition: Who is a member.
        as_of: The instant; only events before it count. [UTC]
        limit: Most users of the page, 1 to 1,000.
        after: The last user of the page before; null for the first page.
        explain: Whether the answer says how it came about.

    Raises:
        InvalidFields: If a number is out of range.
    """

    definition: CohortDefinition
    as_of: datetime
    limit: int = 100
    after: str | None = None
    explain: bool = field(default=False, repr=False)

    def __attrs_post_init__(self) -> None:
        flaws = as_of_flaws(self.as_of)
        if not 1 <= self.limit <= LARGEST_MEMBER_LIST:
            message = f"must lie in 1 to {LARGEST_MEMBER_LIST}"
            flaws.append(Flaw(("limit",), "out_of_range", message))
        if flaws:
            raise InvalidFields(flaws)

    def reach(self) -> Reach:
        """Which events it looks at, at most."""
        return cohort_reach(self.definition, self.as_of)

    def attributes(self) -> frozenset[str]:
        """The attributes of users that it looks at."""
        return attributes_of(self.definition)

    def complete_until(self, now: datetime) -> datetime:
        """The instant of the membership. [UTC]"""
        return min(self.as_of, now)

    def rules(self) -> dict[str, Json]:
        """How members are found, every default spelled out."""
        return cohort_rules(self.definition, self.as_of)

    def reference(self, history: History, now: datetime) -> "CohortMembers":
        """The page, user by user."""
        return self.page(sorted(members_at(self.definition, history, self.as_of)))

    def sheet(self, figures: "CohortMembers") -> Sheet:
        """A row per member."""
        return Sheet(("user_id",), ((one,) for one in figures.user_ids))

    def page(self, ids: list[str]) -> "CohortMembers":
        """The page of all members, by id."""
        rest = [one for one in ids if self.after is None or one > self.after]
        items = tuple(rest[: self.limit])
        following = items[-1] if len(rest) > self.limit else None
        return CohortMembers(items, len(ids), following)


@frozen(slots=False)
class CohortSize:
    """How many members there were.

    Args:
        at: When. [UTC]
        size: How many. [users]
    """

    at: datetime
    size: int


@frozen(slots=False)
class CohortFigures:
    """A cohort in figures.

    Args:
        size: Members at the instant asked for. [users]
        sizes: Members at the beginning of each of the last intervals, oldest first.
        retention: Of the members at the instant: per interval who was active in it, and of
            them who was active again so many intervals later; null if it was not asked for.
    """

    size: int
    sizes: tuple[CohortSize, ...]
    retention: tuple[RetainedCohort, ...] | None


@frozen(slots=False)
class CohortMembers:
    """A page of members.

    Args:
        user_ids: Who, by id.
        total: How many there are on all pages. [users]
        next: The last one, if there are more behind it; null on the last page.
    """

    user_ids: tuple[str, ...]
    total: int
    next: str | None


def members_at(definition: CohortDefinition, history: History, at: datetime) -> set[str]:
    """Who is a member at an instant: of all with an event before it."""
    found = set()
    for user_id, events in history.by_user():
        before = [one for one in events if one.timestamp < at]
        person = Person(before, history.attributes(user_id), at)
        if before and definition.holds(person):
            found.add(user_id)
    return found


def cohort_reach(definition: CohortDefinition, as_of: datetime) -> Reach:
    """Which events a membership looks at, at most."""
    behaviours = [one.event for one in predicates(definition) if not isinstance(one, UserIs)]
    anything = [EventPattern()] if fits_idle(definition) else []
    return reach_of((*behaviours, *anything), None, as_of)


def attributes_of(definition: CohortDefinition) -> frozenset[str]:
    """The attributes of users that a definition looks at."""
    return user_attributes(map(_pattern, predicates(definition)), ())


def cohort_rules(definition: CohortDefinition, as_of: datetime) -> dict[str, Json]:
    """How members are found, every default spelled out."""
    return {
        "definition": definition.told(),
        "as_of": as_of.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "counted_events": "before_the_instant",
        "candidates": "users_with_an_event_before_the_instant",
        "days": "of_24_hours",
        "user_attributes": "as_they_are_now",
    }


def as_of_flaws(as_of: datetime) -> list[Flaw]:
    """What is wrong with the instant of a membership."""
    if as_of.tzinfo is None:
        return [Flaw(("as_of",), "naive", "must carry a UTC offset")]
    if not EARLIEST + timedelta(days=1) < as_of < LATEST:
        return [Flaw(("as_of",), "out_of_range", "must lie in the years 1970 to 2199")]
    return []


def _pattern(predicate: UserIs | Behaviour) -> EventPattern:
    if isinstance(predicate, UserIs):
        return EventPattern(None, predicate.filters)
    return predicate.event


def _starts(calendar: Calendar, before: datetime, count: int) -> Iterator[datetime]:
    """The beginnings of the last intervals before an instant, oldest first."""
    found: list[datetime] = []
    while len(found) < count and before > EARLIEST:
        before = calendar.floor(before - _MOMENT)
        if before >= EARLIEST:
            found.append(before)
    return reversed(found)
