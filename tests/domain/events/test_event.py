"""What an event may say, and when two of them say the same."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.attributes import canonical_text
from sightline.domain.errors import InvalidFields
from sightline.domain.events import (
    LONGEST_ID,
    LONGEST_TYPE,
    MOST_AHEAD,
    EventDraft,
    Fingerprint,
    instant,
    microseconds,
)
from sightline.testing.strategies import event_drafts, event_instants

NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)


def draft(**changed: Any) -> EventDraft:
    return EventDraft(**({"user_id": "ann", "event_type": "page_view"} | changed))


def flaws(**changed: Any) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(InvalidFields) as caught:
        draft(**changed)
    return [(flaw.path, flaw.code) for flaw in caught.value.flaws]


@given(at=event_instants(), zone=st.integers(-14, 14))
def test_microseconds_give_the_instant_back(at: datetime, zone: int) -> None:
    there = at.astimezone(timezone(timedelta(hours=zone)))
    assert microseconds(there) == microseconds(at)
    assert instant(microseconds(there)) == at


@pytest.mark.parametrize(
    "at",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
)
def test_the_first_and_the_last_instant_are_kept_exactly(at: datetime) -> None:
    assert draft(timestamp=at).timestamp == at
    assert instant(microseconds(at)) == at


@given(one=event_drafts(), other=event_drafts())
def test_fingerprints_differ_in_the_fields_that_differ(one: EventDraft, other: EventDraft) -> None:
    contents = {
        "user_id": (one.user_id, other.user_id),
        "event_type": (one.event_type, other.event_type),
        "timestamp": (one.timestamp, other.timestamp),
        "properties": tuple(canonical_text(dict(draft.properties)) for draft in (one, other)),
    }
    expected = tuple(name for name, (own, others) in contents.items() if own != others)
    assert one.fingerprint().differing(other.fingerprint()) == expected
    assert (one.fingerprint() == other.fingerprint()) is (expected == ())


@given(one=event_drafts())
def test_a_fingerprint_is_32_bytes_and_comes_back(one: EventDraft) -> None:
    packed = one.fingerprint().packed()
    assert len(packed) == 32
    assert Fingerprint.unpacked(packed) == one.fingerprint()


def test_an_instant_says_the_same_in_every_zone_and_nothing_else_does() -> None:
    at = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
    prints = [draft(timestamp=when).fingerprint() for when in (NOON, at, None)]
    assert prints[0] == prints[1]
    assert prints[0].differing(prints[2]) == ("timestamp",)
    assert prints[0].differing(draft(timestamp=NOON + timedelta(microseconds=1)).fingerprint()) == (
        "timestamp",
    )


@pytest.mark.parametrize(
    ("name", "longest"),
    [("user_id", LONGEST_ID), ("event_id", LONGEST_ID), ("event_type", LONGEST_TYPE)],
)
def test_names_keep_their_limits(name: str, longest: int) -> None:
    for text, code in (
        ("", "length"),
        ("é" * (longest + 1), "length"),
        ("nu\x00ll", "unprintable"),
        ("line\n", "unprintable"),
        ("\ud800", "unprintable"),
        ("\u202ertl", "unprintable"),
        (" ann", "spaces"),
        ("ann ", "spaces"),
    ):
        assert flaws(**{name: text}) == [((name,), code)]
    for text in ("a", "é" * longest, "two words", "𝒹an", "..", "%00"):
        assert getattr(draft(**{name: text}), name) == text


@pytest.mark.parametrize("year", [1, 1969, 2200, 9999])
@pytest.mark.parametrize("zone", [-14, 0, 14])
def test_years_outside_1970_to_2199_are_refused(year: int, zone: int) -> None:
    there = timezone(timedelta(hours=zone))
    first, last = (1, 1) if year < 1970 else (6, 1), (12, 31)
    month, day = last if year == 9999 else first
    at = datetime(year, month, day, tzinfo=there)
    assert flaws(timestamp=at) == [(("timestamp",), "out_of_range")]


def test_an_instant_without_a_zone_is_refused() -> None:
    assert flaws(timestamp=NOON.replace(tzinfo=None)) == [(("timestamp",), "naive")]


@given(ahead=st.integers(-2, 2))
def test_a_sender_may_be_five_minutes_ahead(ahead: int) -> None:
    at = NOON + MOST_AHEAD + timedelta(microseconds=ahead)
    found = [flaw.code for flaw in draft(timestamp=at).future_flaws(NOON)]
    assert found == (["future"] if ahead > 0 else [])
    assert list(draft().future_flaws(NOON)) == []


def test_everything_that_is_wrong_is_told_at_once() -> None:
    found = flaws(
        user_id="",
        event_type="",
        event_id="",
        timestamp=NOON.replace(tzinfo=None, year=1),
        properties={"": 1},
    )
    assert [path[0] for path, _ in found] == [
        "user_id",
        "event_type",
        "event_id",
        "timestamp",
        "properties",
    ]
