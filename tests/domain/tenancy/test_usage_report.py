from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidWindow
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.tenancy import Usage, summed, usage_days, usage_report
from sightline.testing.strategies import usages

ACME = TenantId("acme")
DAYS = (date(2025, 12, 31), date(2026, 1, 3))


@given(counts=st.lists(usages()))
def test_every_breakdown_adds_up_to_the_same_total(counts: list[Usage]) -> None:
    kept = summed(counts)
    report = usage_report(ACME, *DAYS, kept)
    for parts in (report.by_day, report.by_operation, report.by_key, report.items):
        assert sum(one.requests for one in parts) == report.requests
        assert sum(one.units for one in parts) == report.units
    for totals in (report.by_day, report.by_operation, report.by_key):
        names = [one.name for one in totals]
        assert names == sorted(set(names))
    assert report.requests == sum(one.requests for one in counts)


def test_two_keys_on_two_days_by_hand() -> None:
    counts = [
        Usage(ACME, date(2026, 1, 1), "getProperty", KeyId("A"), 2, 2),
        Usage(ACME, date(2026, 1, 1), "getProperty", KeyId("B"), 1, 1),
        Usage(ACME, date(2026, 1, 2), "listJobs", KeyId("A"), 1, 10),
    ]
    report = usage_report(ACME, *DAYS, counts)
    assert (report.requests, report.units) == (4, 13)
    assert [(one.name, one.units) for one in report.by_day] == [
        ("2026-01-01", 3),
        ("2026-01-02", 10),
    ]
    assert [(one.name, one.requests) for one in report.by_key] == [("A", 3), ("B", 1)]


@given(today=st.dates(date(2025, 12, 1), date(2026, 3, 31)))
def test_a_report_without_days_is_of_this_month_through_today(today: date) -> None:
    start, end = usage_days(None, None, today)
    assert start == today.replace(day=1)
    assert end == today + timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2026, 1, 2), date(2026, 1, 2)),
        (date(2026, 1, 3), date(2026, 1, 2)),
        (date(2026, 1, 1), date(2026, 4, 4)),
    ],
)
def test_no_day_and_too_many_days_are_refused(start: date, end: date) -> None:
    with pytest.raises(InvalidWindow):
        usage_days(start, end, date(2026, 1, 1))


def test_the_ends_of_the_calendar_are_no_error_of_ours() -> None:
    assert usage_days(date.min, date(1, 1, 2), date(2026, 1, 1)) == (date.min, date(1, 1, 2))
    with pytest.raises(InvalidWindow):
        usage_days(None, date.min, date(2026, 1, 1))
