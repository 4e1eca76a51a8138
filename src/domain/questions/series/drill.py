"""One level deeper: the question whose rows add up to a row."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from ...events import AllOf, AnyOf, Condition, Leaf, Not, leaves
from ...events.filters import DEEPEST_FILTER, MOST_LEAVES
from ...events.matching import Op
from ..grains import Grain
from ..patterns import EventPattern, Field
from ..told import told_condition
from .cells import Level
from .dimensions import SCOPES
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


@frozen(eq=False)
class Drill:
    """Makes the deeper questions of a question's rows, what many have in common once.

    The first axis of a row that is summed up is shown. Where none is, the interval is cut
    finer; that of a cumulative row is shown by itself.

    Args:
        query: The question.
    """

    query: "SeriesQuery"
    _told: dict[Group | Stretch, Mapping[str, Any] | None] = field(factory=dict, init=False)
    _base: dict[str, Any] = field(factory=dict, init=False)

    def deeper(self, stretch: Stretch, group: Group) -> Mapping[str, Any] | None:
        """The question for a row.

        None where there is nothing deeper, or the row cannot be told by a filter.
        """
        told = self._told
        if group not in told:
            told[group] = self.of_group(group)
        if stretch not in told:
            told[stretch] = self.of_stretch(stretch)
        of_group, of_stretch = told[group], told[stretch]
        return None if of_group is None else {**(of_stretch or {}), **of_group}

    def of_stretch(self, stretch: Stretch) -> Mapping[str, Any]:
        """What the deeper questions of a stretch have in common."""
        level, span = stretch.level, stretch.span
        return {
            "range": self._range(level, span, self.query.timeline.window.start),
            "interval": self._interval(level, span),
            "compare_to": self._compare_to(level, span, stretch.beside),
        }

    def of_group(self, group: Group) -> Mapping[str, Any] | None:
        """What the deeper questions of a group have in common: all the rest; None for none."""
        level, dimensions = group.level, group.dimensions
        if self._nothing_deeper(level) or not self._tellable(dimensions):
            return None
        return {
            **self._in_common(),
            "measures": self._measures(dimensions.get("event_type")),
            "dimensions": self._dimensions(level),
            "filters": self._filters(dimensions),
        }

    def _in_common(self) -> Mapping[str, Any]:
        """What all deeper questions have in common."""
        if not self._base:
            plain = {"cumulative": False, "range_rounding": "none", "totals": "none", "order": []}
            told = {**written(self.query), **plain, "limit": 1_000}
            of_stretch = ("range", "interval", "compare_to")
            self._base.update((name, one) for name, one in told.items() if name not in of_stretch)
        return self._base

    def _rolled_interval(self, level: Level) -> bool:
        return self.query.interval is not None and not level.timed

    def _nothing_deeper(self, level: Level) -> bool:
        finest = level.rolled == 0 and not self.query.cumulative
        return finest and self.query.interval is Grain.MINUTE

    def _tellable(self, dimensions: Mapping[str, str]) -> bool:
        filters = self.query.filters
        if any(len(value) > _LONGEST_VALUE for value in dimensions.values()):
            return False
        if filters is None:
            return True
        deep = _depth(filters) + (0 if isinstance(filters, AllOf) else 1)
        return deep <= DEEPEST_FILTER and len(leaves(filters)) + 2 * len(dimensions) <= MOST_LEAVES

    def _range(self, level: Level, span: Span, started: datetime) -> dict[str, str]:
        start = started if level.timed and self.query.cumulative else span[0]
        zone = self.query.range.timezone
        return {"start": _text(start), "end": _text(span[1]), "timezone": zone}

    def _measures(self, event_type: str | None) -> list[dict[str, Any]]:
        """The measures, of one event type alone where the row is; others count nothing there."""
        measures: list[dict[str, Any]] = self._in_common()["measures"]
        if event_type is None:
            return measures
        asked = zip(measures, self.query.measures, strict=True)
        fitting = [one for one, measure in asked if _may_be(measure, event_type)]
        return [{**one, "event_type": event_type} for one in fitting]

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

    def _filters(self, dimensions: Mapping[str, str]) -> dict[str, Any] | None:
        pins = [
            told_condition(_pin(Field(name.removeprefix(prefix), scope), value))
            for name, value in dimensions.items()
            for prefix, scope in SCOPES.items()
            if name.startswith(prefix)
        ]
        held = self.query.filters
        inner = held.conditions if isinstance(held, AllOf) else () if held is None else (held,)
        found = [*map(told_condition, inner), *pins]
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


def _pin(field: Field, text: str) -> Condition:
    """Holds for the events whose field has a text."""
    same = Leaf(field.property, Op.EQ, text, field.scope)
    if text:
        return same
    return AnyOf((Leaf(field.property, Op.IS_NOT_SET, None, field.scope), same))


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
