"""What a market looked like, how good that knowledge is, and how fresh."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from attrs import field, frozen

from ..errors import InvalidInput
from ..identifiers import MarketId
from ..measures import Metric


class Confidence(StrEnum):
    """How far the market API itself trusts a benchmark."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Source(StrEnum):
    """Where the market data of an answer came from, freshest first."""

    LIVE = "live"
    CACHE = "cache"
    STALE = "stale"
    SNAPSHOT = "snapshot"


@frozen
class MonthlyBenchmark:
    """The values of one market for one month.

    Args:
        month: The first of the month.
        values: Per metric, in the unit of the catalogue; a metric without a
            value for the month is absent.
    """

    month: date
    values: Mapping[Metric, float]

    def __attrs_post_init__(self) -> None:
        if self.month.day != 1:
            raise InvalidInput("a month is named by its first day", path=("month",))


@frozen(slots=False)
class QuarantinedValue:
    """A value of the market API that was set aside instead of being believed.

    Args:
        metric: Which series.
        month: Which month, or None for the whole series.
        reason: Stable name of the rule it broke, for example ``out_of_range``.
        detail: The rule and the value, for a person.
    """

    metric: Metric
    month: date | None
    reason: str
    detail: str


@frozen
class MarketBenchmark:
    """One market as read from the market API once.

    Args:
        market: Its id.
        name: Its name.
        city: Its city.
        state: Its state.
        market_type: office, retail, …
        metrics: The metrics that were asked for.
        months: By month, ascending, without repeats.
        sample_size: Number of buildings behind the figures.
        data_quality: The API's own quality score. [0..1]
        confidence: The API's own level of confidence.
        last_updated: When the API last changed the data. [UTC]
        quarantined: What was set aside.
    """

    market: MarketId
    name: str
    city: str
    state: str
    market_type: str
    metrics: frozenset[Metric]
    months: tuple[MonthlyBenchmark, ...]
    sample_size: int
    data_quality: float
    confidence: Confidence
    last_updated: datetime
    quarantined: tuple[QuarantinedValue, ...] = ()


@frozen
class MarketSnapshot:
    """A benchmark as it was kept.

    Args:
        benchmark: What was read.
        fetched_at: When the market API last gave exactly this. [UTC]
        position: 1 for the first of its market, one more for every change.
    """

    benchmark: MarketBenchmark
    fetched_at: datetime
    position: int


@frozen
class MarketReading:
    """A benchmark together with how it was come by.

    Args:
        benchmark: What is known of the market.
        source: From where.
        fetched_at: When it was read from the market API. [UTC]
        age_seconds: How long ago that was when the reading was given out. [s]
        reasons: Why a fresher source could not be used, for example
            ``circuit_open`` or ``timeout``; empty for live and cache.
        position: Position of the benchmark among all that were kept of its
            market; it grows with every change of content, so a cache keyed by
            it cannot be stale. Zero while the benchmark is not kept: then
            nothing may be cached by it.
    """

    benchmark: MarketBenchmark
    source: Source
    fetched_at: datetime
    age_seconds: float
    reasons: tuple[str, ...] = field(default=())
    position: int = field(default=0)

    @property
    def degraded(self) -> bool:
        """Whether something fresher was wanted but could not be had."""
        return self.source in {Source.STALE, Source.SNAPSHOT}
