"""Sixty invented markets in real cities: five years of months, some imperfect on purpose.

The figures are sample data. Market 1 is the one of the market API's contract;
the others come from a seed, so every machine has the same. What is wrong with
which market stands in `IMPERFECTIONS`, at the end.
"""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from types import MappingProxyType

from attrs import evolve, frozen

from ...domain.identifiers import MarketId
from ...domain.measures import CATALOGUE
from ...domain.portfolio.benchmarks import Confidence, MarketBenchmark, MonthlyBenchmark
from ...domain.portfolio.market_validation import believed
from ...domain.windows import add_months

LAST_MONTH = date(2025, 9, 1)
MONTHS = 60

_SEED = 20250903


@frozen
class SampleMonth:
    """One month as the market API tells it.

    Args:
        month: The first of the month.
        values: By the API's name of the series; None is told as null.
    """

    month: date
    values: Mapping[str, float | None]


@frozen
class SampleMarket:
    """One market as the market API tells it, right or wrong.

    Args:
        market: Its id.
        name: City, area and type.
        city: Its city.
        state: Its state.
        market_type: office, retail, industrial, multifamily or life_science.
        sample_size: Number of buildings.
        data_quality: [0..1]
        confidence: high, medium or low.
        last_updated: [UTC]
        months: Ascending.
    """

    market: MarketId
    name: str
    city: str
    state: str
    market_type: str
    sample_size: int
    data_quality: float
    confidence: str
    last_updated: datetime
    months: tuple[SampleMonth, ...]


#: series -> decimals, yearly drift, seasonal swing, noise (all in the series' unit)
_SERIES: Mapping[str, tuple[int, float, float, float]] = MappingProxyType(
    {
        "avg_rent_per_sqft": (2, 0.9, 0.15, 0.12),
        "avg_occupancy_rate": (1, 0.7, 0.4, 0.3),
        "renewal_rate": (1, 0.8, 0.9, 0.8),
        "new_deal_rate": (1, -0.8, 0.9, 0.8),
        "avg_lease_term_months": (0, 0.6, 0.5, 1.0),
        "avg_time_to_lease_days": (0, -2.0, 3.0, 2.5),
    }
)

#: type -> last rent, occupancy, renewal, lease term, time to lease
_TYPICAL: Mapping[str, tuple[float, float, float, float, float]] = MappingProxyType(
    {
        "office": (36.0, 85.0, 70.0, 84.0, 115.0),
        "retail": (27.0, 92.0, 76.0, 72.0, 95.0),
        "industrial": (12.5, 94.0, 72.0, 60.0, 70.0),
        "multifamily": (26.0, 94.5, 58.0, 13.0, 32.0),
        "life_science": (58.0, 88.0, 78.0, 108.0, 140.0),
    }
)

#: city, state, area, type; the id is the place in the list
_PLACES = (
    ("Chicago", "Illinois", "Loop", "office"),
    ("New York", "New York", "Midtown", "office"),
    ("New York", "New York", "Downtown", "office"),
    ("Los Angeles", "California", "Downtown", "office"),
    ("San Francisco", "California", "SoMa", "office"),
    ("Boston", "Massachusetts", "Back Bay", "office"),
    ("Washington", "District of Columbia", "East End", "office"),
    ("Houston", "Texas", "Galleria", "office"),
    ("Dallas", "Texas", "Uptown", "office"),
    ("Atlanta", "Georgia", "Buckhead", "office"),
    ("Miami", "Florida", "Brickell", "office"),
    ("Seattle", "Washington", "South Lake Union", "office"),
    ("Denver", "Colorado", "LoDo", "office"),
    ("Phoenix", "Arizona", "Camelback", "office"),
    ("Philadelphia", "Pennsylvania", "Center City", "office"),
    ("Minneapolis", "Minnesota", "North Loop", "office"),
    ("Austin", "Texas", "Downtown", "office"),
    ("Nashville", "Tennessee", "Gulch", "office"),
    ("Charlotte", "North Carolina", "Uptown", "office"),
    ("San Diego", "California", "University City", "office"),
    ("Portland", "Oregon", "Pearl District", "office"),
    ("Detroit", "Michigan", "Downtown", "office"),
    ("Saint Louis", "Missouri", "Clayton", "office"),
    ("Pittsburgh", "Pennsylvania", "Strip District", "office"),
    ("Chicago", "Illinois", "Magnificent Mile", "retail"),
    ("New York", "New York", "SoHo", "retail"),
    ("Los Angeles", "California", "Beverly Hills", "retail"),
    ("Miami", "Florida", "Design District", "retail"),
    ("Las Vegas", "Nevada", "Strip", "retail"),
    ("Houston", "Texas", "Rice Village", "retail"),
    ("Dallas", "Texas", "Knox-Henderson", "retail"),
    ("Orlando", "Florida", "International Drive", "retail"),
    ("Honolulu", "Hawaii", "Waikiki", "retail"),
    ("Scottsdale", "Arizona", "Old Town", "retail"),
    ("Boston", "Massachusetts", "Newbury Street", "retail"),
    ("Charleston", "South Carolina", "King Street", "retail"),
    ("Chicago", "Illinois", "O'Hare", "industrial"),
    ("Riverside", "California", "Inland Empire West", "industrial"),
    ("Dallas", "Texas", "South Dallas", "industrial"),
    ("Atlanta", "Georgia", "South Atlanta", "industrial"),
    ("Newark", "New Jersey", "Meadowlands", "industrial"),
    ("Columbus", "Ohio", "Rickenbacker", "industrial"),
    ("Memphis", "Tennessee", "Southeast", "industrial"),
    ("Louisville", "Kentucky", "Airport", "industrial"),
    ("Indianapolis", "Indiana", "Plainfield", "industrial"),
    ("Savannah", "Georgia", "Port", "industrial"),
    ("Kansas City", "Missouri", "Northland", "industrial"),
    ("Reno", "Nevada", "Tahoe-Reno", "industrial"),
    ("Chicago", "Illinois", "West Loop", "multifamily"),
    ("New York", "New York", "Brooklyn Heights", "multifamily"),
    ("Austin", "Texas", "East Austin", "multifamily"),
    ("Tampa", "Florida", "Channelside", "multifamily"),
    ("Raleigh", "North Carolina", "North Hills", "multifamily"),
    ("Salt Lake City", "Utah", "Sugar House", "multifamily"),
    ("Sacramento", "California", "Midtown", "multifamily"),
    ("San Antonio", "Texas", "Pearl", "multifamily"),
    ("Cambridge", "Massachusetts", "Kendall Square", "life_science"),
    ("South San Francisco", "California", "Oyster Point", "life_science"),
    ("San Diego", "California", "Torrey Pines", "life_science"),
    ("Durham", "North Carolina", "Research Triangle", "life_science"),
)

