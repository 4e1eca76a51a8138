"""Ranges of questions: local days that both belong to them, or half-open instants."""

from datetime import datetime, timedelta

import pytest

from sightline.domain.errors import InvalidFields
from sightline.domain.questions import QuestionRange


def test_both_days_belong_to_a_range_of_days() -> None:
    found = QuestionRange("2026-03-29", "2026-03-29", "Europe/Berlin").window
    assert found.start == datetime.fromisoformat("2026-03-28T23:00:00Z")
    assert found.end == datetime.fromisoformat("2026-03-29T22:00:00Z")  # a day of 23 hours


def test_the_second_instant_does_not_belong_to_a_range_of_instants() -> None:
    found = QuestionRange("2026-03-01T01:00:00+01:00", "2026-03-01T00:00:01Z").window
    assert found.start == datetime.fromisoformat("2026-03-01T00:00:00Z")
    assert found.end - found.start == timedelta(seconds=1)


def test_a_range_of_a_day_that_was_skipped_is_empty() -> None:
    with pytest.raises(InvalidFields, match="must be after start"):
        QuestionRange("2011-12-30", "2011-12-30", "Pacific/Apia")


@pytest.mark.parametrize(
    ("start", "end", "zone", "path", "code"),
    [
        ("2026-03-02", "2026-03-01", "UTC", ("end",), "reversed"),
        ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z", "UTC", ("end",), "reversed"),
        ("1926-03-01", "2026-03-01", "UTC", ("start",), "out_of_range"),
        ("2026-03-01", "2226-03-01", "UTC", ("end",), "out_of_range"),
        ("2010-03-01", "2026-03-01", "UTC", ("end",), "too_long"),
        ("2026-02-30", "2026-03-01", "UTC", ("start",), "bound"),
        ("yesterday", "2026-03-01", "UTC", ("start",), "bound"),
        ("2026-03-01T00:00:00", "2026-03-02", "UTC", ("start",), "bound"),
        ("2026-03-01", "2026-03-02", "Europe/Atlantis", ("timezone",), "timezone"),
    ],
)
def test_what_no_range_can_be_is_refused_by_name(
    start: str, end: str, zone: str, path: tuple[str, ...], code: str
) -> None:
    with pytest.raises(InvalidFields) as refused:
        QuestionRange(start, end, zone)
    assert [(one.path, one.code) for one in refused.value.flaws] == [(path, code)]
