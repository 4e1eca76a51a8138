"""Which events a question means, and what it reads of them and of their users."""

from collections.abc import Iterable, Iterator, Mapping

from attrs import field, frozen

from ..attributes import Attributes, scalar_text
from ..errors import Flaw, InvalidFields
from ..events import Condition, Event, Scope
from ..events.event import LONGEST_TYPE
from ..events.filters import leaves

MOST_TYPES = 50
"""Most event types that one pattern names."""

_NOBODY: Attributes = {}


@frozen
class EventPattern:
    """Events of some types that fulfil a condition.

    Args:
        event_type: One name, several of which any will do, or null for any event.
        filters: A condition on properties of the event and attributes of its user; null for
            none.

    Raises:
        InvalidFields: If no type is named where several are allowed, more than 50, one twice,
            or one that no event can have.
    """

    event_type: str | tuple[str, ...] | None = None
    filters: Condition | None = None

    def __attrs_post_init__(self) -> None:
        listed = self._listed
        if listed is None:
            return
        if not 0 < len(listed) <= MOST_TYPES or len(set(listed)) < len(listed):
            message = f"must name 1 to {MOST_TYPES} types, each once"
            raise InvalidFields([Flaw(("event_type",), "types", message)])
        if any(not 0 < len(one) <= LONGEST_TYPE for one in listed):
            message = f"must have 1 to {LONGEST_TYPE} characters"
            raise InvalidFields([Flaw(("event_type",), "length", message)])

    @property
    def types(self) -> frozenset[str] | None:
        """The types of which any will do; None for any at all."""
        return None if self._listed is None else frozenset(self._listed)

    @property
    def _listed(self) -> tuple[str, ...] | None:
        return (self.event_type,) if isinstance(self.event_type, str) else self.event_type

    def fits(self, event: Event, user: Attributes = _NOBODY) -> bool:
        """Whether an event of a user is meant."""
        types = self.types
        return (types is None or event.event_type in types) and (
            self.filters is None or self.filters.holds(event.properties, user)
        )


@frozen
class Field:
    """A property of events, or an attribute of users.

    Args:
        property: Its name, whole: dots are characters like any other.
        scope: Whose it is.
    """

    property: str
    scope: Scope = Scope.EVENT

    def text(self, event: Event, user: Attributes) -> str:
        """Its value as a text, the empty text where there is none; lists and objects as JSON."""
        return self.text_of(user if self.scope is Scope.USER else event.properties)

    def text_of(self, attributes: Attributes) -> str:
        """The same, of whoever has these attributes."""
        return scalar_text(attributes.get(self.property)) or ""


def _listed(events: Iterable[Event]) -> tuple[Event, ...]:
    return tuple(events)


@frozen
class History:
    """Everything that a question is answered from: the reference answers read this.

    Args:
        events: All events of a tenant that the answer sees, in any order.
        users: What is known of its users, by their ids.
    """

    events: tuple[Event, ...] = field(converter=_listed)
    users: Mapping[str, Attributes] = field(factory=dict)

    def attributes(self, user_id: str) -> Attributes:
        """What is known of a user."""
        return self.users.get(user_id, _NOBODY)

    def fits(self, pattern: EventPattern, event: Event) -> bool:
        """Whether an event is one that a pattern means."""
        return pattern.fits(event, self.attributes(event.user_id))

    def by_user(self) -> Iterator[tuple[str, tuple[Event, ...]]]:
        """Users by id, each with its events in order of instant and position."""
        found: dict[str, list[Event]] = {}
        for event in self.events:
            found.setdefault(event.user_id, []).append(event)
        for user_id in sorted(found):
            yield user_id, in_order(found[user_id])


def in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    """Events by instant; of those at one instant the one acknowledged first comes first."""
    return tuple(sorted(events, key=lambda one: (one.timestamp, one.position)))


def user_attributes(patterns: Iterable[EventPattern], fields: Iterable[Field]) -> frozenset[str]:
    """The attributes of users that patterns and fields look at."""
    named = {one.property for one in fields if one.scope is Scope.USER}
    for pattern in patterns:
        if pattern.filters is not None:
            named |= {leaf.property for leaf in leaves(pattern.filters) if leaf.scope is Scope.USER}
    return frozenset(named)
