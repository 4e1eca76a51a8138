"""What the tests of `sql/` load: the sample files, and a larger slice of the same workspace."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from attrs import frozen

from sightline.adapters.sample.data_set import UNTIL
from sightline.adapters.sample.events import sample_events, sample_memberships, sample_users
from sightline.adapters.sample.organizations import sample_organizations, silent_organizations

from .sample_files import FOLDER


@frozen
class Event:
    """A row of ``events``, but for what queries do not read."""

    org_id: str
    event_time: datetime
    event_id: str
    user_id: str
    event_type: str
    properties: Mapping[str, object]

    @property
    def day(self) -> date:
        """In UTC."""
        return self.event_time.date()


@frozen
class Rows:
    """The rows of every table but the calendar, in the order of their columns."""

    organizations: Sequence[tuple[str, str, str, datetime]]
    users: Sequence[tuple[object, ...]]
    user_orgs: Sequence[tuple[object, ...]]
    metrics: Sequence[tuple[str, str, date, Decimal]]
    events: Sequence[Event]


def sample_file_rows() -> Rows:
    """The rows of ``sql/sample``."""
    lines = (FOLDER / "events.ndjson").read_text(encoding="utf-8").splitlines()
    return Rows(
        [
            (row["org_id"], row["name"], row["plan"], _instant(row["created_at"]))
            for row in _read("organizations.csv")
        ],
        [
            (
                row["user_id"],
                row["email"],
                row["name"],
                row["role"],
                _instant(row["created_at"]),
                _instant(row["updated_at"]),
            )
            for row in _read("users.csv")
        ],
        [
            (row["org_id"], row["user_id"], row["role"], _instant(row["joined_at"]))
            for row in _read("user_orgs.csv")
        ],
        [
            (
                row["org_id"],
                row["metric_name"],
                date.fromisoformat(row["date"]),
                Decimal(row["value"]),
            )
            for row in _read("metrics.csv")
        ],
        [_event(json.loads(line)) for line in lines],
    )


def generated_rows(fraction: float) -> Rows:
    """A slice of the workspace, with the organizations that have no events."""
    twelve = sample_organizations(UNTIL)
    users = {
        user.user_id: (
            user.user_id,
            user.email,
            user.name,
            user.role,
            user.created_at,
            user.updated_at,
        )
        for one in twelve
        for user in sample_users(one, UNTIL, fraction)
    }
    return Rows(
        [
            (one.id, one.name, one.plan, one.created_at)
            for one in (*twelve, *silent_organizations(UNTIL))
        ],
        list(users.values()),
        [
            (one.org_id, one.user_id, one.role, one.joined_at)
            for organization in twelve
            for one in sample_memberships(organization, UNTIL, fraction)
        ],
        [],
        [
            Event(
                one.org_id,
                one.timestamp,
                one.event_id,
                one.user_id,
                one.event_type,
                one.properties,
            )
            for organization in twelve
            for one in sample_events(organization, UNTIL, fraction)
        ],
    )


def days(first: date, last: date) -> Iterable[date]:
    """Both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _event(line: dict[str, str]) -> Event:
    properties = line["properties"]
    assert isinstance(properties, dict)
    return Event(
        line["org_id"],
        _instant(line["timestamp"]),
        line["event_id"],
        line["user_id"],
        line["event_type"],
        properties,
    )


def _read(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
