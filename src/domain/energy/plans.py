"""From a request to the question it puts to a store, and from the answer to the report."""

from collections.abc import Sequence
from operator import add

from attrs import evolve, frozen

from ..errors import InvalidWindow
from ..windows import Bucket, TimeWindow
from .figures import AT_ONE_INSTANT, DEFINITIONS, OF_DEMAND, PowerFigures, Statistic, figures
from .power import QUARTER_HOUR_MS, coincidence
from .questions import CircuitFacts, Demand, PowerFacts, PowerQuestion, whole_quarter_hours
from .readings import HOLD, HoldRule, instant, milliseconds
from .reports import PowerBucket, PowerReport, PowerRules, ScopePower
from .requests import MOST_CELLS, PowerRequest
from .scopes import Scope

_HOLD_SENTENCE = (
    "A reading holds until the next one if that comes within the largest gap, otherwise for "
    "one nominal interval; the reading before the window is carried in."
)


@frozen
class _Span:
    """The window of a request, or the part of a bucket inside it.

    Args:
        window: When.
        quarters: The whole quarter hours in it, by number.
        known_by: Which summary tells whether anything is known of them.
    """

    window: TimeWindow
    quarters: range
    known_by: int


@frozen
class PowerPlan:
    """A request on a scope: what must be asked of the readings, and what follows from it.

    Args:
        request: What is wanted.
        scope: Of which circuits.
        served: Which statistics are told.
        buckets: The buckets that touch the window.
        spans: The window, then the parts of the buckets in it.
        question: What a store of readings must be asked.
    """

    request: PowerRequest
    scope: Scope
    served: frozenset[Statistic]
    buckets: tuple[Bucket, ...]
    spans: tuple[_Span, ...]
    question: PowerQuestion

    @staticmethod
    def of(request: PowerRequest, scope: Scope) -> "PowerPlan":
        """The plan of a request.

        Raises:
            InvalidWindow: If there are too many buckets for so many circuits, or
                statistics would need too many readings.
        """
        circuits = len(scope.circuits)
        served = request.served(circuits)
        parts = request.parts()
        if len(parts) * circuits > MOST_CELLS:
            raise InvalidWindow(
                f"buckets times circuits may be at most {MOST_CELLS}; "
                f"this scope has {circuits} circuits",
                path=("interval",),
                code="too_many_buckets",
            )
        windows = [request.window, *(part for _, part in parts)]
        demand = None
        if served & OF_DEMAND:
            groups = tuple(child.circuits for child in scope.children) or (scope.circuits,)
            demand = Demand(request.window, groups)
        spans, asked = _spans(windows)
        every = request.window if served & AT_ONE_INSTANT and circuits > 1 else None
        question = PowerQuestion(scope.circuits, asked if demand else tuple(windows), demand, every)
        return PowerPlan(
            request, scope, served, tuple(bucket for bucket, _ in parts), spans, question
        )

    def report(self, facts: PowerFacts, rule: HoldRule = HOLD) -> PowerReport:
        """The report, once the store has answered the question."""
        energies = _added(facts.energies)
        circuits = [facts.circuits[one] for one in self.scope.circuits]
        whole = [self._figures(circuits, energies, index, rule) for index in range(len(self.spans))]
        return PowerReport(
            scope=self.scope.record,
            start=self.request.window.start,
            end=self.request.window.end,
            interval=self.request.interval,
            timezone=self.request.zone.key,
            statistics=tuple(one for one in Statistic if one in self.served),
            figures=whole[0],
            children=self._children(facts, rule),
            buckets=self._buckets(whole[1:]),
            rules=PowerRules(
                _HOLD_SENTENCE,
                rule.nominal_ms / 1000,
                rule.max_gap_ms / 1000,
                QUARTER_HOUR_MS // 60_000,
                dict(DEFINITIONS),
            ),
            as_of=facts.position,
            complete=whole[0].coverage == 1.0,
        )

    def _children(self, facts: PowerFacts, rule: HoldRule) -> tuple[ScopePower, ...]:
        apart = facts.energies or [()] * len(self.scope.children)
        pairs = zip(self.scope.children, apart, strict=False)
        found = []
        for child, energies in pairs:
            circuits = [facts.circuits[one] for one in child.circuits]
            found.append(ScopePower(child.record, self._figures(circuits, energies, 0, rule)))
        return tuple(found)

    def _buckets(self, figures_of: Sequence[PowerFigures]) -> tuple[PowerBucket, ...]:
        parts = [span.window for span in self.spans[1:]]
        return tuple(
            PowerBucket(bucket.local_start, part.start, part.end, part.seconds / 3600, told)
            for bucket, part, told in zip(self.buckets, parts, figures_of, strict=True)
        )

    def _figures(
        self,
        circuits: Sequence[CircuitFacts],
        energies: Sequence[int],
        index: int,
        rule: HoldRule,
    ) -> PowerFigures:
        """The figures of some circuits in one of the spans."""
        span = self.spans[index]
        together = None
        if self.question.readings_in and len(circuits) > 1:
            together = coincidence((one.series for one in circuits), span.window, rule)
        inside: Sequence[int] = ()
        if self.question.demand and any(
            one.summaries[span.known_by].covered_ms for one in circuits
        ):
            start = self.spans[0].quarters.start
            inside = energies[span.quarters.start - start : span.quarters.stop - start]
        return figures(
            [one.summaries[index] for one in circuits],
            milliseconds(span.window.end) - milliseconds(span.window.start),
            rule.nominal_ms,
            quarter_hours=inside,
            together=together,
            served=self.served,
        )


def _spans(windows: Sequence[TimeWindow]) -> tuple[tuple[_Span, ...], tuple[TimeWindow, ...]]:
    """The windows as spans, and which windows must be summarised for them.

    Where a window does not consist of whole quarter hours, those in it are asked
    for apart, to know whether anything is known of them.
    """
    spans, asked = [], list(windows)
    for index, window in enumerate(windows):
        span = _Span(window, whole_quarter_hours(window), index)
        start, stop = span.quarters.start * QUARTER_HOUR_MS, span.quarters.stop * QUARTER_HOUR_MS
        cut = (start, stop) != (milliseconds(window.start), milliseconds(window.end))
        if cut and span.quarters:
            span = evolve(span, known_by=len(asked))
            asked.append(TimeWindow(instant(start), instant(stop)))
        spans.append(span)
    return tuple(spans), tuple(asked)


def _added(apart: Sequence[Sequence[int]]) -> Sequence[int]:
    """The energies of all groups together."""
    total: Sequence[int] = ()
    for energies in apart:
        total = list(map(add, total, energies)) if total else energies
    return total
