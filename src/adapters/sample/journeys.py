"""What the people of a sample organization do, day by day: sessions, steps, bots, a bad day."""

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import NamedTuple

from .organizations import SampleOrganization
from .people import Person, people
from .seasons import DAY, MINUTE, Season, season

_TABLE = 1_024
_BOT_EVENTS = 15_000  # of the whole workspace
_PAGES = ("/", "/dashboard", "/reports", "/docs", "/pricing", "/blog", "/team", "/help", "/about")
_FEATURES = ("report", "filter", "chart", "alert", "comment", "share", "automation", "template")
_WORDS = ("invoice", "report", "export", "team", "pricing", "api", "sso", "webhook")


class Deed(NamedTuple):
    """An event before it has an id; ``delay`` is how long it was under way. [ms]"""

    at: int
    user_id: str
    event_type: str
    properties: dict[str, object]
    delay: int


def days_of_deeds(
    organization: SampleOrganization, until: datetime, fraction: float, seed: int
) -> Iterator[list[Deed]]:
    """The deeds of each local day in the order of time, made as they are asked for.

    Only what lies in the ninety days before ``until`` is told.
    """
    days = season(organization, until)
    random = Random(f"{seed}:{organization.id}:journeys")
    plan = _plan(people(organization, until, fraction, seed), days, random)
    bots = max(round(_BOT_EVENTS * organization.share * fraction / len(days.midnights)), 1)
    midnights = (*days.midnights, days.end + 1)
    sessions = _Sessions(random)
    over: list[Deed] = []
    for day in range(len(days.midnights)):
        deeds = over
        deeds += plan.milestones.pop(day, ())
        sessions.known(deeds, plan.touches.pop(day, ()), failing=days.down[day])
        sessions.returning(deeds, plan.returns.pop(day, ()), days, day)
        deeds += _bot(organization, days.midnights[day], bots, random)
        deeds.sort(key=_at)
        ends = midnights[day + 1]
        over = [deed for deed in deeds if deed.at >= ends]
        yield [deed for deed in deeds if days.start <= deed.at < min(ends, days.end)]


class _Plan(NamedTuple):
    """What is known of each day before it comes."""

    milestones: dict[int, list[Deed]]
    touches: dict[int, list[tuple[int, Person, str, str | None]]]
    returns: dict[int, list[Person]]


def _plan(everyone: Iterator[Person], days: Season, random: Random) -> _Plan:
    plan = _Plan(defaultdict(list), defaultdict(list), defaultdict(list))
    for person in everyone:
        for touch in person.touches:
            plan.touches[days.day(touch.at)].append(
                (touch.at, person, touch.channel, touch.campaign)
            )
        usual = {"device": person.device, "country": person.country}
        for at, event_type, properties in person.milestones:
            plan.milestones[days.day(at)].append(
                Deed(at, person.user_id, event_type, {**properties, **usual}, 0)
            )
        if person.signup is not None:
            _plan_returns(plan.returns, person, person.signup, days, random)
    return plan


def _plan_returns(
    returns: dict[int, list[Person]], person: Person, signup: int, days: Season, random: Random
) -> None:
    first = days.day(signup) + 1
    last = min(days.day(person.leaves), len(days.midnights) - 1)
    draw, daily, busy = random.random, person.daily, days.busy
    for day in range(max(first, 0), last + 1):
        # The day after the first is the likeliest of all.
        if draw() < (daily + 0.15 if day == first else daily) * busy[day]:
            returns[day].append(person)


