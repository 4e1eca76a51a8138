"""The report of power: a scope, its children and its buckets in one window."""

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from ..windows import Interval
from .figures import PowerFigures, Statistic
from .scopes import ScopeRecord


@frozen(slots=False)
class PowerRules:
    """By which rules the figures were found.

    Args:
        hold: For how long a reading is believed.
        nominal_interval_seconds: How far apart readings should be. [s]
        max_gap_seconds: The largest gap that a reading bridges. [s]
        demand_interval_minutes: Over how long power is averaged for the demand. [min]
        definitions: What each figure means.
    """

    hold: str
    nominal_interval_seconds: float
    max_gap_seconds: float
    demand_interval_minutes: int
    definitions: Mapping[str, str]


@frozen(slots=False)
class ScopePower:
    """A child of the scope and what it did in the window.

    Args:
        scope: Its metadata record.
        figures: Its figures.
    """

    scope: ScopeRecord
    figures: PowerFigures


@frozen(slots=False)
class PowerBucket:
    """The part of a bucket of local time that lies in the window.

    Args:
        local_start: The start of the whole bucket by the local clock: its label.
        start: First instant of the part. [UTC]
        end: First instant after it. [UTC]
        hours: Length of the part. [h]
        figures: What the scope did in it.
    """

    local_start: datetime
    start: datetime
    end: datetime
    hours: float
    figures: PowerFigures


@frozen(slots=False)
class PowerReport:
    """What a scope did in a window.

    Args:
        scope: Its metadata record.
        start: First instant of the window. [UTC]
        end: First instant after it. [UTC]
        interval: Length of the buckets, or null for none.
        timezone: Whose clock and calendar the buckets follow.
        statistics: The statistics served; the others are null everywhere.
        figures: What the scope did in the window.
        children: The same for each scope of the next level; their energies add up.
        buckets: The same over time; their energies add up.
        rules: By which rules.
        as_of: How many times readings had been appended for the tenant.
        complete: Whether every circuit is covered through the whole window.
    """

    scope: ScopeRecord
    start: datetime
    end: datetime
    interval: Interval | None
    timezone: str
    statistics: tuple[Statistic, ...]
    figures: PowerFigures
    children: tuple[ScopePower, ...]
    buckets: tuple[PowerBucket, ...]
    rules: PowerRules
    as_of: int
    complete: bool
