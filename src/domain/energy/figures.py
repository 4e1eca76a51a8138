"""The figures of a scope: what its circuits drew, each with its unit in its name."""

from collections.abc import Iterable, Mapping, Sequence, Set
from enum import StrEnum
from math import fsum
from types import MappingProxyType
from typing import Any

from attrs import evolve, frozen

from ..errors import UnknownStatistic
from .power import QUARTER_HOUR_MS, Coincidence, PowerSummary, merged

PARTIAL_BELOW = 0.9
_WATT_MS_PER_KWH = 3_600_000_000


class Statistic(StrEnum):
    """A figure that can be asked for by name."""

    ENERGY_KWH = "energy_kwh"
    MEAN_POWER_W = "mean_power_w"
    TOTAL_POWER_W = "total_power_w"
    AVERAGE_W_PER_CIRCUIT = "average_w_per_circuit"
    AVERAGE_W_PER_REPORTING_CIRCUIT = "average_w_per_reporting_circuit"
    SUM_OF_READINGS_W = "sum_of_readings_w"
    PEAK_W = "peak_w"
    LOAD_FACTOR = "load_factor"
    PEAK_DEMAND_W = "peak_demand_w"
    DEMAND_LOAD_FACTOR = "demand_load_factor"
    NON_COINCIDENT_PEAK_W = "non_coincident_peak_w"
    COINCIDENT_PEAK_W = "coincident_peak_w"
    COINCIDENCE_FACTOR = "coincidence_factor"
    DIVERSITY_FACTOR = "diversity_factor"


ON_REQUEST = frozenset(
    {Statistic.COINCIDENT_PEAK_W, Statistic.COINCIDENCE_FACTOR, Statistic.DIVERSITY_FACTOR}
)
"""Served only when asked for: they need every single reading."""

AT_ONE_INSTANT = ON_REQUEST | {Statistic.PEAK_W, Statistic.LOAD_FACTOR}
"""Of several circuits these need every single reading; of one circuit its summary tells."""

OF_DEMAND = frozenset({Statistic.PEAK_DEMAND_W, Statistic.DEMAND_LOAD_FACTOR})
"""These need the quarter hours of the scope, one by one."""

_ALL = frozenset(Statistic)

DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "energy_kwh": "Energy by the hold rule, of all circuits; uncovered time adds none.",
        "mean_power_w": "Energy divided by covered time; of several circuits the time-weighted "
        "mean of one circuit.",
        "total_power_w": "Sum of the mean powers of the circuits that report.",
        "average_w_per_circuit": "total_power_w divided by all circuits of the scope.",
        "average_w_per_reporting_circuit": "total_power_w divided by the circuits that report.",
        "sum_of_readings_w": "Plain sum of the readings in the window; it grows with the sampling "
        "rate and is no physical quantity over time.",
        "peak_w": "Highest power of the whole scope at any one instant; of several circuits only "
        "on request.",
        "load_factor": "Mean power of the whole scope, over the time in which any circuit is "
        "covered, divided by peak_w; of several circuits only on request.",
        "peak_demand_w": "Highest mean power of the whole scope over any whole UTC quarter hour "
        "in the window; uncovered time counts as no power.",
        "demand_load_factor": "Mean of the demands of the whole UTC quarter hours in the window "
        "divided by peak_demand_w.",
        "non_coincident_peak_w": "Sum of the highest powers of the circuits, whenever each was.",
        "coincident_peak_w": "Highest sum of the circuits' powers at one instant; only on request.",
        "coincidence_factor": "coincident_peak_w divided by non_coincident_peak_w; only on "
        "request.",
        "diversity_factor": "non_coincident_peak_w divided by coincident_peak_w; only on request.",
        "coverage": "Covered time divided by the window, over all circuits.",
        "partial": "Whether coverage is below 0.9.",
        "readings": "Number of readings in the window.",
        "expected_readings": "Whole nominal intervals in the window, over all circuits.",
        "missing_readings": "Readings short of that number, circuit by circuit.",
        "circuits": "Number of circuits in the scope.",
        "reporting_circuits": "Circuits with any covered time in the window.",
    }
)
"""What each figure means, in one sentence."""


