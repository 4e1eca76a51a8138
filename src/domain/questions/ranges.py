"""The stretch of time that a question is about."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from attrs import field, frozen

from ..errors import Flaw, InvalidFields, InvalidInput
from ..windows import EARLIEST, LATEST, TimeWindow, midnight
from ..windows import timezone as zone_named

LONGEST_RANGE = timedelta(days=3_653)
"""Longest stretch of one question: ten years."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII
)


@frozen
class QuestionRange:
    """From when to when.

    Args:
        start: A calendar date, whose local day belongs to the range, or an RFC 3339 instant
            with an offset, which does, too.
        end: A calendar date, whose local day belongs to the range, or an instant, which does
            not.
        timezone: IANA name of the zone whose days and intervals are meant.

    Raises:
        InvalidFields: If a bound cannot be read, lies outside the years 1970 to 2199, or the
            range is empty or longer than ten years.
    """

    start: str
    end: str
    timezone: str = "UTC"
    zone: ZoneInfo = field(init=False, repr=False, eq=False)
    window: TimeWindow = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        zone = _zone(self.timezone)
        start = _bound("start", self.start, zone, following=False)
        end = _bound("end", self.end, zone, following=True)
        if end <= start:
            raise InvalidFields([Flaw(("end",), "reversed", "must be after start")])
        if end - start > LONGEST_RANGE:
            message = "the range may be at most ten years long"
            raise InvalidFields([Flaw(("end",), "too_long", message)])
        object.__setattr__(self, "zone", zone)
        object.__setattr__(self, "window", TimeWindow(start, end))


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_named(name)
    except InvalidInput as error:
        raise InvalidFields([Flaw(("timezone",), "timezone", str(error))]) from None


def _bound(name: str, text: str, zone: ZoneInfo, *, following: bool) -> datetime:
    """The instant of a bound; of a day its beginning, or that of the day after it."""
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text)
            found = midnight(day + timedelta(days=1) if following else day, zone)
        elif _INSTANT.fullmatch(text):
            found = datetime.fromisoformat(text).astimezone(UTC)
        else:
            message = "must be a date such as 2026-03-01 or an RFC 3339 instant with an offset"
            raise InvalidFields([Flaw((name,), "bound", message)])
    except (ValueError, OverflowError) as error:
        if isinstance(error, InvalidFields):
            raise
        raise InvalidFields([Flaw((name,), "bound", "does not exist")]) from None
    if not EARLIEST - timedelta(days=1) <= found <= LATEST:
        message = "must lie in the years 1970 to 2199"
        raise InvalidFields([Flaw((name,), "out_of_range", message)])
    return max(found, EARLIEST)
