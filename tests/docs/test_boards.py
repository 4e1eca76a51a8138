"""Boards of the dashboard: they take what the API takes, and the documented one is answered."""

import json
import re
from pathlib import Path
from typing import Any

from attrs import fields

from sightline.domain.questions import Grain, WeekStart
from sightline.domain.questions.series import Aggregate, Measure, RangeRounding, SeriesQuery, Totals
from sightline.entrypoints.http.questions_series import SeriesBody
from sightline.entrypoints.structuring import from_json

ROOT = Path(__file__).parents[2]
BOARD = (ROOT / "web/dashboard/src/dashboard/board.ts").read_text(encoding="utf-8")
RANGE = {"start": "2026-03-01", "end": "2026-03-28"}


def _documented() -> dict[str, Any]:
    text = (ROOT / "docs/five-minutes.md").read_text(encoding="utf-8")
    section = text.split("## A board of your own")[1]
    found: dict[str, Any] = json.loads(section.split("```json")[1].split("```")[0])
    return found


def _listed(beginning: str) -> list[str]:
    inside = BOARD.split(beginning, 1)[1].split("]", 1)[0]
    return re.findall(r"'(\w+)'", inside)


def _keys(beginning: str) -> set[str]:
    inside = BOARD.split(beginning, 1)[1].split("\n}", 1)[0]
    return set(re.findall(r"^  (\w+)\??:", inside, re.MULTILINE))


def test_a_board_takes_every_word_of_a_series() -> None:
    assert _listed("const AGGREGATES = [") == list(Aggregate)
    assert _listed("const INTERVALS = [") == list(Grain)
    assert _listed("const WEEK_STARTS = [") == list(WeekStart)
    assert _listed("totals: oneOf([") == list(Totals)
    assert _listed("range_rounding: oneOf([") == list(RangeRounding)


def test_a_board_takes_every_field_of_a_series_but_those_that_the_page_decides() -> None:
    decided = {"range", "cursor", "explain"}
    assert _keys("export interface Series {") == {one.name for one in fields(SeriesBody)} - decided
    measure = BOARD.split("const measure = record(\n  {", 1)[1].split("  },", 1)[0]
    assert re.findall(r"^ +(\w+):", measure, re.MULTILINE) == [one.name for one in fields(Measure)]


def test_the_documented_board_asks_what_the_api_answers() -> None:
    cards = _documented()["cards"]
    assert {one["show"] for one in cards} == {"number", "line", "bars", "table", "events"}
    asked = [{**one["series"], "range": RANGE} for one in cards if "series" in one]
    assert len(asked) == 3
    for body in asked:
        question = from_json(body, SeriesBody).question()
        assert isinstance(question, SeriesQuery)
