import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.adapters.market_api.decoding import MalformedAnswer, told
from sightline.domain.identifiers import MarketId
from sightline.domain.measures import CATALOGUE, Metric
from sightline.domain.portfolio.benchmarks import Confidence

NOW = datetime(2025, 9, 20, 12, tzinfo=UTC)
EVERY = frozenset(CATALOGUE)


def answer() -> dict[str, Any]:
    """The example of the contract."""
    return {
        "market_id": 1,
        "market_name": "Chicago Loop Office",
        "city": "Chicago",
        "state": "Illinois",
        "market_type": "office",
        "sample_size": 87,
        "data_quality_score": 0.95,
        "confidence_level": "high",
        "last_updated": "2025-09-03T14:30:00Z",
        "performance": [
            {"date": "2025-01-01", "avg_rent_per_sqft": 32.50, "avg_occupancy_rate": 82.3},
            {"date": "2025-02-01", "avg_rent_per_sqft": 33.10, "avg_occupancy_rate": 83.1},
            {"date": "2025-03-01", "avg_rent_per_sqft": 34.25, "avg_occupancy_rate": 84.7},
        ],
    }


def body(**changes: Any) -> bytes:
    return json.dumps(answer() | changes).encode()


def test_the_example_of_the_contract_is_understood() -> None:
    benchmark = told(body(), MarketId(1), EVERY, NOW)
    assert (benchmark.market, benchmark.name, benchmark.city) == (
        1,
        "Chicago Loop Office",
        "Chicago",
    )
    assert (benchmark.sample_size, benchmark.data_quality) == (87, 0.95)
    assert benchmark.confidence is Confidence.HIGH
    assert benchmark.last_updated == datetime(2025, 9, 3, 14, 30, tzinfo=UTC)
    assert benchmark.metrics == EVERY
    assert [row.month for row in benchmark.months] == [date(2025, month, 1) for month in (1, 2, 3)]
    assert benchmark.months[0].values == {
        Metric.RENT_PER_SQFT: 32.50,
        Metric.OCCUPANCY_RATE: 82.3,
    }


def test_only_the_metrics_asked_for_are_taken() -> None:
    benchmark = told(body(), MarketId(1), {Metric.RENT_PER_SQFT}, NOW)
    assert all(set(row.values) == {Metric.RENT_PER_SQFT} for row in benchmark.months)


def test_null_is_no_value_and_unknown_fields_are_ignored() -> None:
    rows = [{"date": "2025-01-01", "avg_rent_per_sqft": None, "mood": "good"}]
    benchmark = told(body(performance=rows, vintage=7), MarketId(1), EVERY, NOW)
    assert [dict(row.values) for row in benchmark.months] == [{}]


def test_months_come_in_order_whatever_order_they_were_sent_in() -> None:
    rows = list(reversed(answer()["performance"]))
    assert told(body(performance=rows), MarketId(1), EVERY, NOW) == told(
        body(), MarketId(1), EVERY, NOW
    )


def test_a_number_too_large_for_a_float_is_infinite_and_left_to_judgement() -> None:
    rows = b'[{"date": "2025-01-01", "avg_rent_per_sqft": 1e999, "renewal_rate": %s}]' % (
        b"9" * 400
    )
    text = body(performance=[]).replace(b'"performance": []', b'"performance": ' + rows)
    benchmark = told(text, MarketId(1), EVERY, NOW)
    assert set(benchmark.months[0].values.values()) == {float("inf")}


