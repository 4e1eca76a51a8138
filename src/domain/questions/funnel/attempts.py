"""The attempts of one user, and which of them is told."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from .options import EntryRule, Exclusion, ExclusionEffect, StepOrder
from .orders import Filled, Stretch, graceful, ordered, strict, unordered
from .rows import Rows

if TYPE_CHECKING:
    from .query import FunnelQuery


@frozen
class Attempt:
    """One run through the steps.

    Args:
        places: Per step, the place of the event that filled it among the user's; None where
            none did.
        instants: Per step, when it was filled. [µs]
        last: The last instant of its window. [µs]
        cut: The instant of the first event that excluded it; None where none did. [µs]
        void: Whether it counts for nothing.
    """

    places: Filled
    instants: tuple[int | None, ...]
    last: int
    cut: int | None = None
    void: bool = False

    @property
    def entered(self) -> int:
        """When its first step was filled. [µs]"""
        entered = self.instants[0]
        assert entered is not None
        return entered

    def reached(self, step: int) -> bool:
        """Whether a step was filled, from 1."""
        return self.instants[step - 1] is not None

    def open(self, now: int) -> bool:
        """Whether its window has not ended at an instant."""
        return now <= self.last


def attempts(query: "FunnelQuery", rows: Rows) -> Iterator[Attempt]:
    """Every attempt of a user by instant of entry, void ones too.

    Events of one instant that could open an attempt open one of them together, which takes
    them in whichever order goes furthest; only where attempts follow one another (`re_enter`)
    may what is left of an instant open the next.
    """
    entries = _entries(query, rows)
    match query.entry:
        case EntryRule.BEST_OF_ALL_ATTEMPTS:
            for at in dict.fromkeys(rows.at[place] for place in entries):
                yield attempt(query, Stretch(rows, at, query.last_of(at)))
        case EntryRule.FIRST_ENTRY:
            for place in entries[:1]:
                at = rows.at[place]
                yield attempt(query, Stretch(rows, at, query.last_of(at)))
        case EntryRule.RE_ENTER:
            yield from _following(query, rows, entries)


def reported(query: "FunnelQuery", made: Sequence[Attempt]) -> Sequence[Attempt]:
    """The attempts that are counted.

    Of all attempts that are not void the one that reaches furthest, and of those the one that
    was entered first; with `re_enter` every one. An optional step is not a way further.
    """
    counted = [one for one in made if not one.void]
    if query.entry is EntryRule.RE_ENTER or not counted:
        return counted
    return [max(counted, key=lambda one: depth(query, one))]


def depth(query: "FunnelQuery", one: Attempt) -> int:
    """How many of the steps that are not optional it reaches."""
    pairs = zip(query.steps, one.instants, strict=True)
    return sum(at is not None and not step.optional for step, at in pairs)


def attempt(query: "FunnelQuery", stretch: Stretch) -> Attempt:
    """The attempt that begins at an instant, with what excluding events leave of it."""
    places = _filled(query, stretch)
    instants = tuple(None if place is None else stretch.rows.at[place] for place in places)
    whole = Attempt(places, instants, stretch.last)
    hits = [
        (at, one.effect)
        for bit, one in enumerate(query.exclusions, len(query.steps))
        if (at := _hit(stretch, bit, one, whole)) is not None
    ]
    if not hits:
        return whole
    cut = min(at for at, _ in hits)
    void = any(effect is ExclusionEffect.VOID_ATTEMPT for _, effect in hits)
    return _kept(query, whole, cut, void)


def _entries(query: "FunnelQuery", rows: Rows) -> list[int]:
    first, last = query.entered_us
    bits = range(query.entry_steps)
    return sorted({place for bit in bits for place in rows.of(bit, first, last)})


def _following(query: "FunnelQuery", rows: Rows, entries: list[int]) -> Iterator[Attempt]:
    taken: frozenset[int] = frozenset()
    since = query.entered_us[0]
    for place in entries:
        at = rows.at[place]
        if at < since or place in taken:
            continue
        one = attempt(query, Stretch(rows, at, query.last_of(at), taken))
        yield one
        taken |= {place for place in one.places if place is not None}
        since = _over(query, one)


def _over(query: "FunnelQuery", one: Attempt) -> int:
    """The first instant at which the next attempt may begin. [µs]"""
    if one.cut is not None:
        return one.cut
    if depth(query, one) == query.required:
        return max(at for at in one.instants if at is not None)
    return one.last + 1


def _filled(query: "FunnelQuery", stretch: Stretch) -> Filled:
    optional = [step.optional for step in query.steps]
    match query.order:
        case StepOrder.STRICT:
            return strict(stretch, len(query.steps))
        case StepOrder.UNORDERED:
            return unordered(stretch, len(query.steps))
        case StepOrder.ORDERED if query.grace_us:
            return graceful(stretch, optional, query.grace_us)
        case StepOrder.ORDERED:
            return ordered(stretch, optional)


def _hit(stretch: Stretch, bit: int, exclusion: Exclusion, whole: Attempt) -> int | None:
    """The first instant strictly between the steps, or before the end of the window."""
    since = whole.instants[exclusion.from_step - 1]
    if since is None:
        return None
    reached = [at for at in whole.instants[exclusion.to_step - 1 :] if at is not None]
    until = reached[0] if reached else whole.last
    place = next(stretch.rows.of(bit, since + 1, until - 1), None)
    return None if place is None else stretch.rows.at[place]


def _kept(query: "FunnelQuery", whole: Attempt, cut: int, void: bool) -> Attempt:
    """What is left of an attempt: the steps that it reached up to an instant."""
    places: list[int | None] = []
    ended = False
    for step, place, at in zip(query.steps, whole.places, whole.instants, strict=True):
        kept = not ended and at is not None and at <= cut
        places.append(place if kept else None)
        ended = ended or not (kept or step.optional)
    instants = tuple(
        at if place is not None else None for place, at in zip(places, whole.instants, strict=True)
    )
    return Attempt(tuple(places), instants, whole.last, cut, void)
