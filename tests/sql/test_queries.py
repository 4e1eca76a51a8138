"""Every question of `sql/queries.sql` has one answer, whichever engine is asked."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from .conftest import ENGINES
from .engines import QUERIES, Engine, empty, insert, load
from .reference import ANSWERS
from .rows import Event, Rows, sample_file_rows

RANGES = {
    "thirty days": (date(2026, 8, 2), date(2026, 8, 31)),
    "across months": (date(2026, 6, 24), date(2026, 8, 9)),
    "one day": (date(2026, 7, 15), date(2026, 7, 15)),
    "before there was anything": (date(2026, 5, 20), date(2026, 6, 6)),
    "nothing at all": (date(2025, 12, 29), date(2026, 1, 4)),
}


@pytest.mark.parametrize("question", ANSWERS)
@pytest.mark.parametrize("between", RANGES.values(), ids=RANGES)
def test_an_engine_answers_as_a_loop_over_the_rows(
    engine: Engine, rows: Rows, question: str, between: tuple[date, date]
) -> None:
    first_day, last_day = between
    expected = ANSWERS[question](rows, "sample-games", first_day, last_day)
    found = engine.answer(question, org_id="sample-games", first_day=first_day, last_day=last_day)
    assert found == expected
    assert [list(map(type, row)) for row in found] == [list(map(type, row)) for row in expected]


def test_every_question_has_a_reference_and_the_files_have_something_to_say(rows: Rows) -> None:
    assert set(QUERIES) == set(ANSWERS)
    for answer in ANSWERS.values():
        (*_, counts) = zip(*answer(rows, "sample-games", *RANGES["across months"]), strict=True)
        assert sum(counts) > 0


def test_days_without_users_are_zero_for_organizations_without_events(engine: Engine) -> None:
    days = {"first_day": date(2026, 8, 1), "last_day": date(2026, 8, 31)}
    found = engine.answer("daily_active_users", **days)
    assert len(found) == 20 * 31
    silent = [row for row in found if row[0] == "sample-aquarium"]
    assert [row[2] for row in silent] == [0] * 31
    assert "sample-aquarium" not in {row[0] for row in engine.answer("top_organizations", **days)}


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Few users who do few things at few times, so that ties and disorder are common."""
    events = st.tuples(
        st.sampled_from(["sample-games", "sample-music", "unknown"]),
        st.integers(0, 40).map(lambda step: _EPOCH + timedelta(hours=13 * step)),
        st.sampled_from(["ann", "Ann", "bob"]),
        st.sampled_from(["visit", "signup", "activate", "page_view"]),
    )
    return [
        Event(org_id, at, f"e-{number}", user_id, event_type, {})
        for number, (org_id, at, user_id, event_type) in enumerate(draw(st.lists(events)))
    ]


_EPOCH = datetime(2026, 8, 1, tzinfo=UTC)


@pytest.fixture(scope="module", params=ENGINES)
def emptied(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    rows = evolve(sample_file_rows(), events=[])
    with closing(load(request.param, rows, tmp_path_factory.mktemp(request.param))) as engine:
        yield engine


@pytest.mark.parametrize(
    "emptied", [one for one in ENGINES if one != "clickhouse"], indirect=True
)  # where an example takes a second; it has the ranges above
@given(events=histories(), first=st.integers(0, 22), more=st.integers(0, 22))
def test_any_history_has_one_answer(
    emptied: Engine, events: list[Event], first: int, more: int
) -> None:
    empty(emptied)
    insert(emptied, events)
    first_day = _EPOCH.date() + timedelta(days=first)
    last_day = first_day + timedelta(days=more)
    rows = evolve(sample_file_rows(), events=events)
    for question, answer in ANSWERS.items():
        found = emptied.answer(
            question, org_id="sample-games", first_day=first_day, last_day=last_day
        )
        assert found == answer(rows, "sample-games", first_day, last_day), question


def test_steps_of_the_funnel_count_in_their_order_only(emptied: Engine) -> None:
    lives = {
        "signed up before the visit": ("signup", "visit"),
        "activated before the signup": ("visit", "activate", "signup"),
        "began twice": ("signup", "visit", "signup", "activate"),
        "in order": ("visit", "signup", "activate"),
        "at once": ("activate+signup+visit",),
        "of the third step only": ("activate",),
    }
    empty(emptied)
    insert(
        emptied,
        [
            Event(
                "sample-games",
                _EPOCH + timedelta(hours=hour),
                f"{user}-{kind}-{hour}",
                user,
                kind,
                {},
            )
            for user, steps in lives.items()
            for hour, kinds in enumerate(steps)
            for kind in kinds.split("+")
        ],
    )
    day = _EPOCH.date()
    found = emptied.answer("three_step_funnel", org_id="sample-games", first_day=day, last_day=day)
    assert found == [(1, "visit", 5), (2, "signup", 4), (3, "activate", 3)]
