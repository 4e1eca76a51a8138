"""How much happened on each day: users out of the roll-up, events out of themselves.

A count cannot be added to again without being wrong, a set of users can; so users are rolled
up and events are counted where they are, with `final`, which lets every position stand once.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from attrs import frozen

from ...domain.events import DayQuestion
from ...domain.identifiers import TenantId
from ...domain.windows import EARLIEST, LATEST
from .conditions import Parameters

#: Whole days of 1970 and after: the engine's division cuts off towards zero, as it should here.
_DAY = "intDiv(toUnixTimestamp64Micro(timestamp), 86400000000)"
_EPOCH = date(1970, 1, 1)


@frozen
class DayStatements:
    """The questions that one server is asked, and the values of all of them.

    Args:
        events: Events per day, as rows of day and count.
        users: Different users per day, likewise.
        everybody: Different users over all of the days; one row of one number.
        values: What is bound.
    """

    events: str
    users: str
    everybody: str
    values: dict[str, object]


def day_statements(tenant: TenantId, question: DayQuestion, through: int) -> DayStatements:
    """What to ask about a tenant's days, of the events up to a position."""
    bound = Parameters()
    where = f"tenant = {bound.text(tenant)}"
    upto = bound.bound(through, "UInt64")
    events = f"from event final where {where} and position <= {upto} and {_within(question, bound)}"
    if question.event_type is None:
        # The engine's dates begin in 1900; there are no events before 1970 or after 2199.
        first = bound.bound(max(question.first, EARLIEST.date()), "Date32")
        last = bound.bound(min(question.last, LATEST.date()), "Date32")
        day, key = "toInt32(day)", "user_key"
        users = (
            f"from user_day where {where} and first_position <= {upto} "
            f"and day >= {first} and day <= {last}"
        )
    else:
        events += f" and event_type = {bound.text(question.event_type)}"
        # Users by type would be nearly as many rows as events, so they are counted among those.
        day, key, users = _DAY, "user_id", events
    return DayStatements(
        f"select {_DAY} as number, count() {events} group by number",
        f"select {day} as number, uniqExact({key}) {users} group by number",
        f"select uniqExact({key}) {users}",
        bound.values,
    )


def in_order(question: DayQuestion, found: Sequence[Sequence[int]]) -> list[int]:
    """Figures of days as a list, first day first; what is not among them is zero."""
    first = (question.first - _EPOCH).days
    figures = [0] * ((question.last - question.first).days + 1)
    for number, figure in found:
        figures[number - first] += figure
    return figures


def _within(question: DayQuestion, bound: Parameters) -> str:
    start = bound.instant(_midnight(max(question.first, EARLIEST.date())))
    end = bound.instant(_midnight(min(question.last, LATEST.date())) + timedelta(days=1))
    return f"timestamp >= {start} and timestamp < {end}"


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
