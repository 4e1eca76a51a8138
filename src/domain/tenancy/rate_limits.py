"""Rate limits: a bucket of units that refills evenly, kept as one number.

GCRA, the generic cell rate algorithm: all that is remembered of a bucket is its
*theoretical arrival time*, the instant at which it is full again. An unused
bucket's lies in the past, so that forgetting it changes nothing.

Instants and spans are whole microseconds, which a 64-bit float (the numbers of
Redis scripts) still holds exactly in the year 2255. A unit that does not take a
whole number of microseconds to refill is rounded up: a bucket never gives more
than it says, and at a thousand units a second at most 0.1 % less.

References:
    ITU-T I.371 (2004), annex A: virtual scheduling.
"""

import re
from typing import NamedTuple

from attrs import field, frozen

from ..errors import InvalidInput

#: Short, and needs no escape in a header field (RFC 9651, 3.3.3).
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
MICROSECONDS = 1_000_000
LARGEST_QUOTA = 10**9
LONGEST_WINDOW_SECONDS = 31 * 86_400

#: The state of a bucket that nobody has spent from.
UNTOUCHED = 0


@frozen
class RatePolicy:
    """So many units in so many seconds, some of them at once.

    Args:
        name: What clients call it: a-z, 0-9 and -, at most 32.
        quota: Units that come back in a window. [1..10^9, at most one a microsecond]
        window_seconds: Length of the window. [s, 1 to 31 days]
        burst: Units that may be spent at once, at most the quota; the quota without it.
        interval: Time that one unit takes to come back. [µs]
        room: Time that an empty bucket takes to be full. [µs]

    Raises:
        InvalidInput: If it cannot be kept.
    """

    name: str
    quota: int
    window_seconds: int
    burst: int = field()
    interval: int = field(init=False, eq=False, repr=False)
    room: int = field(init=False, eq=False, repr=False)

    @burst.default
    def _all_at_once(self) -> int:
        return self.quota

    def __attrs_post_init__(self) -> None:
        check_policy(self.name, self.quota)
        if not 1 <= self.window_seconds <= LONGEST_WINDOW_SECONDS:
            message = f"a window has between 1 and {LONGEST_WINDOW_SECONDS} seconds"
            raise InvalidInput(message, path=("window_seconds",), code="window")
        if self.quota > self.window_seconds * MICROSECONDS:
            message = "a quota is at most a unit a microsecond"
            raise InvalidInput(message, path=("window_seconds",), code="window")
        if not 1 <= self.burst <= self.quota:
            message = f"a burst lies between 1 and the quota, {self.quota}"
            raise InvalidInput(message, path=("burst",), code="burst")
        interval = -(-self.window_seconds * MICROSECONDS // self.quota)
        object.__setattr__(self, "interval", interval)
        object.__setattr__(self, "room", self.burst * interval)

    @property
    def most(self) -> int:
        """The largest cost that can ever pass."""
        return self.burst


class Verdict(NamedTuple):
    """What one policy says of a request.

    A tuple, because some are made for every request.

    Args:
        name: Name of the policy.
        allowed: Whether it would let the request through.
        remaining: Units that are left after the request, or before it if it was refused.
        reset: Until everything is back, if nobody spends. [µs]
        wait: Until a refused request would pass, if nobody spends; 0 if it may now. [µs]
    """

    name: str
    allowed: bool
    remaining: int
    reset: int
    wait: int


def spend(policy: RatePolicy, arrival: int, cost: int, now: int) -> tuple[int, Verdict]:
    """The next state and the verdict; a refusal spends nothing.

    A clock that stepped back, like a limit that was lowered, finds the bucket
    emptier than empty. It is taken for empty from then on, refusal or not: that
    gives nothing for free, and nobody waits longer than an empty bucket takes to
    refill.

    Args:
        arrival: The state: when the bucket is full again, or `UNTOUCHED`. [µs]
        cost: Units, 1 or more.
        now: The present. [µs]

    Raises:
        InvalidInput: If the cost is less than 1 or can never pass.
    """
    if not 1 <= cost <= policy.burst:
        check_cost(cost, policy.most, policy.name)
    room, interval = policy.room, policy.interval
    # Until it is full, from now on; between nothing and all of it.
    missing = arrival - now
    if missing < 0:
        missing = 0
    elif missing > room:
        missing = room
    after = missing + cost * interval
    if after <= room:
        return now + after, Verdict(policy.name, True, (room - after) // interval, after, 0)
    left = (room - missing) // interval
    # Capped only: whatever is refused has an arrival after now.
    return now + missing, Verdict(policy.name, False, left, missing, after - room)


def peek(policy: RatePolicy, arrival: int, cost: int, now: int) -> Verdict:
    """The verdict on a request that is let through by this policy but not made."""
    filled = min(max(arrival, now), now + policy.room)
    left = (now + policy.room - filled) // policy.interval
    return Verdict(policy.name, left >= cost, left, filled - now, 0)


def check_policy(name: str, quota: int) -> None:
    """Refuse a name that no header could carry and a quota that cannot be counted.

    Raises:
        InvalidInput: If it is so.
    """
    if not _NAME.fullmatch(name):
        message = "a policy's name is 1 to 32 of a-z, 0-9 and -, starting with a letter"
        raise InvalidInput(message, path=("name",), code="policy_name")
    if not 1 <= quota <= LARGEST_QUOTA:
        message = f"a quota lies between 1 and {LARGEST_QUOTA}"
        raise InvalidInput(message, path=("quota",), code="quota")


def check_cost(cost: int, most: int, name: str) -> None:
    """Refuse a request that no waiting helps.

    Raises:
        InvalidInput: If the cost is less than 1 or more than the most that can ever pass.
    """
    if not 1 <= cost <= most:
        message = f"a request of {cost} units can never pass: {name} allows 1 to {most} at once"
        raise InvalidInput(message, code="cost")