WRONG: dict[str, bytes] = {
    "empty": b"",
    "not json": b"<html></html>",
    "not utf-8": b"\xff\xfe{}",
    "a list": b"[]",
    "cut": body()[:-20],
    "followed by more": body() + b"{}",
    "NaN": body().replace(b"32.5", b"NaN"),
    "Infinity": body().replace(b"32.5", b"-Infinity"),
    "deep": b"[" * 100_000,
    "a number of ten thousand digits": body().replace(b"87", b"9" * 10_000),
    "a repeated key": body()[:-1] + b', "market_id": 1}',
    "another market": body(market_id=2),
    "market as text": body(market_id="1"),
    "market as true": body(market_id=True),
    "market as float": body(market_id=1.0),
    "no name": body(market_name=""),
    "name as number": body(market_name=7),
    "name without end": body(market_name="x" * 201),
    "name with control characters": body(market_name="a\x00b"),
    "negative sample": body(sample_size=-1),
    "sample as float": body(sample_size=87.0),
    "sample as text": body(sample_size="87"),
    "sample as true": body(sample_size=True),
    "quality above one": body(data_quality_score=95),
    "quality below zero": body(data_quality_score=-0.1),
    "quality missing": body(data_quality_score=None),
    "quality as true": body(data_quality_score=True),
    "unknown confidence": body(confidence_level="certain"),
    "confidence as list": body(confidence_level=[]),
    "naive update": body(last_updated="2025-09-03T14:30:00"),
    "update as a day": body(last_updated="2025-09-03"),
    "update as a number": body(last_updated=1756909800),
    "update on no day": body(last_updated="2025-02-30T00:00:00Z"),
    "update beyond time": body(last_updated="0001-01-01T00:00:00+23:59"),
    "update in the future": body(last_updated="2025-09-22T12:00:00Z"),
    "performance as object": body(performance={}),
    "performance missing": body(performance=None),
    "month as text": body(performance=["2025-01-01"]),
    "month without date": body(performance=[{"avg_rent_per_sqft": 1.0}]),
    "the middle of a month": body(performance=[{"date": "2025-01-02"}]),
    "a compact date": body(performance=[{"date": "20250101"}]),
    "an instant for a month": body(performance=[{"date": "2025-01-01T00:00:00Z"}]),
    "no day at all": body(performance=[{"date": "2025-13-01"}]),
    "a mad year": body(performance=[{"date": "9999-01-01"}]),
    "a repeated month": body(performance=[{"date": "2025-01-01"}] * 2),
    "too many months": body(performance=[{"date": "2025-01-01"}] * 2401),
    "a figure as text": body(performance=[{"date": "2025-01-01", "renewal_rate": "75"}]),
    "a figure as true": body(performance=[{"date": "2025-01-01", "renewal_rate": True}]),
    "a figure as list": body(performance=[{"date": "2025-01-01", "renewal_rate": [75]}]),
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_nonsense_refuses_the_answer_as_a_whole(text: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        told(text, MarketId(1), EVERY, NOW)


def test_a_clock_that_is_a_little_behind_is_no_reason_to_refuse() -> None:
    updated = (NOW + timedelta(hours=20)).isoformat()
    assert told(body(last_updated=updated), MarketId(1), EVERY, NOW)


@given(text=st.binary(max_size=60))
def test_any_bytes_are_understood_or_refused(text: bytes) -> None:
    assert_told_or_refused(text)


@given(
    name=st.sampled_from(sorted(answer())),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
        max_leaves=6,
    ),
)
def test_any_value_in_any_field_is_understood_or_refused(name: str, value: object) -> None:
    assert_told_or_refused(json.dumps(answer() | {name: value}).encode())


@given(at=st.integers(0, len(body()) - 1), byte=st.integers(0, 255))
def test_any_changed_byte_is_understood_or_refused(at: int, byte: int) -> None:
    text = bytearray(body())
    text[at] = byte
    assert_told_or_refused(bytes(text))


def assert_told_or_refused(text: bytes) -> None:
    """No other exception may come out, and what comes out is legal."""
    with suppress(MalformedAnswer):
        benchmark = told(text, MarketId(1), EVERY, NOW)
        assert benchmark.market == 1
        assert 0 <= benchmark.data_quality <= 1
        assert all(row.month.day == 1 for row in benchmark.months)