class _Sessions:
    """Sessions of people, added to a list of deeds: the part that has to be fast."""

    def __init__(self, random: Random) -> None:
        self._draw = random.random
        self._gaps = [int(gap) + 800 for gap in _exponential(45_000)]
        self._lengths = _exponential(4.5)
        self._actions = _actions()
        self._many = len(self._actions)

    def known(
        self,
        deeds: list[Deed],
        touches: "list[tuple[int, Person, str, str | None]] | tuple[()]",
        *,
        failing: bool,
    ) -> None:
        """Sessions whose beginning is known."""
        for at, person, channel, campaign in touches:
            self._session(deeds, person, at, channel, campaign=campaign, failing=failing)

    def returning(
        self, deeds: list[Deed], returning: "list[Person] | tuple[()]", days: Season, day: int
    ) -> None:
        """Sessions of those who come back on the day, at an hour that is usual for it."""
        draw, midnight, minutes = self._draw, days.midnights[day], days.minutes[day]
        failing = days.down[day]
        many = len(minutes)
        for person in returning:
            for _ in range(1 + int(draw() * (person.pace + 1))):
                at = midnight + minutes[int(draw() * many)] * MINUTE + int(draw() * MINUTE)
                channel = "direct" if draw() < 0.7 else person.channel
                self._session(deeds, person, at, channel, campaign=None, failing=failing)

    def _session(
        self,
        deeds: list[Deed],
        person: Person,
        at: int,
        channel: str,
        *,
        campaign: str | None,
        failing: bool,
    ) -> None:
        draw, gaps, actions, new = self._draw, self._gaps, self._actions, tuple.__new__
        user_id, device, country = person.user_id, person.device, person.country
        many = self._many
        session = f"{user_id[5:]}-{at // 1_000:x}"
        # A telephone without a network keeps its events for up to six hours.
        delay = int(draw() * 6 * 60) * MINUTE if device == "mobile" and draw() < 0.02 else 0
        visit: dict[str, object] = {
            "page": "/pricing" if channel == "ads" else "/",
            "channel": channel,
            "device": device,
            "country": country,
            "session_id": session,
        }
        if campaign:
            visit["campaign"] = campaign
        deeds.append(Deed(at, user_id, "visit", visit, delay))
        if failing and draw() < 0.7:
            deeds.append(Deed(at + 1_500, user_id, "error", {**visit, "status": 503}, delay))
            return
        add = deeds.append
        for _ in range(min(int(self._lengths[int(draw() * _TABLE)] * person.length), 60)):
            at += gaps[int(draw() * _TABLE)]
            event_type, key, value = actions[int(draw() * many)]
            properties = {
                key: value,
                "channel": channel,
                "device": device,
                "country": country,
                "session_id": session,
            }
            add(new(Deed, (at, user_id, event_type, properties, delay)))


def _actions() -> list[tuple[str, str, object]]:
    """What happens within sessions, as often as it does."""
    kinds: tuple[tuple[str, int, str, tuple[object, ...]], ...] = (
        ("page_view", 60, "page", _PAGES),
        ("feature_use", 27, "feature", _FEATURES),
        ("search", 8, "query", _WORDS),
        ("export", 4, "format", ("csv", "xlsx", "pdf")),
        ("error", 1, "status", (500, 404)),
    )
    actions = []
    for event_type, percent, key, values in kinds:
        many = round(percent * _TABLE / 100)
        # The first value is the most frequent one.
        chosen = [values[int(len(values) * (place / many) ** 2)] for place in range(many)]
        actions += [(event_type, key, value) for value in chosen]
    return actions


def _exponential(mean: float) -> list[float]:
    # Evenly over its quantiles, so that chance is in the drawing only.
    return [-mean * math.log(1 - (place + 0.5) / _TABLE) for place in range(_TABLE)]


def _bot(
    organization: SampleOrganization, midnight: int, count: int, random: Random
) -> Iterator[Deed]:
    """A crawler that never sleeps and asks at even intervals."""
    every = DAY // count
    began = midnight + random.randrange(every)
    for number in range(count):
        at = began + number * every
        said: dict[str, object] = {
            "page": _PAGES[number % len(_PAGES)],
            "device": "bot",
            "user_agent": "SampleBot/1.0",
        }
        yield Deed(at, f"bot-{organization.number:02d}", "page_view", said, 0)


def _at(deed: Deed) -> int:
    return deed[0]
