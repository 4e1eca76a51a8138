"""Refresh tokens as a game: whoever plays, one line of descent lives or none."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.identifiers import FamilyId, KeyId, TenantId
from sightline.domain.tenancy import (
    ABSOLUTE,
    IDLE,
    OVERLAP,
    Permission,
    Presented,
    RefreshFamily,
    presented,
    read_refresh_token,
    refresh_token,
)
from sightline.testing.strategies import refresh_families

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
FAMILY = RefreshFamily(
    FamilyId("F" * 22),
    TenantId("acme"),
    KeyId("laptop"),
    frozenset({Permission.ENERGY_READ}),
    BEGAN,
    0,
    BEGAN,
)
SECRET = b"s" * 32
#: Seconds between two moves: within the overlap, at its end, after it, days.
PAUSES = st.sampled_from((0, 1, 9, 10, 11, 86_400, 13 * 86_400, 14 * 86_400)).map(
    lambda seconds: timedelta(seconds=seconds)
)


@given(moves=st.lists(st.tuples(PAUSES, st.integers(0, 6)), max_size=20))
def test_the_newest_token_alone_moves_a_family_and_an_old_one_ends_it(
    moves: list[tuple[timedelta, int]],
) -> None:
    family, now = FAMILY, BEGAN
    for pause, generation in moves:
        now += pause
        worth = presented(family, generation, now)
        over = family.ended_at is not None or now - BEGAN >= ABSOLUTE
        if over or now - family.rotated_at >= IDLE or generation > family.generation:
            assert worth is Presented.WORTHLESS
        elif generation == family.generation:
            assert worth is Presented.NEWEST
            family = family.next(now)
        elif generation == family.generation - 1 and now - family.rotated_at <= OVERLAP:
            assert worth is Presented.JUST_REPLACED
        else:
            assert worth is Presented.REUSED
            family = evolve(family, ended_at=now)


@given(family=refresh_families(), pause=PAUSES, generation=st.integers(0, 6))
def test_a_family_that_is_over_gives_nothing_any_more(
    family: RefreshFamily, pause: timedelta, generation: int
) -> None:
    now = family.rotated_at + pause
    if family.is_over(now):
        assert presented(family, generation, now) is Presented.WORTHLESS
        assert presented(family, generation, now + pause) is Presented.WORTHLESS


@pytest.mark.parametrize(
    ("late", "worth"),
    [
        (timedelta(0), Presented.JUST_REPLACED),
        (timedelta(seconds=10), Presented.JUST_REPLACED),
        (timedelta(seconds=10, microseconds=1), Presented.REUSED),
    ],
)
def test_the_overlap_is_ten_seconds(late: timedelta, worth: Presented) -> None:
    once = FAMILY.next(BEGAN)
    assert presented(once, 0, BEGAN + late) is worth


def test_a_busy_family_ends_after_thirty_days_and_a_quiet_one_after_fourteen() -> None:
    day = timedelta(days=1)
    assert presented(FAMILY, 0, BEGAN + 14 * day) is Presented.WORTHLESS
    busy = FAMILY
    for number in range(29):
        busy = busy.next(BEGAN + number * day)
    assert presented(busy, 29, BEGAN + 30 * day - timedelta(seconds=1)) is Presented.NEWEST
    assert presented(busy, 29, BEGAN + 30 * day) is Presented.WORTHLESS


@given(generation=st.integers(0, 10**9 - 1), other=st.integers(0, 100))
def test_a_token_is_read_by_the_server_that_made_it_alone(generation: int, other: int) -> None:
    text = refresh_token(SECRET, FAMILY.id, generation)
    assert read_refresh_token(SECRET, text) == (FAMILY.id, generation)
    assert read_refresh_token(b"another secret", text) is None
    # The number cannot be exchanged, and so neither can the family.
    code = text.rpartition(f"_{generation}_")[2]
    forged = f"sl_rt_{FAMILY.id}_{other}_{code}"
    assert (read_refresh_token(SECRET, forged) is None) is (other != generation)
    assert read_refresh_token(SECRET, text.replace("F" * 22, "G" * 22)) is None


@given(text=st.text(max_size=100) | st.from_regex(r"sl_rt_[A-z0-9]{22}_\d_[\w-]{43}"))
def test_no_other_text_is_a_refresh_token(text: str) -> None:
    assert read_refresh_token(SECRET, text) is None


def test_a_token_is_a_code_of_256_bits() -> None:
    text = refresh_token(SECRET, FAMILY.id, 3)
    assert text.startswith(f"sl_rt_{FAMILY.id}_3_")
    assert len(text.split("_", 4)[4]) == 43  # 32 bytes in base 64
