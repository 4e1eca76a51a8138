"""Histories of few users on a small grid, and what questions over them are made of."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from ...domain.attributes import Attributes
from ...domain.events import AllOf, AnyOf, Condition, Event, Leaf, Not, Op, Scope
from ...domain.questions import EventPattern, Field, History, QuestionRange

#: A Friday; the clocks of Berlin go forward on the Sunday after it, at 01:00 UTC.
FIRST_INSTANT = datetime(2026, 3, 27, tzinfo=UTC)

EVENT_TYPES = ("visit", "signup", "pay", "refund")

_USERS = ("u1", "u2", "u3")
_ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu")
_CHANNELS: tuple[Attributes, ...] = (
    {}, {"channel": "ads"}, {"channel": "mail"}, {"channel": ""}, {"channel": 1},
    {"channel": "1"}, {"channel": None},
)  # fmt: skip
_AMOUNTS: tuple[Attributes, ...] = (
    {}, {"amount": 1}, {"amount": 0}, {"amount": 2.5}, {"amount": -3}, {"amount": "7"},
    {"amount": True}, {"amount": None},
)  # fmt: skip
_PROPERTIES = st.sampled_from([{**one, **other} for one in _CHANNELS for other in _AMOUNTS])
_ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(("admin", "guest", "", None)),
        "first_seen": st.sampled_from(("2026-03-28T00:00:00Z", "2026-03-25", "never")),
    },
)


def question_instants(
    count: int = 20, apart: timedelta = timedelta(hours=6)
) -> st.SearchStrategy[datetime]:
    """Instants of a grid that most events share, some a microsecond beside it.

    Args:
        count: How many instants the grid has.
        apart: How far they are apart.
    """
    beside = st.sampled_from((0, 0, 0, 0, -1, 1)).map(lambda by: timedelta(microseconds=by))
    grid = st.integers(0, count - 1).map(lambda at: FIRST_INSTANT + at * apart)
    return st.builds(lambda at, by: at + by, grid, beside)


@st.composite
def question_histories(
    draw: st.DrawFn,
    *,
    instants: st.SearchStrategy[datetime] | None = None,
    types: tuple[str, ...] = EVENT_TYPES,
    least: int = 0,
    most: int = 16,
) -> History:
    """Histories of three users whose events tie, repeat and were acknowledged in any order.

    Args:
        draw: Given by Hypothesis.
        instants: When events happen; `question_instants` where left out.
        types: What may be done.
        least: How many events there are at least.
        most: How many events there are at most.
    """
    happen = question_instants() if instants is None else instants
    drawn = st.tuples(st.sampled_from(_USERS), st.sampled_from(types), happen, _PROPERTIES)
    fewest = draw(st.sampled_from((least, max(least, most // 2))))
    rows = draw(st.lists(drawn, min_size=fewest, max_size=most))
    events = tuple(
        Event(f"e{at}", user, kind, when, properties, when, None, at)
        for at, (user, kind, when, properties) in enumerate(rows, 1)
    )
    return History(events, draw(question_users()))


def question_users() -> st.SearchStrategy[dict[str, Attributes]]:
    """What is known of some of the users."""
    known: st.SearchStrategy[Attributes] = _ATTRIBUTES.map(dict)
    return st.dictionaries(st.sampled_from(_USERS), known, max_size=3)


def question_ranges() -> st.SearchStrategy[QuestionRange]:
    """Ranges that cut the grid: days of several zones, and instants that events share."""
    days = st.tuples(st.integers(25, 31), st.integers(0, 4)).map(
        lambda pair: (f"2026-03-{pair[0]:02}", _day(pair[0] + pair[1]))
    )
    instants = st.tuples(st.integers(-1, 12), st.integers(1, 12)).map(
        lambda pair: (_grid(pair[0]), _grid(pair[0] + pair[1]))
    )
    bounds = days | instants
    return st.builds(
        lambda pair, zone: QuestionRange(pair[0], pair[1], zone), bounds, st.sampled_from(_ZONES)
    )


def question_conditions() -> st.SearchStrategy[Condition]:
    """Conditions on events and on users, and what is made of two of them."""
    leaf = st.sampled_from(
        (
            Leaf("channel", Op.EQ, "ads"),
            Leaf("channel", Op.NE, "1"),
            Leaf("amount", Op.GE, 1),
            Leaf("channel", Op.IS_SET),
            Leaf("role", Op.EQ, "admin", Scope.USER),
            Leaf("role", Op.IS_NOT_SET, None, Scope.USER),
        )
    )
    pairs = st.tuples(leaf, leaf)
    return leaf | st.builds(Not, leaf) | st.builds(AllOf, pairs) | st.builds(AnyOf, pairs)


def event_patterns(types: tuple[str, ...] = EVENT_TYPES) -> st.SearchStrategy[EventPattern]:
    """Patterns of one type, of two, and of any; some with a condition."""
    two = st.lists(st.sampled_from(types), min_size=2, max_size=2, unique=True).map(tuple)
    one = st.sampled_from(types)
    named: st.SearchStrategy[str | tuple[str, ...] | None] = one | one | one | two | st.none()
    return st.builds(EventPattern, named, st.none() | st.none() | question_conditions())


def question_fields() -> st.SearchStrategy[Field]:
    """A property of events, and an attribute of users."""
    return st.sampled_from((Field("channel"), Field("channel"), Field("role", Scope.USER)))


def asking_instants() -> st.SearchStrategy[datetime]:
    """When a question is asked: before, amid and after the events."""
    return st.integers(-1, 40).map(lambda at: FIRST_INSTANT + at * timedelta(hours=6))


def _day(number: int) -> str:
    return f"2026-03-{number:02}" if number <= 31 else f"2026-04-{number - 31:02}"


def _grid(at: int) -> str:
    return (FIRST_INSTANT + at * timedelta(hours=6)).isoformat()
