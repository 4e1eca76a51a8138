"""Lengths of time as they are written: ISO 8601, in units whose length never changes."""

import re
from datetime import timedelta

_DURATION = re.compile(
    r"P(?=.)(?:(\d{1,6})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=.)(?:(\d{1,8})H)?(?:(\d{1,9})M)?(?:(\d{1,11})(?:\.(\d{1,6}))?S)?)?",
    re.ASCII,
)


def duration(text: str) -> timedelta:
    """The length that a text tells. Years and months have none.

    >>> duration("P1DT12H"), duration("P2W")
    (datetime.timedelta(days=1, seconds=43200), datetime.timedelta(days=14))

    Raises:
        ValueError: If it is not one.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError("must be an ISO 8601 duration of weeks, days, hours, minutes and seconds")
    weeks, days, hours, minutes, seconds, fraction = (group or "0" for group in found.groups())
    return timedelta(
        weeks=int(weeks),
        days=int(days),
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds),
        microseconds=int(fraction.ljust(6, "0")),
    )


def duration_text(length: timedelta) -> str:
    """The one text of a length that is not negative.

    >>> duration_text(timedelta(days=1, hours=12)), duration_text(timedelta(0))
    ('P1DT12H', 'PT0S')
    """
    hours, seconds = divmod(length.seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    fraction = f".{length.microseconds:06}".rstrip("0") if length.microseconds else ""
    days = f"{length.days}D" if length.days else ""
    time = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M")) if count)
    if seconds or fraction or not (days or time):
        time += f"{seconds}{fraction}S"
    return f"P{days}T{time}" if time else f"P{days}"
