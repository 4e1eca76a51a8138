"""Which events fill the steps of one attempt, for each order of steps.

All three answer the places of the events that fill steps 1, 2, …, with None for a step
that is not filled; they fill from the instant of entry to the last instant of the window,
both included. An event fills one step.

Ties count in favour of the funnel: events at one instant are taken in whichever order goes
furthest. Which events of an instant fill which of its steps is a matching, found by
augmenting paths; so it is exact however patterns overlap, and never exponential.

References:
    H. W. Kuhn, The Hungarian method for the assignment problem, 1955, for the augmenting paths.
"""

from collections.abc import Sequence

from attrs import frozen

from .rows import Rows

Filled = tuple[int | None, ...]


@frozen
class Stretch:
    """Where an attempt takes its events from.

    Args:
        rows: The user's events.
        entered: The instant of entry. [µs]
        last: The last instant of the window. [µs]
        taken: Places of events that attempts before it have taken.
    """

    rows: Rows
    entered: int
    last: int
    taken: frozenset[int] = frozenset()


def ordered(stretch: Stretch, optional: Sequence[bool]) -> Filled:
    """Each step takes the earliest event at or after the step before it.

    Steps that can be left out are filled afterwards: each, in its order, takes the earliest
    event that is still free and lies between the steps around it that cannot.
    """
    filled: dict[int, int] = {}
    at = stretch.entered
    for step in (step for step, may in enumerate(optional) if not may):
        if not _placed(stretch, step, at, filled, set()):
            later = _first(stretch, step, at + 1, filled)
            if later is None:
                break
            at = stretch.rows.at[later]
            filled[step] = later
    return _with_optional(stretch, optional, filled)


def graceful(stretch: Stretch, optional: Sequence[bool], grace: int) -> Filled:
    """Each step takes the earliest event that no step before it has taken.

    It may lie up to `grace` before the step before it. Of events at one instant it takes
    the one that fits the fewest steps.
    """
    filled: dict[int, int] = {}
    since = stretch.entered
    for step in (step for step, may in enumerate(optional) if not may):
        place = _least_wanted(stretch, step, since, filled)
        if place is None:
            break
        filled[step] = place
        since = stretch.rows.at[place] - grace
    return _with_optional(stretch, optional, filled, grace)


def strict(stretch: Stretch, steps: int) -> Filled:
    """Each step takes the user's very next event.

    At the instant of entry it is open how many of the events come after it.
    """
    best: dict[int, int] = {}
    for first in range(steps, 0, -1):
        filled: dict[int, int] = {}
        if _fill(stretch, range(first), stretch.entered, filled) < first:
            continue
        _follow(stretch, steps, filled)
        if len(filled) > len(best):
            best = filled
    return tuple(best.get(step) for step in range(steps))


def unordered(stretch: Stretch, steps: int) -> Filled:
    """Step n is filled by the event with which n different steps can be filled."""
    holders: dict[int, int] = {}
    reached: list[int] = []
    for place in _few_of_each(stretch, steps):
        if _seated(stretch.rows, place, steps, holders, set()):
            reached.append(place)
            if len(reached) == steps:
                break
    return (*reached, *[None] * (steps - len(reached)))


def _placed(stretch: Stretch, step: int, at: int, filled: dict[int, int], tried: set[int]) -> bool:
    """Whether an event at an instant can fill a step, others of the instant making room."""
    for place in stretch.rows.of(step, at, min(at, stretch.last)):
        if place in tried or place in stretch.taken:
            continue
        tried.add(place)
        holder = next((other for other, its in filled.items() if its == place), None)
        if holder is None or _placed(stretch, holder, at, filled, tried):
            filled[step] = place
            return True
    return False


def _first(stretch: Stretch, step: int, since: int, filled: dict[int, int]) -> int | None:
    held = set(filled.values()) | stretch.taken
    places = stretch.rows.of(step, since, stretch.last)
    return next((place for place in places if place not in held), None)


def _least_wanted(stretch: Stretch, step: int, since: int, filled: dict[int, int]) -> int | None:
    first = _first(stretch, step, since, filled)
    if first is None:
        return None
    rows, held = stretch.rows, set(filled.values()) | stretch.taken
    tied = [p for p in rows.of(step, rows.at[first], rows.at[first]) if p not in held]
    return min(tied, key=lambda place: (rows.rows[place].fits.bit_count(), place))


def _with_optional(
    stretch: Stretch, optional: Sequence[bool], filled: dict[int, int], grace: int = 0
) -> Filled:
    at, required = stretch.rows.at, [step for step, may in enumerate(optional) if not may]
    for step in (step for step, may in enumerate(optional) if may):
        before = max(other for other in required if other < step)
        after = min((other for other in required if other > step), default=-1)
        if before in filled:
            place = _first(stretch, step, at[filled[before]] - grace, filled)
            last = at[filled[after]] + grace if after in filled else stretch.last
            if place is not None and at[place] <= last:
                filled[step] = place
    return tuple(filled.get(step) for step in range(len(optional)))


def _fill(stretch: Stretch, steps: range, at: int, filled: dict[int, int]) -> int:
    """How many of some steps, in their order, events at an instant can fill."""
    for count, step in enumerate(steps):
        if not _placed(stretch, step, at, filled, set()):
            return count
    return len(steps)


def _follow(stretch: Stretch, steps: int, filled: dict[int, int]) -> None:
    """Fill further steps with the very next events, all of an instant before the next one."""
    at = stretch.rows.after(stretch.entered)
    while at is not None and at <= stretch.last and len(filled) < steps:
        there = len(set(stretch.rows.tied(at)) - stretch.taken)
        if _fill(stretch, range(len(filled), steps), at, filled) < there:
            return
        at = stretch.rows.after(at)


def _few_of_each(stretch: Stretch, steps: int) -> list[int]:
    """Events in order, of each step as many as there are steps: more would change nothing."""
    found: set[int] = set()
    for step in range(steps):
        places = stretch.rows.of(step, stretch.entered, stretch.last)
        free = (place for place in places if place not in stretch.taken)
        found.update(place for place, _ in zip(free, range(steps), strict=False))
    return sorted(found)


def _seated(rows: Rows, place: int, steps: int, holders: dict[int, int], tried: set[int]) -> bool:
    """Whether an event can fill a step, events that fill one already making room."""
    for step in range(steps):
        if step in tried or not rows.rows[place].fits >> step & 1:
            continue
        tried.add(step)
        if step not in holders or _seated(rows, holders[step], steps, holders, tried):
            holders[step] = place
            return True
    return False
