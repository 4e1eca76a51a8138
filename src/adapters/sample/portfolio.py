"""An invented portfolio: 1,200 properties in the sixty sample markets, three years of months.

The figures are sample data. Property 1 is the one of the market API's contract;
the others come from a seed and say that they are samples in their names. They are
imperfect on purpose: values that nobody gave, months that were left out, histories
that stopped, a month that cannot be right.
"""

import math
from collections.abc import Mapping
from functools import cache
from random import Random
from types import MappingProxyType

from attrs import evolve, frozen

from ...domain.identifiers import MarketId, PropertyId
from ...domain.measures import CATALOGUE, PROPERTY_METRICS, Kind, Metric
from ...domain.portfolio.benchmarks import MarketBenchmark
from ...domain.portfolio.property import MonthlyRecord, PropertyDraft
from ...domain.windows import add_months
from .markets import LAST_MONTH, sample_benchmarks

PROPERTIES = 1_200
MONTHS = 36

_SEED = 20250901

_STREETS = ("Sample Street", "Example Avenue", "Demo Boulevard", "Specimen Drive", "Model Plaza")
_KINDS = {
    "office": ("Tower", "Center", "Court", "House"),
    "retail": ("Arcade", "Market Hall", "Galleria", "Corner"),
    "industrial": ("Depot", "Works", "Warehouse", "Terminal"),
    "multifamily": ("Apartments", "Terrace", "Lofts", "Gardens"),
    "life_science": ("Laboratories", "Research Park", "Institute", "Campus"),
}
_SIZES = {
    "office": 320_000,
    "retail": 90_000,
    "industrial": 450_000,
    "multifamily": 210_000,
    "life_science": 160_000,
}

#: class, its share, and how many spreads its properties are ahead of their market
_CLASSES = (("A", 0.35, 0.5), ("B", 0.45, 0.0), ("C", 0.20, -0.6))

#: Where a market says nothing of a metric, its properties still have one.
_FALLBACK: Mapping[Metric, float] = MappingProxyType(
    {
        Metric.OCCUPANCY_RATE: 88.0,
        Metric.RENT_PER_SQFT: 30.0,
        Metric.RENEWAL_RATE: 70.0,
        Metric.LEASE_TERM_MONTHS: 60.0,
        Metric.TIME_TO_LEASE_DAYS: 90.0,
    }
)

#: metric -> spread between properties of a market, noise from month to month, decimals
_SPREAD: Mapping[Metric, tuple[float, float, int]] = MappingProxyType(
    {
        Metric.OCCUPANCY_RATE: (5.0, 0.5, 1),
        Metric.RENT_PER_SQFT: (0.13, 0.006, 2),
        Metric.RENEWAL_RATE: (8.0, 1.0, 1),
        Metric.LEASE_TERM_MONTHS: (0.18, 0.01, 1),
        Metric.TIME_TO_LEASE_DAYS: (0.25, 0.03, 0),
    }
)

_WILLIS = PropertyDraft(
    id=PropertyId(1),
    name="Willis Tower",
    address="233 S Wacker Dr, Chicago, IL",
    market_id=MarketId(1),
    property_type="office",
    area_sqft=4_200_000.0,
    year_built=1973,
    property_class="A",
    current_occupancy_rate=92.5,
    current_avg_rent_per_sqft=42.80,
    renewal_rate_ytd=78.5,
    avg_lease_term_months=96.0,
    avg_time_to_lease_days=85.0,
)


@frozen
class SampleProperty:
    """One property of the sample portfolio.

    Args:
        draft: The property, with its id.
        records: Its months, ascending.
    """

    draft: PropertyDraft
    records: tuple[MonthlyRecord, ...]


@cache
def sample_portfolio() -> tuple[SampleProperty, ...]:
    """The 1,200 properties in the order of their ids."""
    homes = [_home(market) for market in sample_benchmarks()]
    random = Random(_SEED)
    # A few markets hold many properties, most hold some, none is empty.
    weights = [1 / (1 + place) ** 0.6 for place in range(len(homes))]
    homes += random.choices(homes, weights, k=PROPERTIES - len(homes))
    return tuple(_sampled(number, home) for number, home in enumerate(homes, 1))


def sample_histories() -> Mapping[PropertyId, tuple[MonthlyRecord, ...]]:
    """The months of the sample portfolio by property."""
    return {
        PropertyId(number): sampled.records for number, sampled in enumerate(sample_portfolio(), 1)
    }


@frozen
class _Home:
    """A market, its latest levels, and the path of each metric, latest month first."""

    market: MarketBenchmark
    levels: Mapping[Metric, float]
    paths: Mapping[Metric, tuple[float, ...]]


def _home(market: MarketBenchmark) -> _Home:
    levels = dict(_FALLBACK)
    for month in market.months:
        levels |= {metric: value for metric, value in month.values.items() if metric in _FALLBACK}
    paths = {metric: _path(metric, levels[metric], market) for metric in PROPERTY_METRICS}
    return _Home(market, levels, paths)


