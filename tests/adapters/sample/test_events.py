"""The sample events look like life, are the same every time, and are a million in all."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import islice, pairwise
from statistics import mean
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from sightline.adapters.sample.daily_metrics import sample_metrics
from sightline.adapters.sample.data_set import events_ndjson
from sightline.adapters.sample.events import (
    SampleEvent,
    sample_events,
    sample_memberships,
    sample_users,
)
from sightline.adapters.sample.organizations import (
    DAYS,
    PRICES,
    SampleOrganization,
    sample_organizations,
    silent_organizations,
)

UNTIL = datetime(2026, 9, 1, tzinfo=UTC)
START = UNTIL - timedelta(days=DAYS)
LARGEST = sample_organizations(UNTIL)[0]
FRACTION = 0.5


@cache
def _events(organization: SampleOrganization = LARGEST) -> tuple[SampleEvent, ...]:
    return tuple(sample_events(organization, UNTIL, FRACTION))


@cache
def _histories() -> dict[str, list[SampleEvent]]:
    histories = defaultdict(list)
    for event in _events():
        histories[event.user_id].append(event)
    return histories


@cache
def _newcomers() -> frozenset[str]:
    """Users whose first touch lies in the range, signed up or not."""
    regulars = {
        user.user_id for user in sample_users(LARGEST, UNTIL, FRACTION) if user.created_at < START
    }
    return frozenset(
        user_id
        for user_id in _histories()
        if user_id.startswith("user-") and user_id not in regulars
    )


def _local_days(organization: SampleOrganization) -> Counter[date]:
    zone = ZoneInfo(organization.time_zone)
    return Counter(event.timestamp.astimezone(zone).date() for event in _events(organization))


def test_there_are_a_million_events_and_every_id_is_one_of_its_own() -> None:
    counts = []
    identifiers = set()
    for organization in sample_organizations(UNTIL):
        of_one = {event.event_id for event in sample_events(organization, UNTIL)}
        counts.append(len(of_one))
        identifiers |= of_one
    assert sum(counts) == pytest.approx(1_000_000, rel=0.02)
    assert len(identifiers) == sum(counts)
    assert len(counts) == 12
    for place, count in enumerate(counts, 1):
        assert count * place == pytest.approx(counts[0], rel=0.2)


@pytest.mark.parametrize(
    "until", [datetime(2026, 3, 30, 1, tzinfo=UTC), datetime(2025, 11, 5, 17, 45, tzinfo=UTC)]
)
def test_the_size_does_not_hang_on_the_day_it_ends_on(until: datetime) -> None:
    count = sum(1 for one in sample_organizations(until) for _ in sample_events(one, until, 0.2))
    assert count == pytest.approx(200_000, rel=0.05)


def test_the_same_seed_gives_the_same_events() -> None:
    # On record, so that a change of the sample data is a decision.
    digest = hashlib.sha256()
    for organization in sample_organizations(UNTIL):
        digest.update(events_ndjson(sample_events(organization, UNTIL, 0.01)).encode())
    assert digest.hexdigest() == "0d1f9de69a1bf1726bb513ebfbccf055456e77b61ab8c2b8cc0071c6f523a3cc"
    again = islice(sample_events(LARGEST, UNTIL, 0.01), 500)
    assert tuple(again) == tuple(islice(sample_events(LARGEST, UNTIL, 0.01), 500))
    other = islice(sample_events(LARGEST, UNTIL, 0.01, seed=1), 500)
    assert {one.user_id for one in other} != {
        one.user_id for one in islice(sample_events(LARGEST, UNTIL, 0.01), 500)
    }


def test_events_come_in_the_order_of_time_within_the_ninety_days() -> None:
    for organization in sample_organizations(UNTIL):
        events = _events(organization)
        assert START <= events[0].timestamp < START + timedelta(days=1)
        assert UNTIL - timedelta(days=1) < events[-1].timestamp < UNTIL
        for one, next_one in pairwise(events):
            assert one.timestamp <= next_one.timestamp
            assert one.event_id < next_one.event_id
        assert {event.org_id for event in events} == {organization.id}


def test_ids_are_of_version_7_and_hold_the_time() -> None:
    for event in _events()[::997]:
        identifier = UUID(event.event_id)
        assert (str(identifier), identifier.version) == (event.event_id, 7)
        assert identifier.int >> 80 == round(event.timestamp.timestamp() * 1_000)


def test_a_few_events_are_received_late_and_none_before_it_happened() -> None:
    delays = [event.received_at - event.timestamp for event in _events()]
    late = [delay for delay in delays if delay]
    assert min(delays) == timedelta(0)
    assert 0.001 < len(late) / len(delays) < 0.02
    assert timedelta(hours=3) < max(late) <= timedelta(hours=6)
    assert max(event.received_at for event in _events()) < UNTIL


def test_newcomers_walk_down_the_funnel_as_in_life() -> None:
    steps = Counter[str]()
    for user_id in _newcomers():
        steps.update({event.event_type for event in _histories()[user_id]})
    assert 0.2 < steps["signup"] / steps["visit"] < 0.35
    assert 0.45 < steps["activate"] / steps["signup"] < 0.65
    assert 0.1 < steps["invite"] / steps["activate"] < 0.25
    assert 0.1 < steps["subscribe"] / steps["activate"] < 0.25
    assert 0.3 < steps["renew"] / steps["subscribe"] < 0.6
    assert 0.1 < steps["cancel"] / steps["subscribe"] < 0.4
    assert steps["refund"] > 0


def test_steps_of_a_life_come_in_order() -> None:
    order = ["visit", "signup", "activate"]
    seen = 0
    for user_id in _newcomers():
        kinds = [event.event_type for event in _histories()[user_id]]
        firsts = [kinds.index(step) for step in order if step in kinds]
        assert firsts == sorted(firsts)
        assert kinds.count("signup") <= 1
        if "subscribe" in kinds:
            seen += 1
            assert "renew" not in kinds[: kinds.index("subscribe")]
        if "cancel" in kinds:
            assert "renew" not in kinds[kinds.index("cancel") :]
    assert seen > 50


def test_people_come_back_less_and_less_until_some_stay() -> None:
    tomorrow, weeks = _retention()
    assert 0.33 < tomorrow < 0.45
    assert 0.12 < weeks[4] < 0.18
    for before, after in pairwise(weeks[:7]):
        assert after < before + 0.02
    # It flattens: what is lost in week 1 is many times what is lost in a later week.
    assert weeks[0] - weeks[1] > 10 * (weeks[4] - weeks[7]) / 3
    assert weeks[7] > 0.07


def _retention() -> tuple[float, list[float]]:
    signups = {
        user_id: next(event.timestamp for event in events if event.event_type == "signup")
        for user_id, events in _histories().items()
        if any(event.event_type == "signup" for event in events)
    }
    ages = {
        user_id: {(event.timestamp.date() - at.date()).days for event in _histories()[user_id]}
        for user_id, at in signups.items()
    }
    weeks = []
    for week in range(8):
        whole = _old_enough(signups, 7 * week + 7)
        weeks.append(mean(any(age // 7 == week for age in ages[one]) for one in whole))
    return mean(1 in ages[one] for one in _old_enough(signups, 2)), weeks


def _old_enough(signups: dict[str, datetime], days: int) -> list[str]:
    last = UNTIL.date() - timedelta(days=days)
    return [user_id for user_id, at in signups.items() if at.date() <= last]


def test_weekends_are_quiet_and_nights_in_the_local_zone_too() -> None:
    for organization in sample_organizations(UNTIL)[:6]:
        zone = ZoneInfo(organization.time_zone)
        people = [
            event.timestamp.astimezone(zone)
            for event in _events(organization)
            if not event.user_id.startswith("bot-")
        ]
        weekdays = Counter(at.weekday() for at in people)
        weekend = mean(weekdays[day] for day in (5, 6))
        assert 0.35 < weekend / mean(weekdays[day] for day in range(5)) < 0.75
        hours = Counter(at.hour for at in people)
        assert hours[3] * 5 < hours[10]
        assert hours[3] * 5 < hours[14]


def test_the_ninety_days_grow() -> None:
    days = _local_days(LARGEST)
    ordered = sorted(days)
    early, late = ordered[1:29], ordered[-29:-1]
    assert 1.3 < sum(days[day] for day in late) / sum(days[day] for day in early) < 2.5


def test_a_campaign_brings_people_and_an_outage_keeps_them_away() -> None:
    # Without the smaller ones, whose days are a handful of people.
    for organization in sample_organizations(UNTIL)[:6]:
        zone = ZoneInfo(organization.time_zone)
        first = START.astimezone(zone).date()
        events = _events(organization)
        launched = {
            event.timestamp.astimezone(zone).date()
            for event in events
            if event.properties.get("campaign") == "sample-launch"
        }
        began = first + timedelta(days=organization.campaign)
        assert began in launched
        assert launched <= {began + timedelta(days=day) for day in range(3)}
        days = _local_days(organization)
        down = first + timedelta(days=organization.outage)
        while down.weekday() >= 5:
            down += timedelta(days=1)
        usual = mean(days[down + timedelta(days=7 * week)] for week in (-2, -1, 1))
        assert days[down] < 0.65 * usual
        errors = Counter(
            event.timestamp.astimezone(zone).date()
            for event in events
            if event.event_type == "error" and event.properties["status"] == 503
        )
        assert errors.most_common(1)[0][0] == down


def test_a_few_people_make_much_of_it_and_a_bot_never_sleeps() -> None:
    counts = Counter({user_id: len(events) for user_id, events in _histories().items()})
    most = counts.most_common(len(counts) // 100)
    assert 0.15 < sum(count for _, count in most) / len(_events()) < 0.5
    bot = [event.timestamp for event in _histories()["bot-01"]]
    assert {at.hour for at in bot} == set(range(24))
    assert {event.properties["device"] for event in _histories()["bot-01"]} == {"bot"}


def test_first_touches_come_through_every_channel_before_the_signup() -> None:
    channels = Counter[object]()
    for user_id in _newcomers():
        history = _histories()[user_id]
        assert history[0].event_type == "visit"
        channels[history[0].properties["channel"]] += 1
        for event in history:
            if event.event_type == "signup":
                assert event.properties["first_channel"] == history[0].properties["channel"]
    assert set(channels) == {"organic", "ads", "direct", "referral", "email", "partner", "social"}
    assert channels.most_common(1)[0][0] == "organic"


def test_money_is_that_of_the_plans() -> None:
    for event in _events():
        if "revenue_cents" in event.properties:
            sign = -1 if event.event_type == "refund" else 1
            price = PRICES[str(event.properties["plan"])]
            assert event.properties["revenue_cents"] == sign * price != 0
            assert event.event_type in {"subscribe", "renew", "refund"}


def test_users_are_those_who_signed_up() -> None:
    users = {user.user_id: user for user in sample_users(LARGEST, UNTIL, FRACTION)}
    signups = {
        event.user_id: event.timestamp for event in _events() if event.event_type == "signup"
    }
    assert all(users[user_id].created_at == at for user_id, at in signups.items())
    others = [user for user in users.values() if user.user_id not in signups]
    assert others
    assert all(user.created_at < START for user in others)
    assert all(user.created_at <= user.updated_at < UNTIL for user in users.values())
    assert all(user.email.endswith("@sample.example") for user in users.values())
    assert {user.plan for user in users.values()} == set(PRICES)


def test_agencies_are_members_of_several_organizations_with_one_account() -> None:
    where = defaultdict(set)
    accounts = defaultdict(set)
    for organization in sample_organizations(UNTIL):
        users = list(sample_users(organization, UNTIL, 0.01))
        memberships = list(sample_memberships(organization, UNTIL, 0.01))
        assert [one.user_id for one in memberships] == [user.user_id for user in users]
        assert all(one.joined_at >= organization.created_at for one in memberships)
        for user in users:
            where[user.user_id].add(organization.id)
            accounts[user.user_id].add(user)
    shared = {user_id for user_id, organizations in where.items() if len(organizations) > 1}
    assert len(shared) == 5
    assert all(len(where[user_id]) == 3 for user_id in shared)
    assert all(len(same) == 1 for same in accounts.values())


def test_organizations_say_that_they_are_samples() -> None:
    everyone = (*sample_organizations(UNTIL), *silent_organizations(UNTIL))
    assert len({one.id for one in everyone}) == len(everyone) == 20
    assert all(one.id.startswith("sample-") and one.name.startswith("Sample ") for one in everyone)
    assert {one.plan for one in everyone} == set(PRICES)
    assert all(one.created_at < START for one in everyone if one.share)
    assert sum(one.share for one in everyone) == pytest.approx(1)


def test_daily_metrics_are_true_to_the_events() -> None:
    values = {
        (one.metric_name, one.date): one.value for one in sample_metrics(LARGEST, UNTIL, FRACTION)
    }
    events = _events()
    assert _total(values, "sessions") == sum(one.event_type == "visit" for one in events)
    cents = sum(int(str(one.properties.get("revenue_cents", 0))) for one in events)
    assert _total(values, "revenue_usd") * 100 == cents > 0
    paying = sum(PRICES[user.plan] for user in sample_users(LARGEST, UNTIL, FRACTION))
    last = UNTIL.date() - timedelta(days=1)
    assert values["mrr_usd", last] * 100 == paying
    asked = {day for name, day in values if name == "nps"}
    assert {day.weekday() for day in asked} == set(range(5))
    assert len({day for name, day in values if name == "mrr_usd"}) == DAYS


def _total(values: dict[tuple[str, date], Decimal], name: str) -> Decimal:
    return sum((value for (of, _), value in values.items() if of == name), Decimal(0))


def test_days_that_the_range_cuts_have_no_metrics() -> None:
    noon = UNTIL + timedelta(hours=12)
    days = {one.date for one in sample_metrics(LARGEST, noon, 0.02)}
    assert (min(days), max(days)) == (date(2026, 6, 4), date(2026, 8, 31))


def test_events_are_made_as_they_are_asked_for() -> None:
    events: Iterable[SampleEvent] = sample_events(LARGEST, UNTIL, 0.01)
    first = next(iter(events))
    assert first.timestamp < START + timedelta(days=1)
