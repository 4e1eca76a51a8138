"""One level deeper: the question whose rows add up to a row."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from ...events import AllOf, AnyOf, Condition, Leaf, Not, leaves
from ...events.filters import DEEPEST_FILTER, MOST_LEAVES
from ...events.matching import Op
from ..grains import Grain
from ..patterns import EventPattern
from ..told import told_condition
from .cells import Level
from .dimensions import EVENT_TYPE, dimension_field
from .headings import Group, Stretch
from .measures import Measure
from .timelines import Span
from .wire import written

if TYPE_CHECKING:
    from .query import SeriesQuery

#: The longest text that a filter compares with.
_LONGEST_VALUE = 1_000

_FINER: Mapping[Grain, Grain] = {
    Grain.YEAR: Grain.QUARTER,
    Grain.QUARTER: Grain.MONTH,
    Grain.MONTH: Grain.DAY,
    Grain.WEEK: Grain.DAY,
    Grain.DAY: Grain.HOUR,
    Grain.HOUR: Grain.MINUTE,
}

#: The grain that a stretch is first cut into, if it is at least so long.
_FIRST: tuple[tuple[timedelta, Grain], ...] = (
    (timedelta(days=731), Grain.MONTH),
    (timedelta(days=2), Grain.DAY),
    (timedelta(hours=2), Grain.HOUR),
    (timedelta(0), Grain.MINUTE),
)


@frozen(eq=False, slots=False)
class Drill:
    """Makes the deeper questions of a question's rows, what many have in common once.

    The first axis of a row that is summed up is shown. Where none is, the interval is cut
    finer; that of a cumulative row is shown by itself.

    Args:
        query: The question.
    """

    query: "SeriesQuery"
    _stretches: dict[Stretch, Mapping[str, Any]] = field(factory=dict, init=False)
    _groups: dict[Group, Mapping[str, Any] | None] = field(factory=dict, init=False)
    _types: dict[str, Sequence[Mapping[str, Any]]] = field(factory=dict, init=False)
    _pins: dict[str, "_Pin | None"] = field(factory=dict, init=False)

    def deeper(self, stretch: Stretch, group: Group) -> Mapping[str, Any] | None:
        """The question for a row.

        None where there is nothing deeper, or the row cannot be told by a filter.
        """
        if group not in self._groups:
            found = self.of_group(group)
            self._groups[group] = found and {**found, **self.of_level(group.level)}
        if stretch not in self._stretches:
            self._stretches[stretch] = self.of_stretch(stretch)
        of_group = self._groups[group]
        return None if of_group is None else {**self._stretches[stretch], **of_group}

    def of_stretch(self, stretch: Stretch) -> Mapping[str, Any]:
        """What the deeper questions of a stretch have in common."""
        level, span = stretch.level, stretch.span
        return {
            "range": self._range(level, span, self.query.timeline.window.start),
            "interval": self._interval(level, span),
            "compare_to": self._compare_to(level, span, stretch.beside),
        }

    def of_group(self, group: Group) -> Mapping[str, Any] | None:
        """What the deeper questions of a group have in common; None where there are none."""
        if self._nothing_deeper(group.level) or not self._tellable(group.dimensions):
            return None
        return {
            "measures": self._measures(group.dimensions.get(EVENT_TYPE)),
            "filters": self._filters(group.dimensions),
        }

    def of_level(self, level: Level) -> Mapping[str, Any]:
        """What the deeper questions of a level have in common: all the rest."""
        plain = {"cumulative": False, "range_rounding": "none", "totals": "none", "order": []}
        told = {**self._written, **plain, "dimensions": self._dimensions(level), "limit": 1_000}
        elsewhere = {"range", "interval", "compare_to", "measures", "filters"}
        return {name: one for name, one in told.items() if name not in elsewhere}

    @cached_property
    def _written(self) -> Mapping[str, Any]:
        return written(self.query)

    @cached_property
    def _held(self) -> Sequence[Any]:
        """The conditions that hold for all rows."""
        held = self.query.filters
        if held is None:
            return ()
        return [*map(told_condition, held.conditions if isinstance(held, AllOf) else (held,))]

    @cached_property
    def _most_pins(self) -> int:
        """How many dimensions there is room for beside the filters of the question."""
        filters = self.query.filters
        if filters is None:
            return len(self.query.dimensions)
        deep = _depth(filters) + (0 if isinstance(filters, AllOf) else 1)
        return (MOST_LEAVES - len(leaves(filters))) // 2 if deep <= DEEPEST_FILTER else -1

    def _rolled_interval(self, level: Level) -> bool:
        return self.query.interval is not None and not level.timed

    def _nothing_deeper(self, level: Level) -> bool:
        finest = level.rolled == 0 and not self.query.cumulative
        return finest and self.query.interval is Grain.MINUTE

    def _tellable(self, dimensions: Mapping[str, str]) -> bool:
        longest = max(map(len, dimensions.values()), default=0)
        return longest <= _LONGEST_VALUE and len(dimensions) <= self._most_pins

    def _range(self, level: Level, span: Span, started: datetime) -> dict[str, str]:
        start = started if level.timed and self.query.cumulative else span[0]
        zone = self.query.range.timezone
        return {"start": _text(start), "end": _text(span[1]), "timezone": zone}

    def _measures(self, event_type: str | None) -> Sequence[Mapping[str, Any]]:
        """The measures, of one event type alone where the row is; others count nothing there."""
        measures: Sequence[Mapping[str, Any]] = self._written["measures"]
        if event_type is None:
            return measures
        if event_type not in self._types:
            asked = zip(measures, self.query.measures, strict=True)
            fitting = [one for one, measure in asked if _may_be(measure, event_type)]
            self._types[event_type] = [{**one, "event_type": event_type} for one in fitting]
        return self._types[event_type]

    def _dimensions(self, level: Level) -> list[str]:
        shown = list(level.dimensions)
        if not self._rolled_interval(level):
            shown += [at for at in range(len(self.query.dimensions)) if at not in shown][:1]
        return [self.query.dimensions[at] for at in sorted(shown)]

    def _interval(self, level: Level, span: Span) -> str | None:
        interval = self.query.interval
        if level.rolled:
            alone = self.query.cumulative and not self._rolled_interval(level)
            return None if alone or interval is None else interval.value
        if interval is None:
            return next(grain for length, grain in _FIRST if span[1] - span[0] >= length).value
        return interval.value if self.query.cumulative else _FINER[interval].value

    def _filters(self, dimensions: Mapping[str, str]) -> Mapping[str, Any] | None:
        found = [*self._held]
        for name, text in dimensions.items():
            if name not in self._pins:
                self._pins[name] = _Pin.of(name)
            if (pin := self._pins[name]) is not None:
                found.append(pin.told(text))
        return {"and": found} if len(found) > 1 else (*found, None)[0]

    def _compare_to(self, level: Level, span: Span, beside: Span | None) -> dict[str, str] | None:
        compared = self.query.compared
        if beside is None or compared is None:
            return None
        if beside[1] - beside[0] > 2 * (span[1] - span[0]):  # it could have too many intervals
            return None
        return self._range(level, beside, compared.window.start)


def _may_be(measure: Measure, event_type: str) -> bool:
    types = EventPattern(measure.event_type).types
    return types is None or event_type in types


@frozen
class _Pin:
    """What holds for the events whose field has a text, as JSON.

    Args:
        same: What holds where it has some text.
        unset: What holds where it has none.
    """

    same: Mapping[str, Any]
    unset: Mapping[str, Any]

    @staticmethod
    def of(dimension: str) -> "_Pin | None":
        """That of a dimension; None for event types, which measures tell."""
        read = dimension_field(dimension)
        if read is None:
            return None
        same = told_condition(Leaf(read.property, Op.EQ, "", read.scope))
        unset = told_condition(Leaf(read.property, Op.IS_NOT_SET, None, read.scope))
        return _Pin(same or {}, unset or {})

    def told(self, text: str) -> Mapping[str, Any]:
        """The condition for a text, of which the empty one is also that of no value."""
        same = {**self.same, "value": text}
        return same if text else {"or": [self.unset, same]}


def _depth(condition: Condition) -> int:
    match condition:
        case Leaf():
            return 1
        case Not():
            return 1 + _depth(condition.condition)
        case AllOf() | AnyOf():
            return 1 + max((_depth(one) for one in condition.conditions), default=0)


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