def _path(metric: Metric, level: float, market: MarketBenchmark) -> tuple[float, ...]:
    known = {month.month: month.values.get(metric) for month in market.months}
    path = []
    for back in range(MONTHS):
        level = known.get(add_months(LAST_MONTH, -back)) or level
        path.append(level)
    return tuple(path)


def _sampled(number: int, home: _Home) -> SampleProperty:
    random = Random(_SEED + number)
    draft = _WILLIS if number == 1 else _draft(number, home, random)
    records = _records(draft, home, random)
    if number == 1:
        return SampleProperty(draft, records)
    return SampleProperty(_incomplete(number, draft), _patchy(number, records, random))


def _draft(number: int, home: _Home, random: Random) -> PropertyDraft:
    grade, _, lead = random.choices(_CLASSES, [share for _, share, _ in _CLASSES])[0]
    values = {
        metric: _own(metric, home.levels[metric], random.gauss(lead, 1.0))
        for metric in PROPERTY_METRICS
    }
    market = home.market
    size = _SIZES[market.market_type] * math.exp(random.gauss(0, 0.6))
    return PropertyDraft(
        id=PropertyId(number),
        name=f"Sample {random.choice(_KINDS[market.market_type])} {number}",
        address=f"{random.randint(1, 999)} {random.choice(_STREETS)}, {market.city}",
        market_id=market.market,
        property_type=market.market_type,
        area_sqft=float(round(size, -2)),
        year_built=random.randint(1925, 2023),
        property_class=grade,
        current_occupancy_rate=values[Metric.OCCUPANCY_RATE],
        current_avg_rent_per_sqft=values[Metric.RENT_PER_SQFT],
        renewal_rate_ytd=values[Metric.RENEWAL_RATE],
        avg_lease_term_months=values[Metric.LEASE_TERM_MONTHS],
        avg_time_to_lease_days=values[Metric.TIME_TO_LEASE_DAYS],
    )


def _own(metric: Metric, level: float, lead: float) -> float:
    """A property's value, so many spreads ahead of its market (behind, if negative)."""
    spread, _, decimals = _SPREAD[metric]
    about = CATALOGUE[metric]
    ahead = about.direction.sign * lead * spread
    value = level + ahead if about.kind is Kind.RATE else level * math.exp(ahead)
    return round(min(max(value, about.lowest), about.highest), decimals)


def _records(draft: PropertyDraft, home: _Home, random: Random) -> tuple[MonthlyRecord, ...]:
    """Months that follow the market, drift against it, and end at the present values."""
    drift = {metric: random.gauss(0, 0.35) for metric in PROPERTY_METRICS}
    rows = []
    for back in reversed(range(MONTHS)):
        values = {
            metric.value: _moved(
                metric, _beside(metric, draft, home, back), drift[metric], back, random
            )
            for metric in PROPERTY_METRICS
        }
        rows.append(MonthlyRecord(add_months(LAST_MONTH, -back), **values))
    return tuple(rows)


def _beside(metric: Metric, draft: PropertyDraft, home: _Home, back: int) -> float:
    """Where the property would have been, had it moved exactly as its market."""
    last: float = getattr(draft, CATALOGUE[metric].property_field or "")
    then, now = home.paths[metric][back], home.paths[metric][0]
    if CATALOGUE[metric].kind is Kind.RATE:
        return last + then - now
    return last * then / now


def _moved(metric: Metric, value: float, drift: float, back: int, random: Random) -> float:
    spread, noise, decimals = _SPREAD[metric]
    about = CATALOGUE[metric]
    away = (random.gauss(0, noise) - drift * spread * back / 12) if back else 0.0
    value = value + away if about.kind is Kind.RATE else value * math.exp(away)
    return round(min(max(value, about.lowest), about.highest), decimals)


def _incomplete(number: int, draft: PropertyDraft) -> PropertyDraft:
    """What nobody said of which property, by its number."""
    if number % 23 == 0:
        draft = evolve(draft, current_avg_rent_per_sqft=None)
    if number % 29 == 0:
        draft = evolve(draft, renewal_rate_ytd=None, avg_lease_term_months=None)
    if number % 31 == 0:
        draft = evolve(draft, avg_time_to_lease_days=None)
    if number % 37 == 0:
        draft = evolve(draft, property_type=None)
    if number % 59 == 0:  # empty since it opened
        draft = evolve(draft, current_occupancy_rate=0.0)
    return draft


def _patchy(
    number: int, records: tuple[MonthlyRecord, ...], random: Random
) -> tuple[MonthlyRecord, ...]:
    """What is wrong with the history of which property, by its number."""
    if number % 41 == 0:  # half a year is missing
        records = records[:9] + records[15:]
    if number % 43 == 0:  # single values are missing
        lost = {random.randrange(MONTHS) for _ in range(6)}
        records = tuple(
            evolve(row, occupancy_rate=None, rent_per_sqft=None) if at in lost else row
            for at, row in enumerate(records)
        )
    if number % 47 == 0:  # a rent in one month that cannot be right
        odd = evolve(records[20], rent_per_sqft=1_900.0)
        records = (*records[:20], odd, *records[21:])
    if number % 53 == 0:  # nobody reported for ten months
        records = records[:-10]
    if number % 97 == 0:  # no history at all
        records = ()
    return records
