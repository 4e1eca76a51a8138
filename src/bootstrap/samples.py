"""Sample data put into a deployment; all of it says that it is sample data."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from ..adapters.sample.daily_metrics import sample_metrics
from ..adapters.sample.energy import sample_readings, sample_sites
from ..adapters.sample.events import sample_events, sample_users
from ..adapters.sample.organizations import SampleOrganization, sample_organizations
from ..adapters.sample.portfolio import sample_histories, sample_portfolio
from ..application.record_events import EventRequest
from ..domain.attributes import Json
from ..domain.errors import TenantNotFound
from ..domain.events import EventDraft
from ..domain.identifiers import TenantId, UserId
from ..domain.metrics import MetricDeclaration, MetricValue, OverDays
from ..domain.users import UserChange
from .cases import UseCases

T = TypeVar("T")

#: Part of the largest organization's people that the demo workspace has: 100,000 events.
DEMO_FRACTION = 0.3
_BATCH = 1_000

_METRICS = {
    "sessions": MetricDeclaration(OverDays.SUM, "sessions", "Visits that began."),
    "revenue_usd": MetricDeclaration(OverDays.SUM, "USD", "What was paid."),
    "mrr_usd": MetricDeclaration(OverDays.LAST, "USD a month", "What is paid every month."),
    "nps": MetricDeclaration(OverDays.MEAN, "points", "Net promoter score of those asked."),
    "revenue_per_session": MetricDeclaration(
        OverDays.RATIO, "USD", "Revenue of each visit.", "revenue_usd", "sessions"
    ),
}


async def fill_with_samples(cases: UseCases, tenant: TenantId, now: datetime) -> None:
    """Give a tenant the sample sites, readings, properties, histories and events.

    Doing it again on the same day is harmless.

    Args:
        cases: What can be done.
        tenant: Whose they will be.
        now: The events lie in the ninety days before the day of this instant.
    """
    await cases.import_sites(tenant, sample_sites())
    await cases.import_readings(tenant, sample_readings())
    await cases.import_properties(tenant, [one.draft for one in sample_portfolio()])
    await cases.import_property_history(tenant, sample_histories())
    until = _midnight(now)
    largest = sample_organizations(until)[0]
    await _fill_events(cases, tenant, largest, until, DEMO_FRACTION, lambda _: None)


async def fill_sample_organizations(
    cases: UseCases, now: datetime, fraction: float, told: Callable[[str, int], None]
) -> int:
    """Set up the twelve sample organizations as tenants, a million events in all; how many it was.

    What broke off is completed when it is done again on the same day.

    Args:
        cases: What can be done.
        now: The events lie in the ninety days before the day of this instant.
        fraction: Part of the people, greater than 0; 1 for all.
        told: Told the organization's name, and how many of its events are kept so far.
    """
    until = _midnight(now)
    kept = 0
    for one in sample_organizations(until):
        try:
            await cases.get_tenant(one.id)
        except TenantNotFound:
            await cases.create_tenant(one.id, f"{one.name} (sample data)")
        kept += await _fill_events(cases, one.id, one, until, fraction, partial(told, one.name))
    return kept


async def _fill_events(  # noqa: PLR0917  whose, which and how much of it
    cases: UseCases,
    tenant: TenantId,
    organization: SampleOrganization,
    until: datetime,
    fraction: float,
    told: Callable[[int], None],
) -> int:
    for users in _batches(_users(organization, until, fraction)):
        await cases.describe_users(tenant, users)
    for name, declaration in _METRICS.items():
        await cases.declare_metric(tenant, name, declaration, None)
    for values in _batches(_values(organization, until, fraction)):
        await cases.record_metrics(tenant, values)
    kept = 0
    for drafts in _batches(_drafts(organization, until, fraction)):
        await cases.record_events(tenant, EventRequest(dict(enumerate(drafts))))
        kept += len(drafts)
        told(kept)
    return kept


def _drafts(
    organization: SampleOrganization, until: datetime, fraction: float
) -> Iterator[EventDraft]:
    for one in sample_events(organization, until, fraction):
        properties: dict[str, Any] = dict(one.properties)
        yield EventDraft(one.user_id, one.event_type, one.event_id, one.timestamp, properties)


def _users(
    organization: SampleOrganization, until: datetime, fraction: float
) -> Iterator[UserChange]:
    for one in sample_users(organization, until, fraction):
        attributes: dict[str, Json] = {
            "name": one.name,
            "email": one.email,
            "role": one.role,
            "plan": one.plan,
            "country": one.country,
            "channel": one.channel,
            "first_seen": one.created_at.isoformat().replace("+00:00", "Z"),
        }
        yield UserChange(UserId(one.user_id), attributes)


def _values(
    organization: SampleOrganization, until: datetime, fraction: float
) -> Iterator[MetricValue]:
    for one in sample_metrics(organization, until, fraction):
        yield MetricValue(one.date, one.metric_name, float(one.value))


def _batches(items: Iterable[T]) -> Iterator[Sequence[T]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
