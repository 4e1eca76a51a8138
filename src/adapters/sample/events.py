"""Sample events: a million in twelve organizations over ninety days. Not real; from a seed.

People see an advertisement, look around, sign up, come back less and less often, and
some stay and pay. Two days of a campaign, a day of outage, weekends, a crawler that
never sleeps and telephones that were out of reach are in it, for whoever looks for them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from ...domain.identifiers import TenantId
from .journeys import days_of_deeds
from .organizations import SampleOrganization
from .people import SEED, people

_LAST = 2**48 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SampleEvent(NamedTuple):
    """One event.

    Args:
        event_id: A UUID of version 7, so ids sort like ``timestamp``.
        received_at: Later than ``timestamp`` where the sender was out of reach.
    """

    event_id: str
    org_id: TenantId
    user_id: str
    event_type: str
    timestamp: datetime
    properties: dict[str, object]
    received_at: datetime


class SampleUser(NamedTuple):
    """An account as it is at the end of the range; agencies have the same one everywhere."""

    user_id: str
    email: str
    name: str
    role: str
    plan: str
    country: str
    channel: str
    created_at: datetime
    updated_at: datetime


class SampleMembership(NamedTuple):
    """That a user belongs to an organization."""

    user_id: str
    org_id: TenantId
    role: str
    joined_at: datetime


def sample_events(
    organization: SampleOrganization, until: datetime, fraction: float = 1.0, seed: int = SEED
) -> Iterator[SampleEvent]:
    """Events of the ninety days before ``until``, oldest first, made as they are asked for.

    The same arguments give the same events; no organization's depend on another's.

    Args:
        until: An aware instant; no event lies at or after it.
        fraction: Part of the people, greater than 0; 1 for the whole workspace.
    """
    bits = Random(f"{seed}:{organization.id}:ids").getrandbits
    org_id, end, new = organization.id, until.astimezone(UTC), tuple.__new__
    last, count = -1, 0
    for deeds in days_of_deeds(organization, until, fraction, seed):
        for at, user_id, event_type, properties, delay in deeds:
            count = count + 1 if at == last else 0
            last = at
            tail = bits(62)
            head = f"{at >> 16:08x}-{at & 65535:04x}-7{count:03x}"
            timestamp = _EPOCH + timedelta(0, 0, 0, at)
            received = timestamp
            if delay and timestamp + timedelta(0, 0, 0, delay) < end:
                received = timestamp + timedelta(0, 0, 0, delay)
            yield new(
                SampleEvent,
                (
                    f"{head}-{tail >> 48 | 0x8000:04x}-{tail & _LAST:012x}",
                    org_id,
                    user_id,
                    event_type,
                    timestamp,
                    properties,
                    received,
                ),
            )


def sample_users(
    organization: SampleOrganization, until: datetime, fraction: float = 1.0, seed: int = SEED
) -> Iterator[SampleUser]:
    """Everyone with an account, in no order; visitors without one are in the events only."""
    end = until.timestamp() * 1_000
    for person in people(organization, until, fraction, seed):
        if person.signup is not None and person.signup < end:
            number = person.user_id.removeprefix("user-")
            yield SampleUser(
                person.user_id,
                f"{person.user_id}@sample.example",
                f"Sample Person {number}",
                person.role,
                person.plan,
                person.country,
                person.channel,
                _EPOCH + timedelta(milliseconds=person.signup),
                _EPOCH + timedelta(milliseconds=person.updated),
            )


def sample_memberships(
    organization: SampleOrganization, until: datetime, fraction: float = 1.0, seed: int = SEED
) -> Iterator[SampleMembership]:
    """Who belongs to the organization since when, in the order of its users."""
    for user in sample_users(organization, until, fraction, seed):
        joined = max(user.created_at, organization.created_at)
        yield SampleMembership(user.user_id, organization.id, user.role, joined)
