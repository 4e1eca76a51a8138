"""Metrics over a range of days: a row per day with its gaps, and a total that says how."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from attrs import field, frozen

from ..errors import InvalidInput, InvalidWindow, UnknownMetric
from ..windows import check_day
from .definitions import BUILT_IN, MetricDefinition, OverDays
from .figures import ComputedFigures, DailySeries
from .totals import (
    MetricTotal,
    RatioPart,
    computed_part,
    computed_total,
    ratio_total,
    ratios,
    stored_total,
)

LONGEST_RANGE = 400
"""Most days of one summary. [days]"""

MOST_METRICS = 20
"""Most metrics of one summary."""

NOTHING = DailySeries({}, None)

Stored = Mapping[str, Mapping[date, float]]
Computed = Mapping[str, DailySeries]


@frozen
class SummaryQuestion:
    """Which metrics on which days.

    Args:
        first: First day.
        last: Last day, which belongs to the range.
        names: Of metrics, each taken once; none for every metric there is.

    Raises:
        InvalidWindow: If the days are reversed, out of range or too many.
        InvalidInput: If there are too many names.
    """

    first: date
    last: date
    names: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        check_day("start_date", self.first)
        check_day("end_date", self.last)
        if self.last < self.first:
            message = f"end_date ({self.last}) must not be before start_date ({self.first})"
            raise InvalidWindow(message, path=("end_date",), code="reversed")
        if len(self.days) > LONGEST_RANGE:
            message = f"at most {LONGEST_RANGE} days can be asked for, not {len(self.days)}"
            raise InvalidWindow(message, path=("end_date",), code="too_long")
        _few_enough(self.names)

    @property
    def days(self) -> range:
        """The days, as their ordinal numbers."""
        return range(self.first.toordinal(), self.last.toordinal() + 1)

    def plan(self, known: Mapping[str, MetricDefinition]) -> "SummaryPlan":
        """What must be read for the answer.

        Args:
            known: What the tenant declared, by name.

        Raises:
            UnknownMetric: If a name is neither declared nor built in.
            InvalidInput: If all of them are asked for and they are too many.
        """
        every = {**known, **BUILT_IN}
        names = tuple(dict.fromkeys(self.names)) or tuple(sorted(every))
        if unknown := [name for name in names if name not in every]:
            raise UnknownMetric(unknown, sorted(every)[:100])
        _few_enough(names)
        return SummaryPlan(self, tuple(every[name] for name in names), every)


@frozen(slots=False)
class DayFigure:
    """One day of one metric.

    Args:
        date: The day.
        value: Its figure; null where there is none. [the metric's unit]
        missing: Whether nothing is known of the day. A ratio over 0 has no value either,
            but its parts are known.
    """

    date: date
    value: float | None
    missing: bool


@frozen(slots=False)
class MetricSeries:
    """One metric over the range.

    Args:
        metric_name: Which.
        unit: What its values count; null for a bare number.
        over_days: How its days add up.
        days: Every day of the range, oldest first.
        total: What they come to.
    """

    metric_name: str
    unit: str | None
    over_days: OverDays
    days: tuple[DayFigure, ...]
    total: MetricTotal


@frozen(slots=False)
class MetricsSummary:
    """Metrics by the day, with totals.

    Args:
        org_id: Whose.
        start_date: First day.
        end_date: Last day, which belongs to the range.
        as_of_position: Position up to which events were counted; null if no metric is
            computed from events.
        pending_events: Events that were acknowledged and are not counted yet, which takes a
            second or so, those kept apart among them; null if no metric is computed from events.
        metrics: In the order in which they were asked for; all of them by name.
    """

    org_id: str
    start_date: date
    end_date: date
    as_of_position: int | None
    pending_events: int | None
    metrics: tuple[MetricSeries, ...]


@frozen
class SummaryPlan:
    """A question with what its metrics are.

    Args:
        question: What was asked.
        wanted: The metrics, in the order of the answer.
        known: Every metric there is, by name.
    """

    question: SummaryQuestion
    wanted: tuple[MetricDefinition, ...]
    known: Mapping[str, MetricDefinition] = field(repr=False)

    @property
    def stored(self) -> tuple[str, ...]:
        """Names of metrics whose values are to be read."""
        return tuple(sorted(one.name for one in self._parts() if one.takes_values))

    @property
    def computed(self) -> tuple[str, ...]:
        """Names of metrics that are to be computed from events."""
        return tuple(sorted(one.name for one in self._parts() if one.built_in))

    def _parts(self) -> set[MetricDefinition]:
        names = {name for one in self.wanted for name in (one.name, one.numerator, one.denominator)}
        return {self.known[name] for name in names if name and name in self.known}

    def summary(
        self,
        org_id: str,
        stored: Stored,
        computed: ComputedFigures | None = None,
        acknowledged: int = 0,
    ) -> MetricsSummary:
        """The answer, given the values that the plan asked for.

        Args:
            org_id: Whose.
            stored: Values that were sent.
            computed: Values computed from events; None if the plan asks for none.
            acknowledged: Position of the last event when they were asked for.
        """
        found = {} if computed is None else computed.series
        through = None if computed is None else computed.through
        return MetricsSummary(
            org_id,
            self.question.first,
            self.question.last,
            through,
            None if through is None else max(0, acknowledged - through),
            tuple(self._series(one, stored, found) for one in self.wanted),
        )

    def _series(self, metric: MetricDefinition, stored: Stored, computed: Computed) -> MetricSeries:
        asked = len(self.question.days)
        values: Mapping[date, float | None]
        if metric.over_days is OverDays.RATIO:
            above, below = (self._part(name, stored, computed) for name in _parts_of(metric))
            values, summed = ratios(above, below), ratio_total(above, below, asked)
        elif metric.built_in:
            series = computed.get(metric.name, NOTHING)
            values, summed = series.values, computed_total(metric, series, asked)
        else:
            values = stored.get(metric.name, {})
            summed = stored_total(metric, stored.get(metric.name, {}), asked)
        days = tuple(self._days(values))
        return MetricSeries(metric.name, metric.unit, metric.over_days, days, summed)

    def _days(self, values: Mapping[date, float | None]) -> Iterator[DayFigure]:
        for number in self.question.days:
            day = date.fromordinal(number)
            yield DayFigure(day, values.get(day), day not in values)

    def _part(self, name: str, stored: Stored, computed: Computed) -> RatioPart:
        metric = self.known.get(name)
        if metric is not None and metric.built_in:
            return computed_part(metric, computed.get(name, NOTHING))
        still_a_sum = metric is not None and metric.over_days is OverDays.SUM
        broken = None if still_a_sum else f"{name!r} is no longer a sum"
        return RatioPart(name, stored.get(name, {}), None, broken)


def _parts_of(metric: MetricDefinition) -> tuple[str, str]:
    return metric.numerator or "", metric.denominator or ""


def _few_enough(names: Sequence[str]) -> None:
    if len(set(names)) > MOST_METRICS:
        message = f"at most {MOST_METRICS} metrics can be asked for at once, not {len(names)}"
        raise InvalidInput(message, path=("metrics",), code="too_many")
