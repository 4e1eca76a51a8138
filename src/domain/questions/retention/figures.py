"""What a retention table says."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from attrs import frozen

Table = Sequence[Sequence[int]]
"""Per cohort its columns, the size first."""


@frozen(slots=False)
class RetainedCohort:
    """Those who began in one interval.

    Args:
        start: When the interval begins. [UTC]
        size: How many they are. [users]
        values: By column; the first is the size, the one j after it who returned j intervals
            later. [users]
        complete: By column, whether its interval is over; where it is not, those who are
            missing may still return.
    """

    start: datetime
    size: int
    values: tuple[int, ...]
    complete: tuple[bool, ...]


@frozen(slots=False)
class RetentionOfValue:
    """The table of one value of a breakdown.

    Args:
        value: The value; the empty text for none, `Other` for all that are not told apart.
        cohorts: By interval.
    """

    value: str
    cohorts: tuple[RetainedCohort, ...]


@frozen(slots=False)
class RetentionFigures:
    """Who returned.

    Args:
        cohorts: One per interval of the range, those without users too.
        breakdowns: The same by value, the largest first; empty without a breakdown.
    """

    cohorts: tuple[RetainedCohort, ...]
    breakdowns: tuple[RetentionOfValue, ...]


def retained_cohorts(
    starts: Sequence[datetime], table: Table, complete: Sequence[Sequence[bool]]
) -> tuple[RetainedCohort, ...]:
    """The rows that a table shows.

    Args:
        starts: When the interval of each row begins. [UTC]
        table: Its counts of users.
        complete: Per row, whether the interval of each column is over.
    """
    return tuple(
        RetainedCohort(start, row[0], tuple(row), tuple(over))
        for start, row, over in zip(starts, table, complete, strict=True)
    )


def summed(tables: Iterable[Table], widths: Sequence[int]) -> Table:
    """The cells of several tables together.

    Args:
        tables: All of the same shape; none are all zeros.
        widths: How many columns each row has.
    """
    total = [[0] * width for width in widths]
    for table in tables:
        for row, added in zip(total, table, strict=True):
            row[:] = map(sum, zip(row, added, strict=True))
    return total
