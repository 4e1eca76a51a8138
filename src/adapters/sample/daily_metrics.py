"""Daily figures of the sample organizations, true to their events. Not real.

Sessions and revenue add up over days, recurring revenue is a level, and the promoter
score is an average that nobody asked for at weekends.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from ...domain.identifiers import TenantId
from .events import SampleEvent, sample_events
from .organizations import DAYS, PRICES, SampleOrganization
from .people import SEED, people


class SampleMetric(NamedTuple):
    """The value of one metric on one day in UTC."""

    org_id: TenantId
    date: date
    metric_name: str
    value: Decimal


def sample_metrics(
    organization: SampleOrganization, until: datetime, fraction: float = 1.0, seed: int = SEED
) -> Iterator[SampleMetric]:
    """``sessions``, ``revenue_usd``, ``mrr_usd`` and ``nps`` of every whole day, oldest first.

    Not a number for a day on which it was not asked for: ``nps`` is missing at weekends.
    """
    sessions: Counter[date] = Counter()
    revenue: Counter[date] = Counter()
    recurring: Counter[date] = Counter()
    for event in sample_events(organization, until, fraction, seed):
        day = event.timestamp.date()
        if event.event_type == "visit":
            sessions[day] += 1
        elif event.event_type not in {"page_view", "feature_use"}:
            revenue[day] += _cents(event)
            recurring[day] += _change(event)
    level = sum(
        PRICES[person.plan_before] for person in people(organization, until, fraction, seed)
    )
    mood = _Mood(Random(f"{seed}:{organization.id}:nps"))
    for day in sorted(_days(until)):
        level += recurring[day]
        for name, value in (
            ("sessions", Decimal(sessions[day])),
            ("revenue_usd", Decimal(revenue[day]).scaleb(-2)),
            ("mrr_usd", Decimal(level).scaleb(-2)),
            ("nps", mood.asked(day)),
        ):
            if value is not None:
                yield SampleMetric(organization.id, day, name, value)


def _days(until: datetime) -> Iterator[date]:
    start, day = until - timedelta(days=DAYS), until.astimezone(UTC).date()
    for _ in range(DAYS):
        day -= timedelta(days=1)
        if datetime(day.year, day.month, day.day, tzinfo=UTC) >= start:
            yield day


def _cents(event: SampleEvent) -> int:
    cents = event.properties.get("revenue_cents", 0)
    return cents if isinstance(cents, int) else 0


def _change(event: SampleEvent) -> int:
    sign = {"subscribe": 1, "cancel": -1}.get(event.event_type, 0)
    return sign * PRICES[str(event.properties["plan"])] if sign else 0


class _Mood:
    """A promoter score that wanders between bad and good."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._score = random.uniform(10, 50)

    def asked(self, day: date) -> Decimal | None:
        self._score = min(max(self._score + self._random.gauss(0, 2), -100), 100)
        return None if day.weekday() >= 5 else Decimal(round(self._score))
