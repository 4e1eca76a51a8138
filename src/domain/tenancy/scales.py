"""Scale tiers: how much of the platform a tenant is declared to need."""

from collections.abc import Mapping
from enum import StrEnum

from attrs import frozen


class ScaleTier(StrEnum):
    """How much is kept ready for a tenant, from the least to the most."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


@frozen
class Scale:
    """What a tier means.

    Args:
        tier: Which tier.
        fewest_replicas: Serving processes of the tenant's pool at any time.
        most_replicas: Those that it may grow to.
        weight_factor: Times the plan's share of the places that free up.
        quota_factor: Times the plan's units, those of a minute and those of a month.
        cache_share_percent: Share of shared caches that the platform gives it. [percent]
    """

    tier: ScaleTier
    fewest_replicas: int
    most_replicas: int
    weight_factor: int
    quota_factor: int
    cache_share_percent: int


SCALES: Mapping[ScaleTier, Scale] = {
    ScaleTier.SMALL: Scale(ScaleTier.SMALL, 1, 2, 1, 1, 5),
    ScaleTier.MEDIUM: Scale(ScaleTier.MEDIUM, 2, 6, 2, 2, 15),
    ScaleTier.LARGE: Scale(ScaleTier.LARGE, 4, 20, 4, 4, 40),
}
