"""What is asked for: a scope, a window, its buckets and figures, within limits."""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import field, frozen

from ..errors import InvalidWindow
from ..windows import Bucket, Interval, TimeWindow, buckets
from .figures import AT_ONE_INSTANT, OF_DEMAND, ON_REQUEST, Statistic
from .readings import instant, milliseconds
from .sites import Level

LONGEST_BY_THE_CLOCK = timedelta(days=400)
LONGEST = timedelta(days=3_653)
LONGEST_DEMAND = LONGEST_BY_THE_CLOCK
LONGEST_AT_ONE_INSTANT = timedelta(days=31)
MOST_BUCKETS = 10_000
MOST_CELLS = 250_000
MOST_CIRCUIT_DAYS = 1_200

_DAY = timedelta(days=1)
_SHORTEST = {
    Interval.QUARTER_HOUR: timedelta(minutes=15),
    Interval.HOUR: timedelta(hours=1),
}


def _to_the_millisecond(window: TimeWindow) -> TimeWindow:
    start, end = milliseconds(window.start), milliseconds(window.end)
    if start == end:
        raise InvalidWindow("a window lasts at least a millisecond", path=("end",), code="empty")
    return TimeWindow(instant(start), instant(end))


@frozen
class PowerRequest:
    """What somebody wants to know of the power of a scope.

    Args:
        level: The level of the scope.
        id: Its id.
        window: When; read to the millisecond.
        interval: Length of the buckets, or None for none.
        zone: Whose clock and calendar the buckets follow.
        statistics: The figures wanted, or None for the usual ones.

    Raises:
        InvalidWindow: If the window is longer than the interval or a statistic
            allows, or holds too many buckets.
    """

    level: Level
    id: UUID
    window: TimeWindow = field(converter=_to_the_millisecond)
    interval: Interval | None
    zone: ZoneInfo
    statistics: frozenset[Statistic] | None

    def __attrs_post_init__(self) -> None:
        by_the_clock = self.interval in _SHORTEST
        longest = LONGEST_BY_THE_CLOCK if by_the_clock else LONGEST
        self._limit(longest, "end", f"with interval {self.interval or 'none'}")
        if self.interval and self._length / _SHORTEST.get(self.interval, _DAY) > MOST_BUCKETS + 1:
            raise _too_many_buckets()
        wanted = self.statistics or frozenset()
        if wanted & OF_DEMAND:
            names = ", ".join(sorted(wanted & OF_DEMAND))
            self._limit(LONGEST_DEMAND, "statistics", f"with {names}")
        if wanted & ON_REQUEST:
            names = ", ".join(sorted(wanted & ON_REQUEST))
            self._limit(LONGEST_AT_ONE_INSTANT, "statistics", f"with {names}")

    @property
    def _length(self) -> timedelta:
        return self.window.end - self.window.start

    def _limit(self, longest: timedelta, path: str, when: str) -> None:
        if self._length > longest:
            raise InvalidWindow(
                f"the window may be at most {longest.days} days long {when}",
                path=(path,),
                code="too_long",
            )

    def served(self, circuits: int) -> frozenset[Statistic]:
        """The statistics to serve for a scope of so many circuits.

        By default all but those `ON_REQUEST`; of several circuits also not those
        `AT_ONE_INSTANT`; and the demand in windows of up to 400 days.

        Raises:
            InvalidWindow: If statistics were asked for that would need too many readings.
        """
        if self.statistics is None:
            left_out = AT_ONE_INSTANT if circuits != 1 else ON_REQUEST
            if self._length > LONGEST_DEMAND:
                left_out |= OF_DEMAND
            return frozenset(Statistic) - left_out
        heavy = self.statistics & AT_ONE_INSTANT
        if heavy and circuits > 1:
            names = ", ".join(sorted(heavy))
            self._limit(LONGEST_AT_ONE_INSTANT, "statistics", f"with {names} of several circuits")
            if circuits * (self._length / _DAY) > MOST_CIRCUIT_DAYS:
                raise InvalidWindow(
                    f"circuits times days may be at most {MOST_CIRCUIT_DAYS} with {names}; "
                    f"this scope has {circuits} circuits",
                    path=("statistics",),
                    code="too_many_readings",
                )
        return self.statistics

    def parts(self) -> tuple[tuple[Bucket, TimeWindow], ...]:
        """The buckets that touch the window, each with its part inside the window.

        Raises:
            InvalidWindow: If there are more than 10,000.
        """
        if self.interval is None:
            return ()
        found = buckets(self.window, self.interval, self.zone)
        if len(found) > MOST_BUCKETS:
            raise _too_many_buckets()
        start, end = self.window.start, self.window.end
        return tuple((one, TimeWindow(max(one.start, start), min(one.end, end))) for one in found)


def _too_many_buckets() -> InvalidWindow:
    return InvalidWindow(
        f"the window may hold at most {MOST_BUCKETS} buckets; take a longer interval",
        path=("interval",),
        code="too_many_buckets",
    )
