"""One user's events as a funnel sees them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from attrs import field, frozen


@frozen
class Row:
    """An event, without all that a funnel does not look at.

    Args:
        at: When. [µs since 1970]
        fits: Bit k is set where the event fits step k + 1; the bits above are those of the
            exclusions, in their order.
        value: What the breakdown reads of it.
    """

    at: int
    fits: int
    value: str = ""


@frozen(eq=False)
class Rows:
    """One user's events by instant; of those at one instant, the first acknowledged first.

    Args:
        rows: The events.
        patterns: How many steps and exclusions there are.
    """

    rows: Sequence[Row]
    patterns: int
    at: list[int] = field(init=False)
    fitting: list[list[int]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "at", [row.at for row in self.rows])
        fitting = [
            [place for place, row in enumerate(self.rows) if row.fits >> bit & 1]
            for bit in range(self.patterns)
        ]
        object.__setattr__(self, "fitting", fitting)

    def tied(self, at: int) -> range:
        """The places of the events at an instant."""
        return range(bisect_left(self.at, at), bisect_right(self.at, at))

    def of(self, pattern: int, first: int, last: int) -> Iterator[int]:
        """The places of events that fit a pattern, from one instant to another, both included."""
        places = self.fitting[pattern]
        start = bisect_left(places, bisect_left(self.at, first))
        for place in _from(places, start):
            if self.at[place] > last:
                return
            yield place

    def after(self, at: int) -> int | None:
        """The next instant at which the user did anything; None if there is none."""
        place = bisect_right(self.at, at)
        return self.at[place] if place < len(self.at) else None


def _from(places: Sequence[int], start: int) -> Iterator[int]:
    return (places[at] for at in range(start, len(places)))
