"""Lists of events: their pages make the whole, whatever arrives meanwhile; and sums by day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidFields
from sightline.domain.events import (
    DayQuestion,
    Event,
    EventFilter,
    EventKey,
    EventQuery,
    EventSlice,
    day_figures,
    event_page,
    newest_first,
)
from sightline.testing.strategies import day_questions, event_filters, event_queries, event_slices

NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
Slices = tuple[EventSlice, ...]


def events_of(slices: Slices) -> list[Event]:
    return [event for some in slices for event in some.events]


@given(slices=event_slices(), where=event_filters(), size=st.integers(1, 5))
def test_pages_of_any_size_make_the_whole(slices: Slices, where: EventFilter, size: int) -> None:
    """The tail of the log is loaded while somebody turns the pages."""
    through = slices[0].through
    seen, after = list[Event](), None
    for step in range(100):
        known = events_of(slices[: 1 + step])
        query = EventQuery(where, size, after, through)
        page = event_page(query, evolve(query, limit=size + 1).reference(known), through)
        assert page.position == through
        seen += page.items
        after = page.next
        if after is None:
            break
    assert tuple(seen) == newest_first(one for one in slices[0].events if where.fits(one))
    assert len({one.position for one in seen}) == len(seen)


@given(slices=event_slices(), query=event_queries())
def test_an_answer_holds_what_fits_newest_first(slices: Slices, query: EventQuery) -> None:
    events = events_of(slices)
    found = query.reference(events)
    order = [(one.timestamp, one.position) for one in found]
    assert order == sorted(order, reverse=True)
    assert all(query.fits(one) and query.where.fits(one) for one in found)
    left = [one for one in events if query.fits(one) and one not in found]
    assert not left or len(found) == query.limit
    assert query.reference(reversed(events)) == found


@given(slices=event_slices(), query=event_queries())
def test_a_snapshot_does_not_know_what_came_later(slices: Slices, query: EventQuery) -> None:
    early = EventQuery(query.where, query.limit, query.after, slices[0].through)
    assert early.reference(events_of(slices)) == early.reference(slices[0].events)


@given(slices=event_slices(), where=event_filters())
def test_a_filter_is_all_of_its_parts(slices: Slices, where: EventFilter) -> None:
    parts = [
        EventFilter(user_ids=where.user_ids),
        EventFilter(event_types=where.event_types),
        EventFilter(start=where.start),
        EventFilter(end=where.end),
        EventFilter(condition=where.condition),
        EventFilter(other_than=where.other_than),
    ]
    for event in events_of(slices):
        assert where.fits(event) is all(part.fits(event) for part in parts)


def test_a_window_begins_with_its_start_and_ends_before_its_end() -> None:
    event = Event("e", "u", "t", NOON, {}, NOON, None, 1)
    later = NOON + timedelta(microseconds=1)
    assert EventFilter(start=NOON, end=later).fits(event)
    assert not EventFilter(end=NOON).fits(event)
    assert not EventFilter(start=later).fits(event)


def test_of_events_at_one_instant_the_last_comes_first() -> None:
    one, two = (Event(f"e{at}", "u", "t", NOON, {}, NOON, None, at) for at in (1, 2))
    assert newest_first([one, two]) == (two, one)
    assert EventQuery(after=EventKey.of(two)).reference([one, two]) == (one,)


def test_senseless_lists_cannot_be_built() -> None:
    with pytest.raises(InvalidFields):
        EventFilter(start=NOON, end=NOON)
    with pytest.raises(InvalidFields):
        EventQuery(limit=0)


@given(slices=event_slices(), question=day_questions())
def test_days_add_up(slices: Slices, question: DayQuestion) -> None:
    events = events_of(slices)
    whole = day_figures(question, events, 9)
    assert whole == day_figures(question, reversed(events), 9)
    days = _days(question)
    single = [day_figures(DayQuestion(day, day, question.event_type), events, 9) for day in days]
    assert whole.events == tuple(one.events[0] for one in single)
    assert whole.users == tuple(one.users[0] for one in single)
    assert (whole.users_in_range is None) != question.everybody
    if whole.users_in_range is not None:
        assert max(whole.users) <= whole.users_in_range <= sum(whole.users)
    assert all(few <= many for few, many in zip(whole.users, whole.events, strict=True))


@given(slices=event_slices(), question=day_questions())
def test_types_add_up_to_all_events(slices: Slices, question: DayQuestion) -> None:
    events = events_of(slices)
    of_all = day_figures(DayQuestion(question.first, question.last), events, 0).events
    types = {event.event_type for event in events}
    parts = [
        day_figures(DayQuestion(question.first, question.last, one), events, 0) for one in types
    ]
    assert of_all == tuple(sum(part.events[at] for part in parts) for at in range(len(of_all)))


def test_days_by_hand() -> None:
    midnight = datetime(2024, 4, 1, tzinfo=UTC)
    moments = [(NOON, "ann"), (NOON, "ann"), (NOON, "bob"), (midnight, "ann")]
    events = [
        Event(f"e{at}", user, "view", when, {}, when, None, at)
        for at, (when, user) in enumerate(moments)
    ]
    found = day_figures(DayQuestion(date(2024, 3, 30), date(2024, 4, 1)), events, 4)
    assert (found.events, found.users, found.users_in_range) == ((0, 3, 1), (0, 2, 1), 2)


def _days(question: DayQuestion) -> Sequence[date]:
    length = (question.last - question.first).days + 1
    return [question.first + timedelta(days=at) for at in range(length)]
