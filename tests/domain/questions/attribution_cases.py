"""Fifty journeys whose credits published software computed, and how to tell a history."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sightline.domain.events import Event
from sightline.domain.questions import History, QuestionRange
from sightline.domain.questions.attribution import (
    AttributionModel,
    AttributionQuery,
    Conversion,
    Outcomes,
    Touchpoint,
)

CASES = {
    case["case"]: case
    for case in json.loads(
        (Path(__file__).parents[2] / "data" / "attribution.json").read_text(encoding="utf-8")
    )
}
PUBLISHED = {
    "first": AttributionModel.FIRST_TOUCH,
    "linear": AttributionModel.LINEAR,
    "position_based_40_20_40": AttributionModel.POSITION_BASED,
    "markov_order1_self_loops_dropped": AttributionModel.MARKOV,
}
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
QUESTION = AttributionQuery(
    QuestionRange("2026-03-01", "2026-03-31"),
    Conversion("pay"),
    Touchpoint("visit", property="channel"),
    models=tuple(AttributionModel),
)


def told(*rows: tuple[str, str, datetime, Mapping[str, Any]]) -> History:
    return History(
        tuple(
            Event(f"e{at}", user, kind, when, properties, when, None, at)
            for at, (user, kind, when, properties) in enumerate(rows, 1)
        )
    )


def outcomes_of(case: Mapping[str, Any]) -> Outcomes:
    rows = case["inputs"]["aggregated"]
    return {tuple(row["path"]): (row["conversions"], row["nulls"]) for row in rows}


def history_of(case: Mapping[str, Any]) -> History:
    """A user for every journey, a touch an hour, the conversion an hour after the last."""
    rows: list[tuple[str, str, datetime, Mapping[str, Any]]] = []
    for path, (converted, lost) in outcomes_of(case).items():
        for number in range(converted + lost):
            user = f"{'.'.join(path)} {number}"
            for at, value in enumerate(path):
                rows.append((user, "visit", NOON + timedelta(hours=at), {"channel": value}))
            if number < converted:
                rows.append((user, "pay", NOON + timedelta(hours=len(path)), {}))
    return told(*rows)
