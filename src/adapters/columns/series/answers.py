"""Series and cubes: which columns they read, and their figures."""

from datetime import datetime

from ....domain.questions.series import SeriesFigures, SeriesQuery, arranged
from ..columns import UserColumns, Wanted
from .cells import Cells


def wanted(question: SeriesQuery) -> Wanted:
    """The columns that a series is answered from."""
    reach, fields = question.reach(), question.fields()
    numbers = {one.property: None for one in question.measures if one.property is not None}
    return Wanted(
        tuple(dict.fromkeys(question.patterns())),
        reach.start,
        reach.end,
        tuple(one for one in fields if one is not None),
        tuple(numbers),
        types=None in fields,
    )


def path(_: SeriesQuery) -> str:
    """Which way columns answer a question: all of them at once, whatever it asks."""
    return "vectorised"


def answer(question: SeriesQuery, columns: UserColumns, now: datetime) -> SeriesFigures:
    """The figures of a series: what `SeriesQuery.reference` says.

    Raises:
        InvalidFields: If it has more than 100,000 rows.
    """
    return arranged(question, Cells.of(question, columns).levels(), now)
