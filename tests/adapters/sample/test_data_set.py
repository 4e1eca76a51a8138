"""The committed sample files are those of the generator, and fit the data set's form."""

import csv
import json

import pytest

from sightline.adapters.sample.data_set import small_data_set
from sightline.domain.tenancy.tenants import check_tenant_id

from ...sql.sample_files import FOLDER

COLUMNS = {
    "users.csv": "user_id email name role created_at updated_at",
    "organizations.csv": "org_id name plan created_at",
    "user_orgs.csv": "user_id org_id role joined_at",
    "metrics.csv": "org_id date metric_name value",
}
EVENT = {"event_id", "org_id", "user_id", "event_type", "properties", "timestamp"}


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _events() -> list[dict[str, object]]:
    lines = (FOLDER / "events.ndjson").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_committed_files_are_those_of_the_generator() -> None:
    written = {path.name: path.read_bytes().decode() for path in FOLDER.iterdir()}
    assert written == small_data_set(), "run `make documents`"


@pytest.mark.parametrize("name", COLUMNS)
def test_tables_have_their_columns_and_twenty_to_a_hundred_rows(name: str) -> None:
    rows = _rows(name)
    assert list(rows[0]) == COLUMNS[name].split()
    assert 20 <= len(rows) <= 100


def test_events_have_their_fields_and_are_up_to_a_hundred() -> None:
    events = _events()
    assert 20 <= len(events) <= 100
    assert {frozenset(event) for event in events} == {frozenset(EVENT)}
    assert len({event["event_id"] for event in events}) == len(events)
    assert len({event["event_type"] for event in events}) >= 6


def test_the_files_fit_together() -> None:
    organizations = {row["org_id"] for row in _rows("organizations.csv")}
    users = {row["user_id"] for row in _rows("users.csv")}
    memberships = {(row["user_id"], row["org_id"]) for row in _rows("user_orgs.csv")}
    assert {user for user, _ in memberships} == users
    assert {organization for _, organization in memberships} <= organizations
    assert {row["org_id"] for row in _rows("metrics.csv")} <= organizations
    events = _events()
    signed_up = {(e["user_id"], e["org_id"]) for e in events if e["event_type"] == "signup"}
    assert signed_up
    assert signed_up <= memberships
    # What a join must not lose: visitors without an account, organizations without an event.
    assert {event["user_id"] for event in events} - users
    assert organizations - {event["org_id"] for event in events}
    for organization in organizations:
        check_tenant_id(organization)
