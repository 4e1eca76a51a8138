"""Power readings, one at a time and in columns, and the rule that holds them."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from attrs import field, frozen

from ..errors import InvalidInput
from ..windows import EARLIEST, LATEST

MOST_WATTS = 100_000_000
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(at: datetime) -> int:
    """An aware instant as milliseconds since 1970, what is finer cut off. [ms]"""
    return (at - _EPOCH) // _MILLISECOND


def instant(at_ms: int) -> datetime:
    """The instant so many milliseconds after 1970. [UTC]"""
    return _EPOCH + at_ms * _MILLISECOND


def _to_the_millisecond(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise InvalidInput("at must carry a UTC offset", path=("at",), code="naive")
    if not EARLIEST <= at < LATEST:
        raise InvalidInput(
            "at must lie in the years 1970 to 2199", path=("at",), code="out_of_range"
        )
    at = at.astimezone(UTC)
    return at if at.microsecond % 1000 == 0 else instant(milliseconds(at))


@frozen
class PowerReading:
    """The power of a circuit from one instant until the next reading.

    Args:
        at: When, aware; kept in UTC to the millisecond, what is finer is cut off.
        watts: Whole watts, 0 to 100,000,000. [W]

    Raises:
        InvalidInput: If the instant is naive or outside the years 1970 to 2199,
            or the watts are not a whole number in range.
    """

    at: datetime = field(converter=_to_the_millisecond)
    watts: int

    def __attrs_post_init__(self) -> None:
        if type(self.watts) is not int:
            raise InvalidInput(
                "watts must be a whole number", path=("watts",), code="not_an_integer"
            )
        if not 0 <= self.watts <= MOST_WATTS:
            raise InvalidInput(
                f"watts must lie between 0 and {MOST_WATTS}", path=("watts",), code="out_of_range"
            )


@frozen
class HoldRule:
    """For how long a reading is believed.

    A reading holds until the next one if that comes within the largest gap,
    otherwise for one nominal interval.

    Args:
        nominal_ms: How far apart readings should be. [ms]
        max_gap_ms: The largest gap that a reading bridges, at least the nominal
            interval. [ms]

    Raises:
        InvalidInput: If the interval is not positive or the gap smaller than it.
    """

    nominal_ms: int
    max_gap_ms: int

    def __attrs_post_init__(self) -> None:
        if not 0 < self.nominal_ms <= self.max_gap_ms:
            raise InvalidInput(
                "the nominal interval must be positive and not above the largest gap",
                path=("max_gap_ms",),
            )


HOLD = HoldRule(nominal_ms=60_000, max_gap_ms=180_000)
"""The rule of every stored summary: minutes, bridging gaps of up to three of them."""


@frozen
class PowerSeries:
    """The readings of one circuit in columns, oldest first, one per instant.

    Args:
        at_ms: Instants, strictly ascending, since 1970. [ms]
        watts: The power from each of them. [W]
    """

    at_ms: tuple[int, ...]
    watts: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.at_ms)

    @staticmethod
    def of(readings: Iterable[PowerReading]) -> "PowerSeries":
        """A series from readings in any order; of several at one instant the last counts."""
        return NO_READINGS.updated(readings)

    def updated(self, readings: Iterable[PowerReading]) -> "PowerSeries":
        """The series after more readings, which replace those at the same instants."""
        return self.joined({milliseconds(one.at): one.watts for one in readings})

    def joined(self, newer: dict[int, int]) -> "PowerSeries":
        """The series with watts by instant put over it. [W by ms]"""
        kept = dict(zip(self.at_ms, self.watts, strict=True)) | newer
        instants = sorted(kept)
        return PowerSeries(tuple(instants), tuple([kept[at] for at in instants]))

    def between(self, start_ms: int, end_ms: int) -> "PowerSeries":
        """The readings with ``start <= at < end``."""
        first, last = bisect_left(self.at_ms, start_ms), bisect_left(self.at_ms, end_ms)
        return PowerSeries(self.at_ms[first:last], self.watts[first:last])


NO_READINGS = PowerSeries((), ())
"""The series of a circuit that never reported."""
