"""Series by columns say what the domain says."""

import math
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from attrs import asdict
from hypothesis import given
from hypothesis import strategies as st

from sightline.adapters.columns import columns_of
from sightline.adapters.columns.kernels import KERNELS
from sightline.adapters.columns.series import answer, wanted
from sightline.adapters.columns.series.segments import segments
from sightline.adapters.columns.series.sums import added, cell_sums
from sightline.domain.errors import InvalidFields
from sightline.domain.events import Event, microseconds
from sightline.domain.questions import Grain, History, QuestionRange
from sightline.domain.questions.series import (
    Aggregate,
    Measure,
    SeriesFigures,
    SeriesQuery,
    SeriesRow,
    Totals,
)
from sightline.testing.strategies.question_histories import (
    FIRST_INSTANT,
    asking_instants,
)
from sightline.testing.strategies.questions_series import series_histories, series_queries

from .numbering import renumbered

AWKWARD = (0.1, 0.2, -0.3, 1e16, -1e16, 1.0, 1e300, -1e300, 5e-324, 1e-310, 2.0**53 - 1, 1.7e308)


def alike(one: Any, other: Any) -> bool:
    """Whether figures are the same: numbers within 1e-9, all else exactly."""
    if isinstance(one, float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=0)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[at], other[at]) for at in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    return type(one) is type(other) and bool(one == other)


def check(query: SeriesQuery, history: History, now: datetime) -> SeriesFigures:
    columns = columns_of(history, wanted(query))
    found: SeriesFigures = answer(query, columns, now)
    expected = told(query.reference(history, now))
    assert alike(told(found), expected)
    assert alike(told(answer(query, renumbered(columns), now)), expected)
    return found


def told(figures: SeriesFigures) -> dict[str, Any]:
    """Figures with their rows, and these with their drills."""
    return {**asdict(figures), "rows": [row_told(one) for one in figures.rows]}


def row_told(row: SeriesRow) -> dict[str, Any]:
    return {
        "start": row.start,
        "dimensions": dict(row.dimensions),
        "values": row.values,
        "level": row.level,
        "complete": row.complete,
        "compared_start": row.compared_start,
        "compared": row.compared,
        "drill": row.drill,
    }


@given(query=series_queries(), history=series_histories(), now=asking_instants())
def test_columns_say_what_the_reference_says(
    query: SeriesQuery, history: History, now: datetime
) -> None:
    assert KERNELS[SeriesQuery].path(query) == "vectorised"
    check(query, history, now)


@given(
    numbers=st.lists(st.tuples(st.sampled_from(AWKWARD), st.integers(0, 3)), max_size=8),
    aggregate=st.sampled_from([one for one in Aggregate if one is not Aggregate.ACTIVE_USERS]),
    cumulative=st.booleans(),
)
def test_numbers_of_any_size_are_added_up_rightly(
    numbers: list[tuple[float, int]], aggregate: Aggregate, cumulative: bool
) -> None:
    events = tuple(
        Event(
            f"e{at}", "u", "pay", FIRST_INSTANT + timedelta(days=day), {"x": number},
            FIRST_INSTANT, None, at,
        )
        for at, (number, day) in enumerate(numbers)
    )  # fmt: skip
    counted = aggregate in {Aggregate.COUNT, Aggregate.UNIQUE_USERS}
    measure = Measure("m", aggregate, property=None if counted else "x")
    asked = QuestionRange("2026-03-27", "2026-03-30")
    query = SeriesQuery(
        asked, (measure,), (), Grain.DAY, cumulative=cumulative, totals=Totals.ROLLUP
    )
    check(query, History(events), FIRST_INSTANT)


@given(
    numbers=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40),
    cells=st.lists(st.integers(0, 2), min_size=40, max_size=40),
    order=st.randoms(use_true_random=False),
)
def test_a_sum_does_not_depend_on_the_order_of_its_numbers(
    numbers: list[float], cells: list[int], order: Any
) -> None:
    pairs = list(zip(cells, numbers, strict=False))
    sums = []
    for _ in range(2):
        cell, number = (np.array(one) for one in zip(*pairs, strict=True))
        sums.append(added(cell_sums(cell, number.astype(np.float64), 3)).tolist())
        order.shuffle(pairs)
    assert sums[0] == sums[1]
    for at, told in enumerate(sums[0]):
        exact = sum((Fraction(one) for cell, one in pairs if cell == at), Fraction())
        assert math.isclose(told, float(exact), rel_tol=1e-15, abs_tol=0)


