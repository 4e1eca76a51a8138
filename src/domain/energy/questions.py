"""What is asked of a store of readings, and what it must answer."""

from collections.abc import Mapping, Sequence

from attrs import frozen

from ..identifiers import CircuitId
from ..windows import TimeWindow
from .power import QUARTER_HOUR_MS, PowerSummary, quarter_hours, summary
from .readings import HOLD, NO_READINGS, HoldRule, PowerSeries, milliseconds


def whole_quarter_hours(window: TimeWindow) -> range:
    """The numbers, since 1970, of the UTC quarter hours that lie wholly in a window."""
    first = -(-milliseconds(window.start) // QUARTER_HOUR_MS)
    return range(first, max(first, milliseconds(window.end) // QUARTER_HOUR_MS))


@frozen
class CircuitFacts:
    """What a store knows of one circuit, as far as it was asked.

    Args:
        summaries: One for every window of the question, in its order.
        series: Readings of `PowerQuestion.readings_in`, and those beside it that
            decide how long the ones inside hold.
    """

    summaries: tuple[PowerSummary, ...]
    series: PowerSeries


@frozen
class PowerFacts:
    """The answer to a question, from one moment.

    Args:
        position: How many times readings had been appended for the tenant.
        circuits: What is known of each circuit that was asked for.
        energies: For every group of `Demand.groups`, the energy of its circuits in
            each whole quarter hour of the window; zero where nothing is known. [W·ms]
    """

    position: int
    circuits: Mapping[CircuitId, CircuitFacts]
    energies: tuple[Sequence[int], ...]


@frozen
class Demand:
    """A question for the energy of every whole quarter hour, group by group.

    Args:
        window: When.
        groups: Circuits whose energies are to be added up.
    """

    window: TimeWindow
    groups: tuple[tuple[CircuitId, ...], ...]


@frozen
class PowerQuestion:
    """What is to be known of some circuits.

    Args:
        circuits: Which, in any order, each once.
        windows: Windows to summarise, in any order, possibly overlapping.
        demand: Energies of quarter hours, if wanted; of no other circuits.
        readings_in: Where to tell every reading, if wanted.
    """

    circuits: tuple[CircuitId, ...]
    windows: tuple[TimeWindow, ...]
    demand: Demand | None
    readings_in: TimeWindow | None

    def reference(
        self, position: int, readings: Mapping[CircuitId, PowerSeries], rule: HoldRule = HOLD
    ) -> PowerFacts:
        """The answer from all readings of all circuits, the slow and obvious way."""
        facts = {one: self._of_one(readings.get(one, NO_READINGS), rule) for one in self.circuits}
        if self.demand is None:
            return PowerFacts(position, facts, ())
        quarters = whole_quarter_hours(self.demand.window)
        first, count = quarters.start, len(quarters)
        energies = []
        for group in self.demand.groups:
            series = [readings.get(one, NO_READINGS) for one in group]
            found = [quarter_hours(one, first, count, rule).energies for one in series]
            energies.append([sum(one[place] for one in found) for place in range(count)])
        return PowerFacts(position, facts, tuple(energies))

    def _of_one(self, readings: PowerSeries, rule: HoldRule) -> CircuitFacts:
        told = NO_READINGS
        if self.readings_in:
            start, end = milliseconds(self.readings_in.start), milliseconds(self.readings_in.end)
            told = readings.between(start - rule.max_gap_ms, end + rule.max_gap_ms)
        summaries = tuple(summary(readings, window, rule) for window in self.windows)
        return CircuitFacts(summaries, told)
