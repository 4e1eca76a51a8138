"""Answers to attribution questions by whole columns."""

import math
from collections.abc import Mapping
from datetime import datetime

import numpy as np
from attrs import frozen

from ....domain.events import microseconds
from ....domain.questions import Field
from ....domain.questions.attribution import (
    AttributionFigures,
    AttributionModel,
    AttributionQuery,
    ModelCredits,
    check_size,
    model_credits,
)
from ..columns import Codes, Doubles, Longs, UserColumns, Wanted
from .paths import Conversions, conversions_of, credited_of, lasting, rows_on, touches_at, values_of
from .sharing import Paths, codes_of, shared
from .wholes import Effects, Lost, added_rates, lost_of, removal_effects


@frozen(eq=False)
class _Found:
    """Everything that the models are computed of.

    Args:
        paths: Credited conversions with touches.
        untouched: How many credited conversions have none.
        untouched_worth: What these are worth.
        total: What all are worth.
        lost: Journeys that did not convert; none where no model learns from them.
        codes: Codes of the values of all journeys, ascending.
    """

    paths: Paths
    untouched: int
    untouched_worth: float
    total: float
    lost: Lost
    codes: Codes


def wanted(question: AttributionQuery) -> Wanted:
    """Conversions and touches, from a lookback before the range to its end."""
    valued = question.conversion.value_property
    window = question.range.window
    return Wanted(
        patterns=(question.conversions, question.touches),
        start=window.start - question.lookback,
        end=window.end,
        fields=(Field(question.touchpoint.property),),
        numbers=() if valued is None else (valued,),
    )


def path(_question: AttributionQuery) -> str:
    """How it is answered: always by whole columns."""
    return "vectorised"


def answer(question: AttributionQuery, columns: UserColumns, now: datetime) -> AttributionFigures:
    """The figures that the reference says.

    Raises:
        InvalidFields: If touches have more values than a model can be computed of.
    """
    conversions = conversions_of(question, columns)
    credited = credited_of(question, columns, conversions)
    valued = question.conversion.value_property is not None
    values = values_of(columns, credited) if valued else np.ones(len(credited))
    found = _found(question, columns, conversions, credited, np.nan_to_num(values, nan=0.0))
    check_size(question.models, len(found.paths.codes), found.codes)
    last = min(microseconds(now), microseconds(question.range.window.end))
    reach = found.lost.touches.at[found.lost.last] + lasting(question.lookback)
    return AttributionFigures(
        tuple(_credits(question, model, found) for model in question.models),
        len(credited),
        found.total if valued else None,
        found.untouched,
        int(np.isnan(values).sum()),
        len(found.lost.starts) if question.of_journeys else None,
        int((reach >= last).sum()) if question.of_journeys else None,
    )


def _found(
    question: AttributionQuery,
    columns: UserColumns,
    conversions: Conversions,
    credited: Conversions,
    weight: Doubles,
) -> _Found:
    on_path = np.flatnonzero(rows_on(columns, credited) & columns.fits[1])
    paths = credited.among(on_path)
    touched = paths.end > paths.first
    lost = touches_at(columns, _lost_rows(question, columns, conversions))
    values = columns.fields[0].values
    every = touches_at(columns, np.concatenate((on_path, lost.rows)))
    return _Found(
        Paths.of(
            touches_at(columns, on_path),
            paths.only(touched),
            weight[touched],
            values,
        ),
        int(np.count_nonzero(~touched)),
        math.fsum(weight[~touched].tolist()),
        math.fsum(weight.tolist()),
        lost_of(lost, lasting(question.lookback)),
        codes_of(every, len(values)),
    )


def _lost_rows(question: AttributionQuery, columns: UserColumns, conversions: Conversions) -> Longs:
    """Touches of the range on the path of no conversion, if any model learns from them."""
    if not question.of_journeys:
        return np.zeros(0, np.int64)
    inside = columns.at >= microseconds(question.range.window.start)
    return np.flatnonzero(columns.fits[1] & inside & ~rows_on(columns, conversions))


def _credits(question: AttributionQuery, model: AttributionModel, found: _Found) -> ModelCredits:
    if model.of_whole:
        return _of_whole(model, found)
    codes = found.paths.codes
    credit = shared(question, model, found.paths) if len(codes) else np.zeros(0)
    return model_credits(model, _by_value(found, codes, credit[codes]), found.total)


def _of_whole(model: AttributionModel, found: _Found) -> ModelCredits:
    compute = removal_effects if model is AttributionModel.MARKOV else added_rates
    told: Effects = compute(found.codes, found.paths, found.lost)
    touched = math.fsum((found.total, -found.untouched_worth))
    whole = told.effects.sum()
    credit = told.effects / whole * touched if len(found.paths.weight) else told.effects
    effects = {
        found.paths.values[code]: float(one)
        for code, one in zip(told.codes, told.effects, strict=True)
    }
    return model_credits(
        model, _by_value(found, told.codes, credit), found.total, effects, told.conversion_rate
    )


def _by_value(found: _Found, codes: Codes, credit: Doubles) -> Mapping[str | None, float]:
    told: dict[str | None, float] = {
        found.paths.values[code]: float(one) for code, one in zip(codes, credit, strict=True)
    }
    if found.untouched:
        told[None] = found.untouched_worth
    return told
