"""What the answer to an attribution question says."""

from collections.abc import Collection, Mapping, Sequence

from attrs import frozen

from ...errors import Flaw, InvalidFields
from .options import AttributionModel

NO_TOUCH = "(none)"
"""What stands for the source of a conversion that nothing touched."""

MOST_VALUES = 10_000
"""Most values that one answer credits."""

MOST_STATES = 1_000
"""Most values that a Markov chain is solved for."""

MOST_PLAYERS = 16
"""Most values whose coalitions are all tried."""


@frozen(slots=False)
class Credit:
    """What one value is credited with.

    Args:
        value: The value, or `(none)` for conversions that nothing touched.
        touched: False for the latter, since a value may be `(none)`, too.
        credit: In conversions, or in what they are worth. [conversions or unit of the property]
        share: Of all that was credited; null where that is zero. Shares of `participation` are
            shares of conversions that had the value on their path, so they add up to more.
            [1]
        effect: Of `markov` the removal effect: which share of conversions would be lost
            without the value. Of `shapley_rate` how much it adds to the rate of conversion.
            Null otherwise. [1]
    """

    value: str
    touched: bool
    credit: float
    share: float | None
    effect: float | None


@frozen(slots=False)
class ModelCredits:
    """The credits of one model.

    Args:
        model: Which.
        credits: The most credited value first.
        conversion_rate: Converted journeys of all journeys with a touch, which is what the
            models that credit the whole explain; null for others, and without a journey. [1]
    """

    model: AttributionModel
    credits: tuple[Credit, ...]
    conversion_rate: float | None


@frozen(slots=False)
class AttributionFigures:
    """Credits of several models, side by side.

    Args:
        models: One for every model of the question, in its order.
        conversions: Conversions that were credited.
        value: What they are worth together; null where no property says so. [unit of the
            property]
        untouched: Conversions of these that nothing touched.
        without_value: Conversions of these whose value is no number: worth nothing.
        unconverted: Journeys that did not convert; null where no model learns from them.
        unconverted_open: Journeys of these that the end of the range or the present cut off:
            they may have converted later.
    """

    models: tuple[ModelCredits, ...]
    conversions: int
    value: float | None
    untouched: int
    without_value: int
    unconverted: int | None
    unconverted_open: int | None


def model_credits(
    model: AttributionModel,
    credited: Mapping[str | None, float],
    total: float,
    effects: Mapping[str, float] | None = None,
    conversion_rate: float | None = None,
) -> ModelCredits:
    """The credits of a model, in order: by credit to nine digits of the greatest, then by value.

    Args:
        model: Which.
        credited: By value; None for no touch.
        total: All that was to be credited.
        effects: By value, for models that have effects.
        conversion_rate: For models of the whole.
    """
    greatest = max((abs(credit) for credit in credited.values()), default=0.0) or 1.0
    ordered = sorted(
        credited, key=lambda one: (-round(credited[one] / greatest, 9), one is None, one or "")
    )
    rows = (
        Credit(
            NO_TOUCH if value is None else value,
            value is not None,
            credited[value],
            credited[value] / total if total else None,
            None if effects is None or value is None else effects[value],
        )
        for value in ordered
    )
    return ModelCredits(model, tuple(rows), conversion_rate)


def check_size(
    models: Sequence[AttributionModel], credited: int, journeys: Collection[object]
) -> None:
    """Refuse what cannot be computed exactly, or told in full.

    Args:
        models: Which were asked for.
        credited: How many values converted paths hold.
        journeys: The values that all journeys hold, converted or not.

    Raises:
        InvalidFields: If there are too many values for an answer or one of its models.
    """
    flaws = []
    if credited > MOST_VALUES:
        flaws.append(
            _too_many(("touchpoint", "property"), "an answer tells", credited, MOST_VALUES)
        )
    limits = {AttributionModel.MARKOV: MOST_STATES, AttributionModel.SHAPLEY_RATE: MOST_PLAYERS}
    for at, model in enumerate(models):
        if len(journeys) > limits.get(model, len(journeys)):
            flaws.append(_too_many(("models", at), f"{model} takes", len(journeys), limits[model]))
    if flaws:
        raise InvalidFields(flaws)


def _too_many(path: tuple[str | int, ...], what: str, found: int, most: int) -> Flaw:
    message = f"{what} at most {most} values, touches have {found}; filter them or join values"
    return Flaw(path, "too_many_values", message)
