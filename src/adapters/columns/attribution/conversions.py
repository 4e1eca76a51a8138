"""Pages of conversions with what each is credited to, by whole columns."""

from datetime import datetime

import numpy as np
from attrs import evolve

from ....domain.events import instant, microseconds
from ....domain.questions.attribution import (
    NO_TOUCH,
    AttributionModel,
    ConversionCredits,
    ConversionKey,
    ConversionPage,
    ConversionsQuery,
    PathCredit,
    PathCredits,
)
from ..columns import Longs, UserColumns, Wanted
from . import figures
from .paths import Conversions, Touches, conversions_of, credited_of, touches_at, values_of
from .sharing import Paths, shared


def wanted(question: ConversionsQuery) -> Wanted:
    """What the attribution itself reads."""
    return evolve(figures.wanted(question.query), positions=True)


def path(_question: ConversionsQuery) -> str:
    """How it is answered: always by whole columns."""
    return "vectorised"


def answer(question: ConversionsQuery, columns: UserColumns, now: datetime) -> ConversionPage:
    """The page that the reference says; `now` changes nothing."""
    query = question.query
    credited = credited_of(query, columns, conversions_of(query, columns))
    order = _order(question, columns, credited)
    page = credited.only(order[: question.limit])
    told = tuple(_told(question, columns, page.only(np.array([at]))) for at in range(len(page)))
    more = len(order) > question.limit
    return ConversionPage(told, ConversionKey(told[-1].at, told[-1].position) if more else None)


def _order(question: ConversionsQuery, columns: UserColumns, credited: Conversions) -> Longs:
    """Places of the conversions after the page before, by instant and position."""
    assert columns.position is not None
    at, position = columns.at[credited.row], columns.position[credited.row]
    order = np.lexsort((position, at))
    if question.after is None:
        return order
    passed = microseconds(question.after.at)
    later = (at > passed) | ((at == passed) & (position > question.after.position))
    rest: Longs = order[later[order]]
    return rest


def _told(
    question: ConversionsQuery, columns: UserColumns, single: Conversions
) -> ConversionCredits:
    row = int(single.row[0])
    assert columns.position is not None
    value = float("nan")
    if question.query.conversion.value_property is not None:
        value = float(values_of(columns, single)[0])
    paths = _alone(question, columns, single, value)
    at = paths.touches.at
    return ConversionCredits(
        columns.user_ids[columns.user[row]],
        instant(int(columns.at[row])),
        int(columns.position[row]),
        None if np.isnan(value) else value,
        len(at),
        instant(int(at[0])) if len(at) else None,
        instant(int(at[-1])) if len(at) else None,
        tuple(PathCredits(one, _credits(question, one, paths)) for one in question.query.models),
    )


def _alone(
    question: ConversionsQuery, columns: UserColumns, single: Conversions, value: float
) -> Paths:
    """One conversion by itself, with the values of its own touches in order."""
    stretch = slice(int(single.first[0]), int(single.end[0]))
    rows = np.flatnonzero(columns.fits[1][stretch]) + stretch.start
    found = touches_at(columns, rows)
    codes, code = np.unique(found.code, return_inverse=True)
    texts = [columns.fields[0].values[one] for one in codes]
    by_text = sorted(range(len(texts)), key=texts.__getitem__)
    place = np.argsort(np.array(by_text, np.int64)).astype(np.int32)
    worth = 1.0 if question.query.conversion.value_property is None else np.nan_to_num(value)
    return Paths.of(
        Touches(columns, rows, place[code]),
        Conversions(single.row, np.zeros(1, np.int64), np.array([len(rows)])),
        np.array([worth]),
        [texts[one] for one in by_text],
    )


def _credits(
    question: ConversionsQuery, model: AttributionModel, paths: Paths
) -> tuple[PathCredit, ...] | None:
    if model.of_whole:
        return None
    if not len(paths.touches):
        return (PathCredit(NO_TOUCH, False, float(paths.weight[0])),)
    credit = shared(question.query, model, paths)
    pairs = zip(paths.values, credit, strict=True)
    return tuple(PathCredit(value, True, float(one)) for value, one in pairs)
