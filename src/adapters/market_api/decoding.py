"""From bytes of the market API to a benchmark, strictly: nonsense refuses the whole answer."""

import json
import re
from collections.abc import Set
from datetime import UTC, date, datetime, timedelta
from typing import Any, NoReturn

from ...domain.identifiers import MarketId
from ...domain.measures import CATALOGUE, Metric
from ...domain.portfolio.benchmarks import Confidence, MarketBenchmark, MonthlyBenchmark

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})", re.ASCII
)
_MOST_MONTHS = 2_400
_YEARS = range(1970, 2200)
_LONGEST_TEXT = 200


class MalformedAnswer(Exception):
    """The answer as a whole cannot be trusted; the message says what is wrong with it."""


def told(body: bytes, market: MarketId, metrics: Set[Metric], now: datetime) -> MarketBenchmark:
    """The benchmark as the API tells it; its figures are any floats, to be judged later.

    Fields that the contract does not know are ignored, null is no value.

    Raises:
        MalformedAnswer: If the body is not strict JSON, a field is missing or of
            another type, the market is another one, a month is repeated or not
            a first of a month, or the data is dated after tomorrow (believed, it
            would make every later answer look like a step back).
    """
    answer = _object(_json(body), "the answer")
    if _whole(answer, "market_id") != market:
        _refuse("market_id is not the one asked for")
    updated = _instant(answer, "last_updated")
    if updated > now + timedelta(days=1):
        _refuse("last_updated lies in the future")
    quality = _number(answer, "data_quality_score")
    if not 0 <= quality <= 1:
        _refuse("data_quality_score is not in 0..1")
    size = _whole(answer, "sample_size")
    if not 0 <= size <= 10**9:
        _refuse("sample_size is no number of buildings")
    return MarketBenchmark(
        market=market,
        name=_text(answer, "market_name"),
        city=_text(answer, "city"),
        state=_text(answer, "state"),
        market_type=_text(answer, "market_type"),
        metrics=frozenset(metrics),
        months=_months(answer, metrics),
        sample_size=size,
        data_quality=quality,
        confidence=_confidence(answer),
        last_updated=updated,
    )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        message = "not strict JSON"
        raise MalformedAnswer(message) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a key is repeated"
        raise ValueError(message)
    return found


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)


def _months(answer: dict[str, Any], metrics: Set[Metric]) -> tuple[MonthlyBenchmark, ...]:
    rows = answer.get("performance")
    if type(rows) is not list or len(rows) > _MOST_MONTHS:
        _refuse("performance is not a list of months")
    months: dict[date, MonthlyBenchmark] = {}
    for row in rows:
        values = _object(row, "a month")
        month = _month(values)
        if month in months:
            _refuse(f"month {month} is repeated")
        figures = {
            metric: _number(values, CATALOGUE[metric].market_series)
            for metric in metrics
            if values.get(CATALOGUE[metric].market_series) is not None
        }
        months[month] = MonthlyBenchmark(month, figures)
    return tuple(months[month] for month in sorted(months))


def _month(values: dict[str, Any]) -> date:
    text = values.get("date")
    if type(text) is not str or not _DAY.fullmatch(text):
        _refuse("date is not a day")
    try:
        month = date.fromisoformat(text)
    except ValueError:
        _refuse("date is not a day")
    if month.day != 1 or month.year not in _YEARS:
        _refuse(f"{month} does not name a month")
    return month


def _instant(values: dict[str, Any], name: str) -> datetime:
    text = values.get(name)
    if type(text) is not str or not _INSTANT.fullmatch(text):
        _refuse(f"{name} is not an instant with its offset")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        _refuse(f"{name} is not an instant")


def _confidence(values: dict[str, Any]) -> Confidence:
    level = values.get("confidence_level")
    if type(level) is not str or level not in set(Confidence):
        _refuse("confidence_level is not high, medium or low")
    return Confidence(level)


def _object(value: Any, what: str) -> dict[str, Any]:
    if type(value) is not dict:
        _refuse(f"{what} is not an object")
    return value


def _text(values: dict[str, Any], name: str) -> str:
    text = values.get(name)
    if type(text) is not str or not 0 < len(text) <= _LONGEST_TEXT or not text.isprintable():
        _refuse(f"{name} is not a short text")
    return text


def _whole(values: dict[str, Any], name: str) -> int:
    number = values.get(name)
    if type(number) is not int:  # a bool is an int to isinstance
        _refuse(f"{name} is not a whole number")
    return number


def _number(values: dict[str, Any], name: str) -> float:
    """Any number as a float; one too large for it is infinite."""
    number = values.get(name)
    if type(number) is float:
        return number
    if type(number) is not int:
        _refuse(f"{name} is not a number")
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _refuse(message: str) -> NoReturn:
    raise MalformedAnswer(message)