@frozen(slots=False)
class PowerFigures:
    """What the circuits of a scope did in a window.

    A statistic is null when it was not asked for or is not defined: no circuit
    reports, a divisor is zero, no whole quarter hour lies in the window.

    Args:
        energy_kwh: Energy by the hold rule, summed over the circuits. [kWh]
        mean_power_w: Energy divided by covered time. [W]
        total_power_w: Sum of the circuits' mean powers. [W]
        average_w_per_circuit: That, divided by all circuits. [W]
        average_w_per_reporting_circuit: That, divided by the circuits that report. [W]
        sum_of_readings_w: Plain sum of the readings. [W]
        peak_w: Highest power of the scope at one instant. [W]
        load_factor: Mean power divided by the peak. [0..1]
        peak_demand_w: Highest mean power over a whole quarter hour. [W]
        demand_load_factor: Mean over highest demand of the whole quarter hours. [0..1]
        non_coincident_peak_w: Sum of the circuits' own peaks. [W]
        coincident_peak_w: Highest sum of the circuits' powers at one instant. [W]
        coincidence_factor: Coincident over non-coincident peak. [0..1]
        diversity_factor: Non-coincident over coincident peak. [1]
        coverage: Share of the window in which a reading was held. [0..1]
        partial: Whether coverage is below 0.9.
        readings: Number of readings.
        expected_readings: Number of readings that a window without gaps holds.
        missing_readings: How many of them are not there.
        circuits: Number of circuits.
        reporting_circuits: Number of circuits with any covered time.
    """

    energy_kwh: float | None
    mean_power_w: float | None
    total_power_w: float | None
    average_w_per_circuit: float | None
    average_w_per_reporting_circuit: float | None
    sum_of_readings_w: int | None
    peak_w: int | None
    load_factor: float | None
    peak_demand_w: float | None
    demand_load_factor: float | None
    non_coincident_peak_w: int | None
    coincident_peak_w: int | None
    coincidence_factor: float | None
    diversity_factor: float | None
    coverage: float
    partial: bool
    readings: int
    expected_readings: int
    missing_readings: int
    circuits: int
    reporting_circuits: int


def statistics_named(names: Iterable[str]) -> frozenset[Statistic]:
    """The statistics of these names.

    Raises:
        UnknownStatistic: If any name is unknown; it lists them all.

    >>> sorted(statistics_named(["peak_w", "energy_kwh"]))
    [<Statistic.ENERGY_KWH: 'energy_kwh'>, <Statistic.PEAK_W: 'peak_w'>]
    """
    wanted = list(names)
    known = {statistic.value: statistic for statistic in Statistic}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise UnknownStatistic(unknown, list(known))
    return frozenset(known[name] for name in wanted)


def figures(
    summaries: Sequence[PowerSummary],
    length_ms: int,
    nominal_ms: int,
    *,
    quarter_hours: Sequence[int],
    together: Coincidence | None,
    served: Set[Statistic],
) -> PowerFigures:
    """The figures of a scope from the states of its circuits.

    Args:
        summaries: One for every circuit of the scope, whether it reports or not.
        length_ms: Length of the window, above zero. [ms]
        nominal_ms: How far apart readings should be. [ms]
        quarter_hours: Energies of the scope in the whole quarter hours; empty if
            nothing is known of them. [W·ms]
        together: What the circuits drew at once; of one circuit it is found here.
        served: The statistics to tell; the others are None.
    """
    total = merged(summaries)
    means = [one.energy_watt_ms / one.covered_ms for one in summaries if one.covered_ms]
    together = Coincidence(total.peak_w, total.covered_ms) if len(summaries) == 1 else together
    # fsum is exact, so the order of the circuits makes no difference.
    total_power = fsum(means) if means else None
    apart = sum(one.peak_w or 0 for one in summaries) if means else None
    peak = together.peak_w if together else None
    mean = total.energy_watt_ms / together.covered_ms if together and peak is not None else None
    peak_energy = max(quarter_hours, default=None)
    coverage = total.covered_ms / (length_ms * len(summaries)) if summaries else 0.0
    expected = length_ms // nominal_ms
    every = PowerFigures(
        energy_kwh=total.energy_watt_ms / _WATT_MS_PER_KWH if means else None,
        mean_power_w=_ratio(total.energy_watt_ms, total.covered_ms),
        total_power_w=total_power,
        average_w_per_circuit=_ratio(total_power, len(summaries)),
        average_w_per_reporting_circuit=_ratio(total_power, len(means)),
        sum_of_readings_w=total.sum_of_readings_w if total.readings else None,
        peak_w=peak,
        load_factor=_ratio(mean, peak),
        peak_demand_w=_ratio(peak_energy, QUARTER_HOUR_MS),
        demand_load_factor=_ratio(
            sum(quarter_hours), peak_energy and peak_energy * len(quarter_hours)
        ),
        non_coincident_peak_w=apart,
        coincident_peak_w=peak,
        coincidence_factor=_ratio(peak, apart),
        diversity_factor=_ratio(apart, peak),
        coverage=coverage,
        partial=coverage < PARTIAL_BELOW,
        readings=total.readings,
        expected_readings=expected * len(summaries),
        missing_readings=sum(max(0, expected - one.readings) for one in summaries),
        circuits=len(summaries),
        reporting_circuits=len(means),
    )
    hidden: dict[str, Any] = {statistic.value: None for statistic in _ALL - served}
    return evolve(every, **hidden)


def _ratio(numerator: float | None, denominator: float | None) -> float | None:
    """The quotient, or None where it is not defined."""
    return None if numerator is None or not denominator else numerator / denominator