#: market 1 in 2025, as the contract gives its months; the ones it leaves out lie between
_LOOP_RENT = (32.50, 33.10, 34.25, 34.95, 35.60, 36.30, 36.95, 37.60, 38.20)
_LOOP_OCCUPANCY = (82.3, 83.1, 84.7, 85.6, 86.4, 87.2, 87.9, 88.6, 89.2)


@cache
def sample_markets() -> Mapping[MarketId, SampleMarket]:
    """The sixty markets by id, in the order of their ids."""
    markets: dict[MarketId, SampleMarket] = {}
    for number in range(1, len(_PLACES) + 1):
        market = _market(number)
        flaw = _FLAWS.get(number)
        markets[market.market] = flaw[1](market) if flaw else market
    return MappingProxyType(markets)


def sample_benchmarks() -> tuple[MarketBenchmark, ...]:
    """The sixty markets as they are known once the API was read, impossible values set aside."""
    return tuple(_benchmark(market) for market in sample_markets().values())


def _benchmark(market: SampleMarket) -> MarketBenchmark:
    told = MarketBenchmark(
        market=market.market,
        name=market.name,
        city=market.city,
        state=market.state,
        market_type=market.market_type,
        metrics=frozenset(CATALOGUE),
        months=tuple(_monthly(row) for row in market.months),
        sample_size=market.sample_size,
        data_quality=market.data_quality,
        confidence=Confidence(market.confidence),
        last_updated=market.last_updated,
    )
    return believed(told, LAST_MONTH)


def _monthly(row: SampleMonth) -> MonthlyBenchmark:
    values = {
        metric: value
        for metric, definition in CATALOGUE.items()
        if (value := row.values.get(definition.market_series)) is not None
    }
    return MonthlyBenchmark(row.month, values)


def _market(number: int) -> SampleMarket:
    random = Random(_SEED + number)
    city, state, area, market_type = _PLACES[number - 1]
    last = _last_values(market_type, random)
    size, quality = random.randint(18, 240), round(random.uniform(0.78, 0.99), 2)
    if number == 1:
        last = (38.20, 89.2, 75.2, 24.8, 92.0, 108.0)
        size, quality = 87, 0.95
    updated = datetime(2025, 9, 3, 14, 30, tzinfo=UTC) + timedelta(hours=(number - 1) * 7)
    return SampleMarket(
        market=MarketId(number),
        name=f"{city} {area} {market_type.replace('_', ' ').title()}",
        city=city,
        state=state,
        market_type=market_type,
        sample_size=size,
        data_quality=quality,
        confidence="high" if quality >= 0.9 else "medium",
        last_updated=updated,
        months=_loop(_months(last, random)) if number == 1 else _months(last, random),
    )


def _last_values(market_type: str, random: Random) -> tuple[float, ...]:
    """The last month's values, in the order of the series."""
    rent, occupancy, renewal, term, wait = _TYPICAL[market_type]
    renewal += random.uniform(-8, 8)
    return (
        rent * random.uniform(0.7, 1.6),
        min(occupancy + random.uniform(-6, 4), 99.0),
        renewal,
        100.0 - renewal,
        term * random.uniform(0.85, 1.15),
        wait * random.uniform(0.75, 1.3),
    )


def _months(last: tuple[float, ...], random: Random) -> tuple[SampleMonth, ...]:
    rows = [
        SampleMonth(
            add_months(LAST_MONTH, -back),
            {
                series: _value(series, height, back, random)
                for series, height in zip(_SERIES, last, strict=True)
            },
        )
        for back in range(MONTHS)
    ]
    return tuple(reversed(rows))


