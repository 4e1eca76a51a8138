"""Markets, their months and readings of them."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from ...domain.identifiers import MarketId
from ...domain.measures import CATALOGUE, Metric
from ...domain.portfolio.benchmarks import (
    Confidence,
    MarketBenchmark,
    MarketReading,
    MonthlyBenchmark,
    Source,
)
from ...domain.windows import add_months

_FIRST_MONTH = date(2024, 11, 1)
_NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)

#: A handful of heights per series, so that ties and equal months are common.
_HEIGHTS = (0.0, 2.0, 12.5, 38.2, 60.0, 89.2, 100.0)


def markets() -> st.SearchStrategy[MarketId]:
    """Three markets, so that two draws often name the same one."""
    return st.integers(1, 3).map(MarketId)


def months() -> st.SearchStrategy[date]:
    """First days of thirteen months across a change of year."""
    return st.integers(0, 12).map(lambda count: add_months(_FIRST_MONTH, count))


def metric_sets() -> st.SearchStrategy[frozenset[Metric]]:
    """Any set of metrics but the empty one."""
    return st.frozensets(st.sampled_from(list(CATALOGUE)), min_size=1)


@st.composite
def monthly_benchmarks(draw: st.DrawFn, metrics: frozenset[Metric]) -> MonthlyBenchmark:
    """One month of a market; any of its metrics may lack a value."""
    values = draw(st.dictionaries(st.sampled_from(sorted(metrics)), st.sampled_from(_HEIGHTS)))
    return MonthlyBenchmark(draw(months()), values)


@st.composite
def market_benchmarks(
    draw: st.DrawFn,
    market: st.SearchStrategy[MarketId] | None = None,
    metrics: st.SearchStrategy[frozenset[Metric]] | None = None,
) -> MarketBenchmark:
    """Benchmarks of a market: no month to thirteen months, with gaps."""
    asked = draw(metric_sets() if metrics is None else metrics)
    kept = draw(st.lists(monthly_benchmarks(asked), unique_by=lambda row: row.month, max_size=13))
    return MarketBenchmark(
        market=draw(market or markets()),
        name="Chicago Loop Office",
        city="Chicago",
        state="Illinois",
        market_type=draw(st.sampled_from(["office", "retail"])),
        metrics=asked,
        months=tuple(sorted(kept, key=lambda row: row.month)),
        sample_size=draw(st.sampled_from([0, 1, 4, 5, 30, 87])),
        data_quality=draw(st.sampled_from([0.0, 0.5, 0.95, 1.0])),
        confidence=draw(st.sampled_from(Confidence)),
        last_updated=_NOON - timedelta(days=draw(st.integers(0, 3))),
    )


@st.composite
def market_readings(
    draw: st.DrawFn, benchmark: st.SearchStrategy[MarketBenchmark] | None = None
) -> MarketReading:
    """Readings from every rung of the ladder, aged as the rung allows."""
    source = draw(st.sampled_from(Source))
    youngest, oldest, reasons = _RUNGS[source]
    age = draw(st.sampled_from([youngest, oldest]))
    return MarketReading(
        benchmark=draw(benchmark or market_benchmarks()),
        source=source,
        fetched_at=_NOON - age,
        age_seconds=age.total_seconds(),
        reasons=draw(st.sampled_from(reasons)),
        position=draw(st.integers(1, 5)),
    )


_RUNGS: dict[Source, tuple[timedelta, timedelta, list[tuple[str, ...]]]] = {
    Source.LIVE: (timedelta(0), timedelta(0), [()]),
    Source.CACHE: (timedelta(seconds=1), timedelta(minutes=14), [()]),
    Source.STALE: (timedelta(minutes=15), timedelta(hours=24), [("revalidating",), ("timeout",)]),
    Source.SNAPSHOT: (
        timedelta(hours=25),
        timedelta(days=45),
        [("circuit_open",), ("circuit_open", "timeout")],
    ),
}
