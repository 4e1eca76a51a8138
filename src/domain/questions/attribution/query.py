"""The attribution question: which touches brought about the conversions of a range."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import field, frozen

from ...attributes import Attributes
from ...errors import Flaw, InvalidFields
from ...events import Condition
from ..patterns import EventPattern, History, user_attributes
from ..question import Reach
from ..ranges import LONGEST_RANGE, QuestionRange
from ..sheet import Sheet
from ..told import narrowed
from .figures import AttributionFigures
from .journeys import ConvertedPath, Journeys, Touch, journeys
from .options import (
    AttributionModel,
    Conversion,
    Counting,
    PositionWeights,
    QualifyingConversion,
    Touchpoint,
)
from .reference import attribution, attribution_of
from .rules import attribution_rules
from .sheet import credit_sheet

DIRECT_VALUES = ("", "direct", "(direct)")
"""Values of a touch that stand for no source where a question names no others."""

MOST_DIRECT_VALUES = 50
"""Most values that one question calls direct."""


@frozen
class AttributionQuery:
    """Which touches are to be credited for the conversions of a range.

    The path of a conversion is what touched its user from `lookback` before it up to its own
    instant, both included, in order of instant and acknowledgement. Touches may lie before the
    range. An event that is a conversion and a touch touches itself.

    Args:
        range: When the conversions happened.
        conversion: Which events convert.
        touchpoint: Which events touch, and the property whose values are credited.
        lookback: How long before a conversion touches count; positive, at most ten years.
        models: How credit is shared; each is answered, none twice.
        half_life: After how long a touch is worth half, for `time_decay`; positive, at most
            ten years.
        weights: What first and last touch get, for `position_based`.
        counting: Whether every conversion is credited, or one of each user.
        qualifying_conversion: Which one of each user.
        since_previous_conversion: Whether touches up to the conversion before, at an earlier
            instant, are left out, since that one had them.
        direct_values: Values of touches that `last_non_direct` passes over while there is any
            other; upper and lower case are the same.
        filters: A condition on all events that are looked at; null for none.
        explain: Whether the answer says how it was found.

    Raises:
        InvalidFields: With everything that is wrong.
    """

    range: QuestionRange
    conversion: Conversion
    touchpoint: Touchpoint
    lookback: timedelta = timedelta(days=30)
    models: tuple[AttributionModel, ...] = (AttributionModel.LAST_NON_DIRECT,)
    half_life: timedelta = timedelta(days=7)
    weights: PositionWeights = field(factory=PositionWeights)
    counting: Counting = Counting.CONVERSIONS
    qualifying_conversion: QualifyingConversion = QualifyingConversion.LAST
    since_previous_conversion: bool = False
    direct_values: tuple[str, ...] = DIRECT_VALUES
    filters: Condition | None = None
    explain: bool = field(default=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if flaws := list(self._flaws()):
            raise InvalidFields(flaws)

    def _flaws(self) -> Iterator[Flaw]:
        for name, lasting in (("lookback", self.lookback), ("half_life", self.half_life)):
            if not timedelta(0) < lasting <= LONGEST_RANGE:
                message = "must be longer than nothing and at most ten years"
                yield Flaw((name,), "out_of_range", message)
        if not self.models or len(set(self.models)) < len(self.models):
            yield Flaw(("models",), "models", "must name at least one model, each once")
        if len(self.direct_values) > MOST_DIRECT_VALUES:
            message = f"may name at most {MOST_DIRECT_VALUES} values"
            yield Flaw(("direct_values",), "too_many", message)

    @property
    def conversions(self) -> EventPattern:
        """Events that convert, under the filters of the whole question."""
        return narrowed(self.conversion, self.filters)

    @property
    def touches(self) -> EventPattern:
        """Events that touch, under the filters of the whole question."""
        return narrowed(self.touchpoint, self.filters)

    def is_direct(self, value: str) -> bool:
        """Whether a value of a touch stands for no source."""
        return value.casefold() in {one.casefold() for one in self.direct_values}

    @property
    def of_journeys(self) -> bool:
        """Whether a model is asked for that learns from journeys that did not convert."""
        return any(model.of_whole for model in self.models)

    def attributes(self) -> frozenset[str]:
        """The attributes of users that it looks at."""
        return user_attributes((self.conversions, self.touches), ())

    def reach(self) -> Reach:
        """Which events it looks at: those of the range, and of a lookback before it."""
        types = (self.conversion.types, self.touchpoint.types)
        named = None if None in types else frozenset().union(*(one for one in types if one))
        window = self.range.window
        return Reach(window.start - self.lookback, window.end, named)

    def rules(self) -> Attributes:
        """Everything that the answer depends on."""
        return attribution_rules(self)

    def complete_until(self, now: datetime) -> datetime:
        """The end of the range or the present: paths lie before their conversion."""
        return min(now, self.range.window.end)

    def reference(self, history: History, now: datetime) -> AttributionFigures:
        """The answer, slow and obvious.

        Raises:
            InvalidFields: If touches have more values than a model can be computed of.
        """
        return attribution(self, history, now)

    def counted(
        self, history: History, _now: datetime
    ) -> Counter[ConvertedPath | tuple[Touch, ...]]:
        """The journeys, converted or not."""
        found = journeys(self, history)
        return Counter([*found.converted, *found.unconverted])

    def concluded(
        self, counts: Counter[ConvertedPath | tuple[Touch, ...]], now: datetime
    ) -> AttributionFigures:
        """The figures that journeys come to.

        Raises:
            InvalidFields: As above.
        """
        every = [*counts.elements()]
        converted = tuple(one for one in every if isinstance(one, ConvertedPath))
        unconverted = tuple(one for one in every if not isinstance(one, ConvertedPath))
        return attribution_of(self, Journeys(converted, unconverted), now)

    def sheet(self, figures: AttributionFigures) -> Sheet:
        """A row per model and value."""
        return credit_sheet(figures)
