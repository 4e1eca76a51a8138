"""Who uses a sample organization: where they came from, what became of them, what they pay.

Everything of a life but its sessions is drawn here, so that users can be listed
without making a single event, and events agree with the list.
"""

from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import NamedTuple

from .organizations import DAYS, PRICES, SampleOrganization
from .seasons import DAY, MINUTE, Season, season

SEED = 2026
#: Agencies, each with the same account in three of the organizations.
SHARED = 5
#: People of the whole workspace: calibrated so that all their events are a million.
NEWCOMERS = 28_200
REGULARS = 880

_CHANNELS = {
    "organic": (34, 1.0),
    "ads": (22, 0.7),
    "direct": (18, 1.1),
    "referral": (10, 1.5),
    "email": (7, 1.1),
    "partner": (5, 1.6),
    "social": (4, 0.6),
}
_NAMES = tuple(_CHANNELS)
_WEIGHTS = tuple(weight for weight, _ in _CHANNELS.values())
_AGAIN = ("direct",) * 5 + ("email",) * 3 + ("organic",) * 2 + ("ads",) * 2
_DEVICES = ("desktop",) * 58 + ("mobile",) * 34 + ("tablet",) * 8
_COUNTRIES = tuple(
    country
    for place, country in enumerate(("US", "DE", "GB", "FR", "IN", "BR", "JP", "CA", "ES", "NL"), 1)
    for _ in range(120 // place)
)
_ROLES = ("member",) * 15 + ("viewer",) * 3 + ("admin",) * 2
_PAID = ("team",) * 14 + ("business",) * 5 + ("enterprise",)
_SIGNUP = 0.27  # of visitors with one touch and an average channel
_MONTH = 30 * DAY


class Touch(NamedTuple):
    """A session that is known beforehand: where from, and when. [ms since 1970]"""

    at: int
    channel: str
    campaign: str | None


class Milestone(NamedTuple):
    """A step of a life with what the event says beside the usual. [ms since 1970]"""

    at: int
    event_type: str
    properties: dict[str, object]


class Person(NamedTuple):
    """One life, of which a visitor's ends before it has an account.

    Args:
        touches: Sessions that are known beforehand, the first one first.
        signup: When the account was made, before the range for regulars. [ms since 1970]
        leaves: After this there are no sessions any more. [ms since 1970]
        daily: How likely a session is on a working day, from 0 to 1.
        pace: Sessions of a day with sessions, on average 1 + half of it.
        length: Events of a session in terms of the usual.
        plan_before: What was paid when the range began.
        plan: What is paid when it ends.
        updated: When plan or role changed last. [ms since 1970]
    """

    user_id: str
    device: str
    country: str
    channel: str
    role: str
    touches: tuple[Touch, ...]
    signup: int | None
    milestones: tuple[Milestone, ...]
    leaves: int
    daily: float
    pace: float
    length: float
    plan_before: str
    plan: str
    updated: int


def people(
    organization: SampleOrganization, until: datetime, fraction: float = 1.0, seed: int = SEED
) -> Iterator[Person]:
    """Regulars first, then newcomers by their first touch.

    Args:
        fraction: Part of the people, greater than 0; 1 for the whole workspace.
    """
    days = season(organization, until)
    random = Random(f"{seed}:{organization.id}:people")
    size = organization.share * fraction
    prefix = f"user-{organization.number:02d}"
    for number in range(1, SHARED + 1):
        if (number + organization.number) % 4 == 0:
            yield _regular(f"user-00-{number:06d}", days, Random(f"{seed}:shared:{number}"), 900)
    regulars = round(REGULARS * size)
    age = (until - organization.created_at).days - DAYS
    for number in range(1, regulars + 1):
        yield _regular(f"{prefix}-{number:06d}", days, random, age)
    for number, at in enumerate(_first_touches(days, round(NEWCOMERS * size), random), 1):
        yield _newcomer(f"{prefix}-{regulars + number:06d}", at, days, random)


def _first_touches(days: Season, count: int, random: Random) -> list[int]:
    drawn = random.choices(range(len(days.midnights)), days.arrivals, k=count)
    return sorted(_minute(days, day, random) for day in drawn)


def _minute(days: Season, day: int, random: Random) -> int:
    midnight = days.midnights[day]
    at = midnight + random.choice(days.minutes[day]) * MINUTE + random.randrange(MINUTE)
    if days.start <= at < days.end:
        return at
    return random.randrange(max(midnight, days.start), min(midnight + DAY, days.end))


def _regular(user_id: str, days: Season, random: Random, age: int) -> Person:
    signup = days.start - 1 - int(random.random() * age * DAY)
    leaves = days.start + int(random.expovariate(1 / 400) * DAY)
    plan = random.choice(_PAID) if random.random() < 0.5 else "free"
    # Whole months after the first payment, the next of which lies in the range.
    next_payment = days.start + random.randrange(_MONTH)
    payments = _payments(next_payment, plan, leaves, random, first="renew")
    return _person(
        user_id,
        random,
        touches=(),
        signup=signup,
        milestones=payments,
        leaves=leaves,
        end=days.end,
        plan_before=plan,
    )


def _newcomer(user_id: str, at: int, days: Season, random: Random) -> Person:
    campaign = "sample-launch" if days.campaign[days.day(at)] else None
    channel = _channel(random, campaign)
    touches = [Touch(at, channel, campaign if channel in {"ads", "email"} else None)]
    while len(touches) < 5 and random.random() < 0.35:
        gap = 10 * MINUTE + int(random.expovariate(1 / 2.5) * DAY)
        touches.append(Touch(touches[-1].at + gap, random.choice(_AGAIN), None))
    chance = _SIGNUP * _CHANNELS[channel][1] * (1.3 if len(touches) > 1 else 1.0)
    if random.random() >= chance:
        return _person(
            user_id,
            random,
            touches=tuple(touches),
            signup=None,
            milestones=[],
            leaves=at,
            end=days.end,
        )
    signup = touches[-1].at + random.randrange(MINUTE, 6 * MINUTE)
    said: dict[str, object] = {"channel": touches[-1].channel, "first_channel": channel}
    leaves, milestones = _after_signup(signup, touches, random)
    return _person(
        user_id,
        random,
        touches=tuple(touches),
        signup=signup,
        milestones=[Milestone(signup, "signup", said), *milestones],
        leaves=leaves,
        end=days.end,
    )


def _channel(random: Random, campaign: str | None) -> str:
    if campaign and random.random() < 0.6:
        return random.choice(("ads", "ads", "email"))
    return random.choices(_NAMES, _WEIGHTS)[0]


def _after_signup(signup: int, touches: list[Touch], random: Random) -> tuple[int, list[Milestone]]:
    """The end of the life, and what is reached before it: some look once, some try, some stay."""
    fate = random.random()
    if fate < 0.38:
        leaves, activates, invites, subscribes = signup + 20 * MINUTE, 0.28, 0.0, 0.0
    elif fate < 0.87:
        leaves = signup + DAY + int(random.expovariate(1 / 8) * DAY)
        activates, invites, subscribes = 0.68, 0.18, 0.12
    else:
        leaves = signup + 20 * DAY + int(random.expovariate(1 / 400) * DAY)
        activates, invites, subscribes = 0.92, 0.4, 0.6
    if random.random() >= activates:
        return leaves, []
    later = MINUTE if random.random() < 0.65 or leaves - signup < DAY else 200 * MINUTE
    activated = signup + random.randrange(3, 20) * later
    steps = [Milestone(activated, "activate", {"seconds": (activated - signup) // 1_000})]
    if random.random() < invites:
        at = activated + int(random.random() * 7 * DAY)
        steps.append(Milestone(at, "invite", {"invited": random.randrange(1, 6)}))
    if random.random() < subscribes:
        at = signup + DAY + int(random.random() * 20 * DAY)
        if at < leaves:
            steps += _payments(at, random.choice(_PAID), leaves, random, first="subscribe")
    steps = [one for one in steps if one.at <= leaves]
    touches += [
        Touch(one.at - 2 * MINUTE, random.choice(_AGAIN), None)
        for one in steps
        if one.at - signup > 60 * MINUTE and one.event_type != "renew"
    ]
    return leaves, steps


def _payments(at: int, plan: str, leaves: int, random: Random, first: str) -> list[Milestone]:
    """Monthly until the end of the life, some paid back, then the cancellation."""
    price = PRICES[plan]
    if not price:
        return []
    said: dict[str, object] = {"plan": plan, "revenue_cents": price, "currency": "USD"}
    payments = []
    for number in range(DAYS // 30 + 1):
        if at <= leaves:
            payments.append(Milestone(at, "renew" if number else first, said))
            if random.random() < 0.03:
                back = at + random.randrange(DAY, 5 * DAY)
                payments.append(Milestone(back, "refund", {**said, "revenue_cents": -price}))
            at += _MONTH
    reason = random.choice(("price", "missing_feature", "not_needed", "other"))
    payments.append(Milestone(leaves, "cancel", {"plan": plan, "reason": reason}))
    return payments


def _person(
    user_id: str,
    random: Random,
    *,
    touches: tuple[Touch, ...],
    signup: int | None,
    milestones: list[Milestone],
    leaves: int,
    end: int,
    plan_before: str = "free",
) -> Person:
    changes = [
        one for one in milestones if one.event_type in {"subscribe", "cancel"} and one.at < end
    ]
    stays = leaves - (signup or leaves) > 20 * DAY
    plan = plan_before
    for change in changes:
        plan = "free" if change.event_type == "cancel" else str(change.properties["plan"])
    return Person(
        user_id,
        random.choice(_DEVICES),
        random.choice(_COUNTRIES),
        touches[0].channel if touches else random.choice(_NAMES),
        random.choice(_ROLES),
        touches,
        signup,
        tuple(milestones),
        leaves,
        random.betavariate(4, 2.2) if stays else 0.62,
        min(_pareto(user_id, 0.7549, 1.4) - 0.7, 8.0) if stays else 0.5,
        min(0.5 + _pareto(user_id, 0.5698, 1.8) / 4, 5.0),
        plan_before,
        plan,
        max((one.at for one in changes), default=signup or leaves),
    )


def _pareto(user_id: str, step: float, alpha: float) -> float:
    # Steps over the quantiles: a handful of people would make the size a matter of luck.
    return float((1 - int(user_id[-6:]) * step % 1) ** (-1 / alpha))
