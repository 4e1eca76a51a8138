"""Kept health scores as rows, and back."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from attrs import asdict, fields_dict
from sqlalchemy import Row

from ...domain.identifiers import PropertyId, TenantId
from ...domain.measures import CATALOGUE, PROPERTY_METRICS
from ...domain.portfolio.health_outliers import Outlier
from ...domain.portfolio.health_ranking import PeerGroup
from ...domain.portfolio.health_thresholds import Grade, ScoreConfidence
from ...domain.portfolio.kept_health import (
    KeptHealth,
    MarketNames,
    MetricPart,
    PortfolioState,
    PropertyScore,
    ScoreInputs,
    Standing,
)
from ...domain.portfolio.portfolio_health import HealthSummary, SummaryRow
from ...domain.portfolio.property import folded
from ...domain.windows import Interval
from ...ports.health_scores import KeptBuckets, KeptState
from .health_tables import health_bucket, health_score, health_standing, health_state
from .properties import property_table

_C, _S, _P, _B = health_score.c, health_state.c, health_standing.c, health_bucket.c
LATEST = {
    Interval.MONTH: _S.latest_month,
    Interval.QUARTER: _S.latest_quarter,
    Interval.YEAR: _S.latest_year,
}
_INPUTS = tuple(fields_dict(ScoreInputs))
_STANDING = tuple(fields_dict(Standing))
#: The fields of a score that are columns as they are.
_PLAIN = (
    "property_type",
    "property_class",
    "area_sqft",
    "scored_at",
    "score",
    "standard_error",
    "coverage",
    "level",
    "momentum",
)
#: Those that are words of a closed set.
_WORDS = ("grade", "grade_at_low", "grade_at_high", "confidence")
_GRADES: Mapping[str | None, Grade | None] = {None: None, **{one.value: one for one in Grade}}
_PERIOD = (_B.score.label("period_score"), _B.change)
LISTED = (*_C, *(_P[name] for name in _STANDING), *_PERIOD)
_FACTS = (
    _C.property_id,
    _C.area_sqft,
    _C.score,
    _C.grade,
    *_PERIOD,
    _C.market_id,
    _C.market_name,
    _C.city,
    _C.property_class,
    _C.property_type,
)
_FLAGS = (_P.under_performer, _P.watch, _P.outlier)
_CONTRIBUTIONS = tuple(_C[f"contribution_{metric.value}"] for metric in PROPERTY_METRICS)
#: The present values of properties, in the same order.
_VALUES = tuple(
    property_table.c[name]
    for metric in PROPERTY_METRICS
    if (name := CATALOGUE[metric].property_field)
)

SUMMED = (*_FACTS, *_FLAGS, *_CONTRIBUTIONS, *_VALUES)

_parts = msgspec.json.Decoder(tuple[MetricPart, ...]).decode
summary_of = msgspec.json.Decoder(HealthSummary).decode
_outliers = msgspec.json.Decoder(tuple[Outlier, ...]).decode
encode = msgspec.json.Encoder().encode


def score_row(tenant: TenantId, one: PropertyScore) -> dict[str, Any]:
    parts = one.contributions
    city = one.market.city
    return {
        "tenant_id": tenant,
        "property_id": one.id,
        "name": one.name,
        "name_folded": folded(one.name),
        "market_name": one.market.name,
        "city": city,
        "city_folded": None if city is None else folded(city),
        "state": one.market.state,
        **asdict(one.inputs),
        **{name: getattr(one, name) for name in _PLAIN},
        **{name: None if said is None else said.value for name, said in _words(one)},
        "parts": encode(one.parts).decode(),
        **{f"contribution_{metric.value}": parts.get(metric) for metric in PROPERTY_METRICS},
    }


def _words(one: PropertyScore) -> Iterator[tuple[str, Grade | ScoreConfidence | None]]:
    for name in _WORDS:
        yield name, getattr(one, name)


def kept_of(row: Row[Any]) -> KeptHealth:
    return KeptHealth(score_of(row), _standing(row), row.period_score, row.change)


def score_of(row: Row[Any]) -> PropertyScore:
    return PropertyScore(
        id=row.property_id,
        name=row.name,
        market=MarketNames(row.market_name, row.city, row.state),
        inputs=ScoreInputs(*(getattr(row, name) for name in _INPUTS)),
        parts=_parts(row.parts),
        **{name: getattr(row, name) for name in _PLAIN},
        grade=_GRADES[row.grade],
        grade_at_low=_GRADES[row.grade_at_low],
        grade_at_high=_GRADES[row.grade_at_high],
        confidence=None if row.confidence is None else ScoreConfidence(row.confidence),
    )


def summary_row_of(row: Row[Any]) -> SummaryRow:
    flags = len(_FACTS)
    parts = flags + len(_FLAGS)
    values = parts + len(_CONTRIBUTIONS)
    said = map(bool, row[flags:parts])
    one, area, score, grade, *facts = row[:flags]
    rest = (*facts, *said, tuple(row[parts:values]), tuple(row[values:]))
    return SummaryRow._make((one, area, score, _GRADES[grade], *rest))


def standing_row(tenant: TenantId, one: PropertyId, said: Standing) -> dict[str, Any]:
    return {
        "tenant_id": tenant,
        "property_id": one,
        **asdict(said, recurse=False),
        "peer_group": said.peer_group.value,
        "outliers": encode(said.outliers).decode(),
        "outlier": bool(said.outliers),
    }


def _standing(row: Row[Any]) -> Standing | None:
    if row.rank is None:
        return None
    values = {name: getattr(row, name) for name in _STANDING}
    values["peer_group"] = PeerGroup(row.peer_group)
    values["outliers"] = _outliers(row.outliers)
    return Standing(**values)


def bucket_rows(tenant: TenantId, one: PropertyId, kept: KeptBuckets) -> Iterator[dict[str, Any]]:
    for line in kept.lines:
        yield {
            "tenant_id": tenant,
            "property_id": one,
            "interval": line.interval.value,
            "start": line.start,
            "score": line.score,
            "change": line.change,
            "coverage": line.coverage,
            "complete": line.complete,
        }


def state_of(row: Row[Any]) -> KeptState:
    starts = {interval: getattr(row, column.name) for interval, column in LATEST.items()}
    latest = {interval: start for interval, start in starts.items() if start is not None}
    state = None
    if row.ranked_at is not None:
        state = PortfolioState(*(getattr(row, name) for name in fields_dict(PortfolioState)))
    return KeptState(state, latest, row.revision)
