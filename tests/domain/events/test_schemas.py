"""Versions, modes and retirement of a registration."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidInput, SchemaBreaks
from sightline.domain.events.schemas import (
    MOST_MODES,
    SchemaMode,
    SchemaStep,
    SchemaVersion,
    event_type_with_schema,
    first_registration,
    next_registration,
    read_version,
)
from sightline.testing.strategies import event_schema_documents, schema_event_types

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
OLD: dict[str, Any] = {"type": "object", "properties": {"plan": {"type": "string"}}}
LOOSER = {"type": "object", "properties": {"plan": {"type": ["string", "null"]}}}
STRICTER = {**OLD, "required": ["plan"]}


def registered(document: dict[str, Any] = OLD) -> Any:
    return first_registration("signup", document, SchemaMode.ENFORCE, NOON).registration


@given(documents=st.lists(event_schema_documents(), min_size=1, max_size=6))
def test_versions_rise_with_every_other_document_and_with_no_same_one(
    documents: list[dict[str, Any]],
) -> None:
    at = registered(documents[0])
    for document in documents[1:]:
        done = next_registration(at, document, SchemaMode.ENFORCE, NOON)
        before, after = at.current.version, done.registration.current.version
        assert (after == before) == (done.step is SchemaStep.UNCHANGED)
        assert after in {
            before,
            SchemaVersion(before.major, before.minor + 1),
            SchemaVersion(before.major + 1, 0),
        }
        assert any(one.breaking for one in done.changes) == (done.step is SchemaStep.MAJOR)
        assert done.registration.current.document == document
        at = done.registration


def test_a_loosened_schema_is_a_minor_version_and_a_stricter_one_a_major() -> None:
    minor = next_registration(registered(), LOOSER, SchemaMode.ENFORCE, NOON)
    major = next_registration(minor.registration, STRICTER, SchemaMode.ENFORCE, NOON)
    assert [str(one.registration.current.version) for one in (minor, major)] == ["1.1", "2.0"]


def test_expecting_a_minor_step_refuses_a_major_one_and_no_other() -> None:
    for document in (OLD, LOOSER):
        done = next_registration(registered(), document, SchemaMode.ENFORCE, NOON)
        assert done.expected(SchemaStep.MINOR) is done
    done = next_registration(registered(), STRICTER, SchemaMode.ENFORCE, NOON)
    assert done.expected(None) is done
    with pytest.raises(SchemaBreaks) as refused:
        done.expected(SchemaStep.MINOR)
    assert (refused.value.version, refused.value.changes) == ("2.0", done.changes)


def test_another_mode_is_remembered_and_makes_no_version() -> None:
    later = NOON + timedelta(days=1)
    done = next_registration(registered(), OLD, SchemaMode.OBSERVE, later)
    assert done.step is SchemaStep.UNCHANGED
    assert done.registration.current == registered().current
    told = [(one.mode, one.since) for one in done.registration.modes]
    assert told == [(SchemaMode.ENFORCE, NOON), (SchemaMode.OBSERVE, later)]
    at = done.registration
    for _ in range(MOST_MODES):
        for mode in SchemaMode:
            at = next_registration(at, OLD, mode, NOON).registration
    assert len(at.modes) == MOST_MODES


def test_a_retired_schema_goes_on_from_its_last_version() -> None:
    retired = registered().retired(NOON)
    assert retired.retired(NOON + timedelta(days=1)) == retired
    again = next_registration(retired, STRICTER, SchemaMode.ENFORCE, NOON)
    assert again.registration.retired_at is None
    assert again.registration.current.version == SchemaVersion(2, 0)


@given(name=schema_event_types())
def test_names_of_events_may_have_spaces_and_letters_of_any_script(name: str) -> None:
    assert event_type_with_schema(name) == name


@pytest.mark.parametrize(
    "name", ["", " a", "a ", "a/b", ".", "..", "a\x00b", "a\nb", "a\x7f", "x" * 101]
)
def test_names_that_no_address_can_hold_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        event_type_with_schema(name)
    assert refused.value.flaws[0].path == ("event_type",)


@given(major=st.integers(1, 999_999), minor=st.integers(0, 999_999))
def test_a_version_reads_as_it_is_written(major: int, minor: int) -> None:
    assert read_version(str(SchemaVersion(major, minor))) == SchemaVersion(major, minor)


@pytest.mark.parametrize("text", ["", "1", "1.", "0.1", "01.0", "1.00", "1.0.0", "١.0", "-1.0"])
def test_no_other_text_names_a_version(text: str) -> None:
    assert read_version(text) is None
