"""Retention tables as rows."""

from collections.abc import Iterator, Sequence

from ..sheet import Cell, Sheet
from .figures import RetainedCohort, RetentionFigures

COLUMNS = ("value", "start", "size", "column", "values", "complete")


def retention_sheet(figures: RetentionFigures) -> Sheet:
    """A row per cell of each table; the one of all values has none.

    `column` is how many intervals later it is, `complete` false where the cell is still open.
    """
    return Sheet(COLUMNS, _tables(figures))


def cohort_rows(value: str | None, cohorts: Sequence[RetainedCohort]) -> Iterator[tuple[Cell, ...]]:
    """The cells of one table.

    Args:
        value: Whose table it is; None for that of all.
        cohorts: Its rows.
    """
    for one in cohorts:
        for column, (count, over) in enumerate(zip(one.values, one.complete, strict=True)):
            yield value, one.start, one.size, column, count, over


def _tables(figures: RetentionFigures) -> Iterator[tuple[Cell, ...]]:
    yield from cohort_rows(None, figures.cohorts)
    for one in figures.breakdowns:
        yield from cohort_rows(one.value, one.cohorts)