@given(
    bounds=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), min_size=1, max_size=6),
    minutes=st.sampled_from((1, 7, 60)),
)
def test_a_segment_lies_in_the_same_stretches_all_along(
    bounds: list[tuple[int, int]], minutes: int
) -> None:
    step = timedelta(minutes=minutes)
    starts = sorted(one for one, _ in bounds)
    ends = np.maximum.accumulate([s + long for s, (_, long) in zip(starts, bounds, strict=True)])
    spans = tuple(
        (FIRST_INSTANT + s * step, FIRST_INSTANT + int(e) * step)
        for s, e in zip(starts, ends, strict=True)
    )
    cut = segments(spans)
    instants = [FIRST_INSTANT + step * at / 2 for at in range(-2, 82)]
    instants += [one - timedelta(microseconds=1) for one in instants]
    found = cut.of(np.array([microseconds(one) for one in instants]))
    for at, segment in zip(instants, found.tolist(), strict=True):
        inside = [n for n, (start, end) in enumerate(spans) if start <= at < end]
        assert list(range(int(cut.low[segment]), int(cut.high[segment]))) == inside
        of_segment = [n for n in range(len(spans)) if cut.first[n] <= segment < cut.last[n]]
        assert of_segment == inside


def test_what_lies_between_a_range_and_the_one_compared_makes_no_group() -> None:
    events = tuple(
        Event(f"e{at}", "u", "view", FIRST_INSTANT + timedelta(days=at), {"p": f"v{at}"},
              FIRST_INSTANT, None, at)
        for at in range(5)
    )  # fmt: skip
    query = SeriesQuery(
        QuestionRange("2026-03-31", "2026-03-31"),
        (Measure("n"),),
        ("properties.p",),
        compare_to=QuestionRange("2026-03-27", "2026-03-27"),
    )
    found = check(query, History(events), FIRST_INSTANT)
    assert [row.dimensions["properties.p"] for row in found.rows] == ["v0", "v4"]


def test_a_user_counts_once_in_each_of_the_windows_that_overlap() -> None:
    events = tuple(
        Event(
            f"e{at}", "u", "view", FIRST_INSTANT + timedelta(days=at), {}, FIRST_INSTANT, None, at
        )
        for at in range(3)
    )
    measure = Measure("n", Aggregate.ACTIVE_USERS, trailing=timedelta(days=2))
    query = SeriesQuery(QuestionRange("2026-03-27", "2026-04-01"), (measure,), (), Grain.DAY)
    found = check(query, History(events), FIRST_INSTANT + timedelta(days=9))
    assert {row.values["n"] for row in found.rows} == {0, 1}


@pytest.mark.parametrize("dimensions", [2, 5])
def test_more_combinations_than_a_byte_or_a_table_holds_are_told_apart(dimensions: int) -> None:
    names = tuple(f"p{at}" for at in range(dimensions))
    events = tuple(
        Event(
            f"e{at}", f"u{at % 3}", "view", FIRST_INSTANT,
            {name: f"v{(at * (n + 3)) % 97}" for n, name in enumerate(names)},
            FIRST_INSTANT, None, at,
        )
        for at in range(400)
    )  # fmt: skip
    asked = QuestionRange("2026-03-27", "2026-03-27")
    measures = (Measure("n"), Measure("u", Aggregate.UNIQUE_USERS))
    fields = tuple(f"properties.{one}" for one in names)
    query = SeriesQuery(asked, measures, fields, totals=Totals.ROLLUP, limit=10_000)
    assert len(check(query, History(events), FIRST_INSTANT).rows) > 97


@pytest.mark.parametrize(("pages", "last"), [(40, "2032-06-30"), (3_000, "2024-03-01")])
def test_more_rows_than_anybody_reads_are_refused(pages: int, last: str) -> None:
    at = datetime(2024, 1, 1, tzinfo=UTC)
    history = History(
        tuple(
            Event(f"e{one}", "u", "view", at, {"page": f"p{one}"}, at, None, one)
            for one in range(pages)
        )
    )
    asked, page = QuestionRange("2024-01-01", last), ("properties.page",)
    query = SeriesQuery(asked, (Measure("n"),), page, Grain.DAY, totals=Totals.CUBE)
    with pytest.raises(InvalidFields, match="more than 100000 rows"):
        answer(query, columns_of(history, wanted(query)), at)
    with pytest.raises(InvalidFields, match="more than 100000 rows"):
        query.reference(history, at)
