"""How old market data may be for what: the rungs of the ladder, as data."""

from datetime import datetime, timedelta
from enum import StrEnum

from attrs import field, frozen

from ..errors import InvalidInput


class Rung(StrEnum):
    """What the age of a benchmark allows.

    ``FRESH`` is given out as it is; ``AGEING`` too, while it is read anew in the
    background; ``STALE`` at once but marked, while it is read anew; ``SNAPSHOT``
    only when it cannot be read anew; ``EXPIRED`` never.
    """

    FRESH = "fresh"
    AGEING = "ageing"
    STALE = "stale"
    SNAPSHOT = "snapshot"
    EXPIRED = "expired"


@frozen
class FreshnessPolicy:
    """The ages at which a benchmark steps down the ladder.

    Args:
        fresh: Given out unmarked up to this age, inclusive.
        refresh_ahead: Share of ``fresh`` after which it is read anew in the
            background. (0..1]
        stale: Given out at once, marked, up to this age.
        snapshot: Given out, marked, when nothing else can be had, up to this age.
        pause_after_failure: How long a market is left alone after a failed
            call, so that one bad market cannot use up the breaker's patience
            for all.
        not_found: How long an unknown market stays unknown without asking.

    Raises:
        InvalidInput: If the ages do not ascend or the share is not in (0..1].
    """

    fresh: timedelta = field(default=timedelta(minutes=15))
    refresh_ahead: float = field(default=0.8)
    stale: timedelta = field(default=timedelta(hours=24))
    snapshot: timedelta = field(default=timedelta(days=45))
    pause_after_failure: timedelta = field(default=timedelta(seconds=2))
    not_found: timedelta = field(default=timedelta(seconds=30))

    def __attrs_post_init__(self) -> None:
        if not timedelta() < self.fresh <= self.stale <= self.snapshot:
            raise InvalidInput("ages must ascend: 0 < fresh <= stale <= snapshot")
        if not 0 < self.refresh_ahead <= 1:
            raise InvalidInput("refresh_ahead must lie in (0..1]", path=("refresh_ahead",))

    def rung(self, fetched_at: datetime, now: datetime) -> Rung:
        """The rung of a benchmark that was read at an instant.

        One from the future counts as that much too old: after a clock was set
        back nothing may stay fresh until the clock has caught up.
        """
        age = abs(now - fetched_at)
        if age <= self.fresh * self.refresh_ahead:
            return Rung.FRESH
        if age <= self.fresh:
            return Rung.AGEING
        if age <= self.stale:
            return Rung.STALE
        return Rung.SNAPSHOT if age <= self.snapshot else Rung.EXPIRED


def age_seconds(fetched_at: datetime, now: datetime) -> float:
    """How long ago a benchmark was read; 0 for one from the future. [s]"""
    return max((now - fetched_at).total_seconds(), 0.0)
