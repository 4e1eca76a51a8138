"""The sample data as files: the five of the data set, small enough to read by eye."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import StringIO
from itertools import islice

from .daily_metrics import sample_metrics
from .events import (
    SampleEvent,
    SampleMembership,
    SampleUser,
    sample_events,
    sample_memberships,
    sample_users,
)
from .organizations import SampleOrganization, sample_organizations, silent_organizations

#: When the ninety days of the small files end.
UNTIL = datetime(2026, 9, 1, tzinfo=UTC)

_FRACTION = 0.02
_MOST_EVENTS = 100
_METRIC_DAYS = 12


def small_data_set() -> dict[str, str]:
    """The files by name: ``users.csv``, ``events.ndjson`` and so on, 20 to 100 rows each."""
    twelve = sample_organizations(UNTIL)
    events = sorted(islice(_short_histories(twelve), _MOST_EVENTS), key=lambda one: one.event_id)
    users, memberships = _accounts(twelve, {event.user_id for event in events})
    return {
        "organizations.csv": organizations_csv((*twelve, *silent_organizations(UNTIL))),
        "users.csv": users_csv(users),
        "user_orgs.csv": memberships_csv(memberships),
        "events.ndjson": events_ndjson(events),
        "metrics.csv": _metrics_csv(twelve[:2]),
    }


def organizations_csv(organizations: Iterable[SampleOrganization]) -> str:
    """``org_id, name, plan, created_at``."""
    rows = ((one.id, one.name, one.plan, instant(one.created_at)) for one in organizations)
    return _csv(("org_id", "name", "plan", "created_at"), rows)


def users_csv(users: Iterable[SampleUser]) -> str:
    """``user_id, email, name, role, created_at, updated_at``."""
    rows = (
        (u.user_id, u.email, u.name, u.role, instant(u.created_at), instant(u.updated_at))
        for u in users
    )
    return _csv(("user_id", "email", "name", "role", "created_at", "updated_at"), rows)


def memberships_csv(memberships: Iterable[SampleMembership]) -> str:
    """``user_id, org_id, role, joined_at``."""
    rows = ((one.user_id, one.org_id, one.role, instant(one.joined_at)) for one in memberships)
    return _csv(("user_id", "org_id", "role", "joined_at"), rows)


def events_ndjson(events: Iterable[SampleEvent]) -> str:
    """An object a line: ``event_id, org_id, user_id, event_type, properties, timestamp``."""
    return "".join(f"{json.dumps(_event(event))}\n" for event in events)


def instant(at: datetime) -> str:
    """In UTC, to the millisecond, as RFC 3339 writes it."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def _event(event: SampleEvent) -> dict[str, object]:
    return {
        "event_id": event.event_id,
        "org_id": event.org_id,
        "user_id": event.user_id,
        "event_type": event.event_type,
        "properties": event.properties,
        "timestamp": instant(event.timestamp),
    }


def _metrics_csv(organizations: Sequence[SampleOrganization]) -> str:
    rows = (
        (one.org_id, one.date, one.metric_name, one.value)
        for organization in organizations
        for one in sample_metrics(organization, UNTIL, _FRACTION)
        if (UNTIL.date() - one.date).days <= _METRIC_DAYS
    )
    return _csv(("org_id", "date", "metric_name", "value"), rows)


def _short_histories(organizations: Iterable[SampleOrganization]) -> Iterator[SampleEvent]:
    """Whole histories that fit a page, the most eventful first, more of larger organizations."""
    for organization in organizations:
        histories = defaultdict(list)
        for event in sample_events(organization, UNTIL, _FRACTION):
            histories[event.user_id].append(event)
        fitting = [one for one in histories.values() if len(one) <= 6]
        fitting.sort(key=lambda one: (-len({event.event_type for event in one}), len(one)))
        for history in fitting[: max(6 // organization.number, 1)]:
            yield from history


def _accounts(
    organizations: Iterable[SampleOrganization], active: set[str]
) -> tuple[list[SampleUser], list[SampleMembership]]:
    """Accounts of the active, and three of each organization of whom no event is in the file."""
    users: dict[str, SampleUser] = {}
    memberships = []
    for organization in organizations:
        others = 3
        for user, membership in zip(
            sample_users(organization, UNTIL, _FRACTION),
            sample_memberships(organization, UNTIL, _FRACTION),
            strict=True,
        ):
            if user.user_id in active or others:
                others -= user.user_id not in active
                users[user.user_id] = user
                memberships.append(membership)
    return [users[key] for key in sorted(users)], memberships


def _csv(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()