def _value(series: str, last: float, back: int, random: Random) -> float:
    """The value so many months before the last; the last itself is exact."""
    decimals, drift, swing, noise = _SERIES[series]
    season = swing * math.sin(2 * math.pi * back / 12)
    value = last - drift * back / 12 + season + (random.gauss(0, noise) if back else 0.0)
    highest = 100.0 if series.endswith("_rate") else math.inf
    return round(min(max(value, 0.0), highest), decimals)


def _loop(months: tuple[SampleMonth, ...]) -> tuple[SampleMonth, ...]:
    """Market 1: 2025 as in the contract, the years before brought down to meet it."""
    rows = []
    pinned = months[-len(_LOOP_RENT) :]
    rent_step = float(pinned[0].values["avg_rent_per_sqft"] or 0.0) - _LOOP_RENT[0]
    full_step = float(pinned[0].values["avg_occupancy_rate"] or 0.0) - _LOOP_OCCUPANCY[0]
    for row in months[: -len(_LOOP_RENT)]:
        rent = float(row.values["avg_rent_per_sqft"] or 0.0) - rent_step
        full = float(row.values["avg_occupancy_rate"] or 0.0) - full_step
        rows.append(_with(row, rent, full))
    rows += [
        _with(row, rent, full)
        for row, rent, full in zip(pinned, _LOOP_RENT, _LOOP_OCCUPANCY, strict=True)
    ]
    return tuple(rows)


def _with(row: SampleMonth, rent: float, occupancy: float) -> SampleMonth:
    values = {
        **row.values,
        "avg_rent_per_sqft": round(rent, 2),
        "avg_occupancy_rate": round(occupancy, 1),
    }
    return evolve(row, values=values)


def _without_months(market: SampleMarket, left_out: set[date]) -> SampleMarket:
    return evolve(market, months=tuple(row for row in market.months if row.month not in left_out))


def _only(market: SampleMarket, series: set[str]) -> SampleMarket:
    rows = (
        evolve(row, values={name: row.values[name] for name in row.values if name in series})
        for row in market.months
    )
    return evolve(market, months=tuple(rows))


def _altered(market: SampleMarket, month: date, series: str, value: float | None) -> SampleMarket:
    rows = (
        evolve(row, values={**row.values, series: value}) if row.month == month else row
        for row in market.months
    )
    return evolve(market, months=tuple(rows))


def _gaps(market: SampleMarket) -> SampleMarket:
    gaps = {date(2023, month, 1) for month in (2, 5, 6, 7)}
    return _without_months(market, gaps | {date(2024, 12, 1), date(2025, 8, 1)})


def _outdated(market: SampleMarket) -> SampleMarket:
    late = {row.month for row in market.months if row.month > date(2024, 11, 1)}
    updated = datetime(2024, 11, 20, 8, tzinfo=UTC)
    return evolve(_without_months(market, late), last_updated=updated)


def _in_cents(market: SampleMarket) -> SampleMarket:
    rent = market.months[-1].values["avg_rent_per_sqft"] or 0.0
    return _altered(market, LAST_MONTH, "avg_rent_per_sqft", round(rent * 100, 2))


#: market id -> what is wrong with it, and what makes it so
_FLAWS: Mapping[int, tuple[str, Callable[[SampleMarket], SampleMarket]]] = MappingProxyType(
    {
        7: ("six months are missing", _gaps),
        11: (
            "renewals and new deals are not collected",
            lambda market: _only(market, set(_SERIES) - {"renewal_rate", "new_deal_rate"}),
        ),
        13: (
            "three buildings only",
            lambda market: evolve(market, sample_size=3, confidence="low"),
        ),
        17: (
            "low data quality and confidence",
            lambda market: evolve(market, data_quality=0.35, confidence="low"),
        ),
        23: ("not updated since November 2024", _outdated),
        29: (
            "a negative time to lease in June 2024",
            lambda market: _altered(market, date(2024, 6, 1), "avg_time_to_lease_days", -12.0),
        ),
        31: (
            "an occupancy of 187.4 % in April 2025",
            lambda market: _altered(market, date(2025, 4, 1), "avg_occupancy_rate", 187.4),
        ),
        37: (
            "no rent in the last month",
            lambda market: _altered(market, LAST_MONTH, "avg_rent_per_sqft", None),
        ),
        41: (
            "rent and occupancy only",
            lambda market: _only(market, {"avg_rent_per_sqft", "avg_occupancy_rate"}),
        ),
        43: (
            "four months of history only",
            lambda market: evolve(market, months=market.months[-4:]),
        ),
        47: ("a rent in cents in the last month", _in_cents),
        53: (
            "one building, middling quality",
            lambda market: evolve(market, sample_size=1, data_quality=0.55, confidence="medium"),
        ),
    }
)

IMPERFECTIONS: Mapping[MarketId, str] = MappingProxyType(
    {MarketId(number): flaw for number, (flaw, _) in _FLAWS.items()}
)
