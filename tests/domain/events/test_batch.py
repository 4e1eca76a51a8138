"""What becomes of batches, held against a plain count of what was sent."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import EventConflicts, Flaw
from sightline.domain.events import (
    EventBatch,
    EventStatus,
    Judgement,
    Known,
    NewEvent,
    Receipt,
    judged,
)
from sightline.testing.strategies import event_batches, new_events

NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)


class Ledger:
    """What a log remembers, in a dictionary."""

    def __init__(self) -> None:
        self.position = 0
        self.known: dict[str, Known] = {}

    def take(self, batch: EventBatch) -> Judgement:
        made = judged(batch, self.position, self.known)
        for position, event in made.kept:
            self.known[event.event_id] = Known(position, event.fingerprint, bool(event.quarantine))
        self.position = made.receipt.position
        return made

    def holds(self) -> dict[str, object]:
        return {name: known.fingerprint for name, known in self.known.items()}


def lenient(batch: EventBatch) -> EventBatch:
    return evolve(batch, lenient=True)


def statuses(receipt: Receipt) -> list[str]:
    return [result.status.value for result in receipt.results]


def repeated(event: NewEvent, **changed: object) -> NewEvent:
    """The same id, with other content where something is changed."""
    print_ = event.fingerprint._replace(**dict.fromkeys(changed, b"other678"))
    return evolve(event, fingerprint=print_)


def batch(events: Iterable[NewEvent], like: EventBatch) -> EventBatch:
    return evolve(like, events=tuple(events), refused={}, places=(), request=None)


@given(batches=st.lists(event_batches(), max_size=4))
def test_everything_that_was_sent_is_told_of_once(batches: list[EventBatch]) -> None:
    ledger = Ledger()
    for one in map(lenient, batches):
        before = ledger.position
        made = ledger.take(one)
        results = made.receipt.results
        told = Counter(result.status for result in results)
        assert [result.index for result in results] == list(range(len(results)))
        assert len(results) == len(one.events) + len(one.refused)
        kept = told[EventStatus.ACCEPTED] + told[EventStatus.QUARANTINED]
        assert kept == len(made.kept) == ledger.position - before
        assert kept + told[EventStatus.DUPLICATE] + told[EventStatus.REFUSED] == len(results)
        assert [at for at, _ in made.kept] == list(range(before + 1, ledger.position + 1))
        for result in results:
            known = result.event_id and ledger.known.get(result.event_id)
            if result.status is EventStatus.REFUSED:
                assert result.position is None
                assert result.errors
            else:
                assert known
                assert result.position == known.position


@given(batches=st.lists(event_batches(), max_size=3), last=event_batches())
def test_a_batch_sent_twice_changes_nothing(batches: list[EventBatch], last: EventBatch) -> None:
    ledger = Ledger()
    for one in map(lenient, (*batches, last)):
        first = ledger.take(one)
    position, known = ledger.position, dict(ledger.known)
    again = ledger.take(lenient(last))
    assert again.kept == ()
    assert (ledger.position, ledger.known) == (position, known)
    for before, after in zip(first.receipt.results, again.receipt.results, strict=True):
        assert (after.index, after.position) == (before.index, before.position)
        refused = before.status is EventStatus.REFUSED
        assert after.status is (EventStatus.REFUSED if refused else EventStatus.DUPLICATE)


@given(
    pool=st.lists(new_events(), unique_by=lambda event: event.event_id, min_size=1),
    like=event_batches(),
    data=st.data(),
)
def test_the_order_of_batches_does_not_change_what_is_kept(
    pool: list[NewEvent], like: EventBatch, data: st.DataObject
) -> None:
    batches = data.draw(st.lists(st.lists(st.sampled_from(pool), max_size=4), max_size=4))
    shuffled = data.draw(st.permutations(batches))
    assert _kept(batches, like) == _kept(shuffled, like)


def _kept(batches: Sequence[Sequence[NewEvent]], like: EventBatch) -> dict[str, object]:
    ledger = Ledger()
    for events in batches:
        ledger.take(batch(events, like))
    return ledger.holds()


@given(
    event=new_events(),
    like=event_batches(),
    field=st.sampled_from(["user_id", "event_type", "timestamp", "properties"]),
    apart=st.booleans(),
)
def test_the_same_id_with_other_content_is_a_conflict_that_names_the_field(
    event: NewEvent, like: EventBatch, field: str, apart: bool
) -> None:
    other = repeated(event, **{field: "other"})
    ledger = Ledger()
    sent = batch([event, other], like)
    if apart:
        ledger.take(batch([event], like))
        sent = batch([other], like)
    with pytest.raises(EventConflicts) as caught:
        judged(evolve(sent, lenient=False), ledger.position, ledger.known)
    (conflict,) = caught.value.conflicts
    assert (conflict.event_id, conflict.fields) == (event.event_id, (field,))
    assert conflict.index == len(sent.events) - 1
    told = ledger.take(lenient(sent)).receipt.results[-1]
    assert (told.status, told.position) == (EventStatus.REFUSED, None)
    assert [flaw.path for flaw in told.errors] == [(field,)]
    assert ledger.holds() == {event.event_id: event.fingerprint}


@given(event=new_events(), like=event_batches())
def test_what_was_erased_is_a_duplicate_whatever_it_says(event: NewEvent, like: EventBatch) -> None:
    known = {event.event_id: Known(7, None)}
    made = judged(batch([repeated(event, user_id="other")], like), 9, known)
    assert made.kept == ()
    assert statuses(made.receipt) == ["duplicate"]
    assert (made.receipt.position, made.receipt.results[0].position) == (9, 7)


@given(events=st.lists(new_events(), min_size=2, max_size=2), like=event_batches())
def test_results_stand_where_their_events_stood(events: list[NewEvent], like: EventBatch) -> None:
    flaw = (Flaw(("user_id",), "length", "must have 1 to 200 characters"),)
    first, second = (evolve(one, event_id=name) for one, name in zip(events, "ab", strict=True))
    sent = EventBatch((first, second), like.received_at, None, True, {0: flaw, 2: flaw}, (1, 3))
    results = judged(sent, 0, {}).receipt.results
    assert [result.event_id for result in results] == [None, "a", None, "b"]
    assert [result.position for result in results] == [None, 1, None, 2]
    assert results[0].errors == flaw


def test_nothing_sent_is_nothing_kept() -> None:
    assert judged(EventBatch((), NOON), 5, {}) == Judgement((), Receipt(5, ()))


@given(event=new_events(), like=event_batches())
def test_an_event_that_is_kept_apart_says_why(event: NewEvent, like: EventBatch) -> None:
    (result,) = judged(batch([event], like), 0, {}).receipt.results
    apart = bool(event.quarantine)
    assert result.status is (EventStatus.QUARANTINED if apart else EventStatus.ACCEPTED)
    assert result.errors == event.quarantine
