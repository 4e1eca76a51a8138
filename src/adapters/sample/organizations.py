"""Twelve organizations whose events are sample data, and eight that have sent none yet.

Their sizes follow Zipf's law, they live in different time zones, and each has one day
on which it was down and one on which a campaign ran. Nothing here is a real company.
"""

from datetime import datetime, timedelta

from attrs import frozen

from ...domain.identifiers import TenantId

#: What a user pays in a month, by plan. [US cent]
PRICES = {"free": 0, "team": 2_900, "business": 9_900, "enterprise": 49_900}
#: Days before the end at which the first event may lie.
DAYS = 90

#: name, plan, time zone, age in days, day of the campaign, day of the outage
_TWELVE = (
    ("Games", "enterprise", "America/Los_Angeles", 910, 47, 68),
    ("Travel", "enterprise", "Europe/Berlin", 860, 38, 60),
    ("Music", "business", "America/New_York", 720, 54, 75),
    ("University", "enterprise", "Europe/London", 655, 30, 66),
    ("Fitness", "business", "America/Chicago", 540, 61, 45),
    ("Hotels", "business", "Asia/Singapore", 480, 44, 72),
    ("Clinic", "team", "Europe/Paris", 420, 52, 31),
    ("Freight", "business", "America/Denver", 365, 36, 58),
    ("Robotics", "team", "Asia/Tokyo", 310, 65, 40),
    ("Insurance", "team", "Australia/Sydney", 260, 33, 79),
    ("Library", "free", "Europe/Madrid", 200, 58, 50),
    ("Bakery", "free", "America/Sao_Paulo", 150, 41, 64),
)
_SILENT = ("Aquarium", "Brewery", "Cinema", "Dairy", "Florist", "Garage", "Museum", "Theatre")


@frozen
class SampleOrganization:
    """An organization of the sample workspace.

    Args:
        number: From 1, the largest first.
        share: Its part of all sample events, 0 for one that has sent none.
        campaign: Day of the ninety, from 0, on which a two-day campaign began.
        outage: Day of the ninety, from 0, on which, or on the next working day, little worked.
    """

    id: TenantId
    number: int
    name: str
    plan: str
    time_zone: str
    created_at: datetime
    share: float
    campaign: int
    outage: int


def sample_organizations(until: datetime) -> tuple[SampleOrganization, ...]:
    """The twelve that have events in the ninety days before ``until``, largest first."""
    whole = sum(1 / place for place in range(1, len(_TWELVE) + 1))
    return tuple(
        SampleOrganization(
            TenantId(f"sample-{name.lower()}"),
            number,
            f"Sample {name}",
            plan,
            time_zone,
            until - timedelta(days=age),
            1 / number / whole,
            campaign,
            outage,
        )
        for number, (name, plan, time_zone, age, campaign, outage) in enumerate(_TWELVE, 1)
    )


def silent_organizations(until: datetime) -> tuple[SampleOrganization, ...]:
    """Eight that signed up in the last weeks and have neither users nor events."""
    first = len(_TWELVE) + 1
    return tuple(
        SampleOrganization(
            TenantId(f"sample-{name.lower()}"),
            number,
            f"Sample {name}",
            "free",
            "UTC",
            until - timedelta(days=2 * (number - first) + 1),
            0.0,
            0,
            0,
        )
        for number, name in enumerate(_SILENT, first)
    )
