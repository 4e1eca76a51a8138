"""Every error of the house has a place in the table, and every refusal its form."""

import json
from collections.abc import Iterator

import pytest
from litestar.exceptions import HTTPException

from sightline.adapters.memory.telemetry import RecordingTelemetry
from sightline.domain import errors
from sightline.entrypoints.http.app import framework
from sightline.entrypoints.http.problems import PROBLEMS, answer, kinds


def _below(kind: type[errors.SightlineError]) -> Iterator[type[errors.SightlineError]]:
    for inner in kind.__subclasses__():
        yield inner
        yield from _below(inner)


def test_every_error_that_may_reach_a_caller_has_a_row() -> None:
    framework(RecordingTelemetry())  # whatever the routes define is loaded now
    ours = {
        kind
        for kind in _below(errors.SightlineError)
        if kind.__module__.startswith("sightline.") and not kind.__name__.startswith("_")
    }
    missing = {kind.__name__ for kind in ours - set(PROBLEMS)}
    assert missing == set()


def test_one_address_has_one_title_and_one_status() -> None:
    rows = {slug: (title, status) for slug, title, status in PROBLEMS.values()}
    for slug, title, status in PROBLEMS.values():
        assert rows[slug] == (title, status)
    assert len(kinds()) == len(rows)
    assert all(kind.meaning.endswith(".") for kind in kinds())


@pytest.mark.parametrize("error", [RuntimeError("inside"), errors.SightlineError("inside")])
def test_what_is_not_the_callers_business_is_not_told(error: Exception) -> None:
    made = answer(error, "abc")
    assert made.status == 500
    assert "inside" not in made.body.decode()


@pytest.mark.parametrize("status", [400, 401, 404, 405, 408, 413, 418, 429])
def test_the_frameworks_own_words_never_leave_the_house(status: int) -> None:
    error = HTTPException("Validation failed for GET /secret?token=1", status_code=status)
    document = json.loads(answer(error, "abc").body)
    assert "secret" not in json.dumps(document)
    assert document["request_id"] == "abc"


def test_a_refusal_lists_a_hundred_flaws_at_most() -> None:
    flaws = tuple(errors.Flaw(("rows", n), "bad", "is bad") for n in range(500))
    document = json.loads(answer(errors.InvalidFields(flaws), "abc").body)
    assert len(document["errors"]) == 100
    assert len(document["detail"]) < 500
