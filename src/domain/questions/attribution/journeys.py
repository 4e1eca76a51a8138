"""Journeys: what touched users before they converted, and where they did not."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from attrs import frozen

from ...attributes import Attributes, Json
from ...events import Event
from ...identifiers import LARGEST_INTEGER
from ..patterns import Field, History
from .options import Counting, QualifyingConversion

if TYPE_CHECKING:
    from .query import AttributionQuery

Outcomes = Mapping[tuple[str, ...], tuple[int, int]]
"""How many journeys along a path of values converted, and how many did not."""


@frozen
class Touch:
    """One touch.

    Args:
        at: When. [UTC]
        value: What it is credited as; the empty text where it says nothing.
    """

    at: datetime
    value: str


@frozen
class ConvertedPath:
    """A conversion, and the touches that may have brought it about.

    Args:
        user_id: Who converted.
        at: When. [UTC]
        position: The place of the conversion in the order of acknowledgement.
        value: What its property says it is worth; None where that is no number.
        touches: In order.
    """

    user_id: str
    at: datetime
    position: int
    value: float | None
    touches: tuple[Touch, ...]

    @property
    def values(self) -> tuple[str, ...]:
        """The values of its touches, in order."""
        return tuple(touch.value for touch in self.touches)


@frozen
class Journeys:
    """All journeys of a range.

    Args:
        converted: Every conversion that is credited, by user, instant and position.
        unconverted: Touches of the range that are on the path of no conversion, cut wherever
            more than the lookback lies between two; each not empty.
    """

    converted: tuple[ConvertedPath, ...]
    unconverted: tuple[tuple[Touch, ...], ...]

    def outcomes(self) -> Outcomes:
        """Paths with how often each converted and did not; conversions without touch left out."""
        won = Counter(path.values for path in self.converted if path.touches)
        lost = Counter(tuple(touch.value for touch in one) for one in self.unconverted)
        return {path: (won[path], lost[path]) for path in {**won, **lost}}


def journeys(question: "AttributionQuery", history: History) -> Journeys:
    """The journeys of a history, user by user."""
    converted: list[ConvertedPath] = []
    unconverted: list[tuple[Touch, ...]] = []
    for user_id, events in history.by_user():
        paths, lost = _of_user(question, events, history.attributes(user_id))
        converted += _credited(question, paths)
        unconverted += lost
    return Journeys(tuple(converted), tuple(unconverted))


def worth(value: Json) -> float | None:
    """What a property says a conversion is worth; None where it is no number in ±(2^53 - 1)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= LARGEST_INTEGER else None


def _of_user(
    question: "AttributionQuery", events: Sequence[Event], user: Attributes
) -> tuple[list[ConvertedPath], list[tuple[Touch, ...]]]:
    conversions = [one for one in events if question.conversions.fits(one, user)]
    touching = [one for one in events if question.touches.fits(one, user)]
    window = question.range.window
    paths, used = [], set()
    for one in conversions:
        if one.timestamp in window:
            on_path = [touch for touch in touching if _counts(question, touch, one, conversions)]
            used |= {touch.position for touch in on_path}
            paths.append(_path(question, one, on_path))
    lost = [one for one in touching if one.timestamp in window and one.position not in used]
    cut = list(_cut([_touch(question, one) for one in lost], question.lookback))
    return paths, cut


def _counts(
    question: "AttributionQuery", touch: Event, conversion: Event, conversions: Iterable[Event]
) -> bool:
    """Whether a touch is on the path of a conversion."""
    if not timedelta(0) <= conversion.timestamp - touch.timestamp <= question.lookback:
        return False
    return not question.since_previous_conversion or not any(
        touch.timestamp <= before.timestamp < conversion.timestamp for before in conversions
    )


def _path(
    question: "AttributionQuery", conversion: Event, on_path: Iterable[Event]
) -> ConvertedPath:
    named = question.conversion.value_property
    return ConvertedPath(
        conversion.user_id,
        conversion.timestamp,
        conversion.position,
        None if named is None else worth(conversion.properties.get(named)),
        tuple(_touch(question, one) for one in on_path),
    )


def _touch(question: "AttributionQuery", event: Event) -> Touch:
    return Touch(event.timestamp, Field(question.touchpoint.property).text(event, {}))


def _cut(touches: Sequence[Touch], lookback: timedelta) -> Iterator[tuple[Touch, ...]]:
    run: list[Touch] = []
    for touch in touches:
        if run and touch.at - run[-1].at > lookback:
            yield tuple(run)
            run = []
        run.append(touch)
    if run:
        yield tuple(run)


def _credited(
    question: "AttributionQuery", paths: Sequence[ConvertedPath]
) -> Sequence[ConvertedPath]:
    if question.counting is Counting.CONVERSIONS:
        return paths
    return paths[-1:] if question.qualifying_conversion is QualifyingConversion.LAST else paths[:1]
