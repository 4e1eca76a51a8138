"""Attempts of all users at once: each step of all attempts is one look-up."""

from collections.abc import Iterator

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from ...domain.questions.funnel import EntryRule, ExclusionEffect, FunnelQuery
from .columns import Bools, Codes, Longs
from .funnel_lanes import Lanes

Places = NDArray[np.int64]

NONE = -1
"""Where no row fills a step, and its instant."""


@frozen(eq=False)
class Chains:
    """Attempts that are not void, by walker and instant of entry; n of them.

    Args:
        walker: Whose, shape (n,).
        rows: Per step, the row that fills it among the columns, shape (steps, n).
        at: Per step, when, shape (steps, n). [µs]
        last: The last instant of the window, shape (n,). [µs]
        until: The last instant at which the attempt, or one of the same walker that was left
            out, may still go on; shape (n,). [µs]
    """

    walker: Codes
    rows: Places
    at: Longs
    last: Longs
    until: Longs

    def __len__(self) -> int:
        return len(self.walker)

    def some(self, chosen: Bools | Places) -> "Chains":
        """Some of them."""
        return Chains(
            self.walker[chosen],
            self.rows[:, chosen],
            self.at[:, chosen],
            self.last[chosen],
            self.until[chosen],
        )

    @staticmethod
    def of(parts: "list[Chains]") -> "Chains":
        """All attempts of some parts."""
        return Chains(
            np.concatenate([one.walker for one in parts]),
            np.concatenate([one.rows for one in parts], axis=1),
            np.concatenate([one.at for one in parts], axis=1),
            np.concatenate([one.last for one in parts]),
            np.concatenate([one.until for one in parts]),
        )


@frozen(eq=False)
class Follower:
    """Follows attempts from the rows that open them.

    Args:
        query: A funnel whose steps are ordered, without grace.
        lanes: The rows; walkers that are awkward are left out.
    """

    query: FunnelQuery
    lanes: Lanes
    entries: Places = field(init=False)
    _places: tuple[Places, ...] = field(init=False)
    _walker: Codes = field(init=False)
    _at: Longs = field(init=False)

    def __attrs_post_init__(self) -> None:
        set_ = object.__setattr__
        end = len(self.lanes)
        set_(self, "_places", tuple(np.append(np.flatnonzero(o), end) for o in self.lanes.fits))
        # A row beyond the last belongs to nobody, so that no look-up needs a bound.
        set_(self, "_walker", np.append(self.lanes.walker, np.int32(NONE)))
        set_(self, "_at", np.append(self.lanes.at, np.int64(NONE)))
        set_(self, "entries", self._entries())

    def _entries(self) -> Places:
        """The rows that may open an attempt."""
        first, last = self.query.entered_us
        places = self._places[0][:-1]
        at = self._at[places]
        inside = (at >= first) & (at <= last)
        if self.lanes.awkward.any():
            inside &= ~self.lanes.awkward[self._walker[places]]
        return places if inside.all() else places[inside]

    def attempts(self) -> Chains:
        """Attempts that are not void, as far as it takes to tell which one is reported."""
        match self.query.entry:
            case EntryRule.RE_ENTER:
                return self._following()
            case EntryRule.FIRST_ENTRY:
                return self._told(self.entries[firsts(self._walker[self.entries])])
            case EntryRule.BEST_OF_ALL_ATTEMPTS:
                if self.query.exclusions or self.query.required == 1:
                    return self._told(self.entries)
                return self._best()

    def every_attempt(self) -> Chains:
        """All attempts that are not void."""
        best = self.query.entry is EntryRule.BEST_OF_ALL_ATTEMPTS
        return self._told(self.entries) if best else self.attempts()

    def entered(self, step: int) -> tuple[Codes, Longs] | None:
        """Of all attempts that reach a step, walkers and instants of entry; ascending.

        None where attempts must be followed one by one to tell.
        """
        query = self.query
        plain = query.entry is EntryRule.BEST_OF_ALL_ATTEMPTS and not query.exclusions
        if not plain or query.steps[step - 1].optional:
            return None
        places = self.entries if step == 1 else self.entries[self._reaching(step)]
        return self._walker[places], self._at[places]

    def _best(self) -> Chains:
        """Of each walker the first of the attempts that reach furthest.

        Of entries with the same next step none gets further than the last one. The first of
        the deepest attempts begins with the first of these entries that gets as far.
        """
        telling = np.flatnonzero(self._telling())
        walker = self._walker[self.entries]
        depth = self._depths(self.entries[telling])
        best = first_best(depth, np.flatnonzero(firsts(walker[telling])))
        chosen, deep = telling[best], np.flatnonzero(depth[best] > 1)
        chosen[deep] = self._earliest(chosen[deep], depth[best[deep]])
        chains = self._told(self.entries[chosen])
        final = self.entries[np.append(firsts(walker)[1:], True)[: len(walker)]]
        return evolve(chains, until=self._last(final))

    def _earliest(self, entries: Places, depth: Longs) -> Places:
        """The first entries with the same next step as others that get as far as they do."""
        rows, _ = self._required(self.entries[entries])
        final = rows[depth - 1, np.arange(len(entries))]
        since = self._at[final] - self.query.window_us
        return first_at(self._at[self.entries], self._same_next(entries), entries, since)

    def _reaching(self, step: int) -> Bools:
        """Which entries open an attempt that reaches a step that is not optional."""
        depth = self.query.required_steps.index(step) + 1
        telling = np.flatnonzero(self._telling())
        telling = telling[self._depths(self.entries[telling]) >= depth]
        change = np.zeros(len(self.entries) + 1, np.int32)
        np.add.at(change, self._earliest(telling, np.full(len(telling), depth)), 1)
        np.add.at(change, telling + 1, -1)
        reaching: Bools = np.cumsum(change[:-1]) > 0
        return reaching

    def _telling(self) -> Bools:
        """Which entries are the last one with their next step, or the first one of a walker."""
        step = self.query.required_steps[1] - 1
        following = np.cumsum(self.lanes.fits[step], dtype=np.int32)[self.entries]
        first = firsts(self._walker[self.entries])
        change = first[1:] | (following[1:] != following[:-1])
        first[:-1] |= change
        first[-1:] = True
        return first

    def _same_next(self, entries: Places) -> Places:
        """The first entry of the walker that has the same next step, for each of some."""
        step = self._places[self.query.required_steps[1] - 1]
        rows = self.entries[entries]
        before = np.searchsorted(step, rows, "right") - 1
        since = np.where(before >= 0, step[before], NONE)
        after = np.searchsorted(self.entries, since, "left")
        walker = np.searchsorted(self._walker[:-1], self._walker[rows], "left")
        return np.maximum(after, np.searchsorted(self.entries, walker, "left"))

    def _followed(self, entries: Places) -> tuple[Places, Longs]:
        """The rows that fill the steps, shape (steps, n), and the last instants, shape (n,)."""
        required, last = self._required(entries)
        if self.query.required == len(self.query.steps):
            return required, last
        rows = np.full((len(self.query.steps), len(entries)), NONE, np.int64)
        rows[[number - 1 for number in self.query.required_steps]] = required
        self._fill_optional(rows, last)
        return rows, last

    def _required(self, entries: Places) -> tuple[Places, Longs]:
        """As `_followed`, of the steps that are not optional."""
        last = self._last(entries)
        rows = np.full((self.query.required, len(entries)), NONE, np.int64)
        rows[0] = entries
        for depth, (alive, here) in enumerate(self._onward(entries, last), 1):
            rows[depth, alive] = here
        return rows, last

    def _depths(self, entries: Places) -> Longs:
        """How many of the steps that are not optional each attempt reaches, shape (n,)."""
        depth = np.ones(len(entries), np.int64)
        for reached, (alive, _) in enumerate(self._onward(entries, self._last(entries)), 2):
            depth[alive] = reached
        return depth

    def _onward(self, entries: Places, last: Longs) -> Iterator[tuple[Places, Places]]:
        """Per further step: which attempts reach it, and the rows that fill it."""
        alive, here = np.arange(len(entries)), entries
        for number in self.query.required_steps[1:]:
            following = self._next(number - 1, here)
            same = self._walker[following] == self._walker[here]
            on = np.flatnonzero(same & (self._at[following] <= last[alive]))
            alive, here = alive[on], following[on]
            yield alive, here

    def _last(self, entries: Places) -> Longs:
        """The last instant of the window of each attempt. [µs]"""
        last = self._at[entries] + self.query.window_us
        inside = self.query.steps_after_range
        return last if inside else np.minimum(last, self.query.entered_us[1])

    def _next(self, pattern: int, after: Places) -> Places:
        """The next row behind each that fits a pattern; the one beyond all if none does."""
        places = self._places[pattern]
        if len(after) * 8 > len(self.lanes):
            return places[np.cumsum(self.lanes.fits[pattern], dtype=np.int32)[after]]
        return places[np.searchsorted(places, after, "right")]

    def _fill_optional(self, rows: Places, last: Longs) -> None:
        required = self.query.required_steps
        for number, step in enumerate(self.query.steps, 1):
            if not step.optional:
                continue
            before = self.query.before(number) - 1
            after = min((one for one in required if one > number), default=0) - 1
            there = np.flatnonzero(rows[before] != NONE)
            here = rows[before, there]
            found = self._next(number - 1, here)
            until = last[there]
            if after >= 0:
                reached = rows[after, there] != NONE
                until = np.where(reached, self._at[rows[after, there]], until)
            on = (self._walker[found] == self._walker[here]) & (self._at[found] <= until)
            rows[number - 1, there[on]] = found[on]

    def _told(self, entries: Places) -> Chains:
        """Attempts with what excluding events leave of them; void ones are left out."""
        chains, void, _ = self._judged(self._followed(entries))
        return chains.some(~void) if self.query.exclusions else chains

    def _judged(self, followed: tuple[Places, Longs]) -> tuple[Chains, Bools, Longs]:
        """All attempts, whether they are void, and the instants of their cuts."""
        rows, last = followed
        at = self._at[rows]
        void = np.zeros(len(last), np.bool_)
        cut = np.full(len(last), np.iinfo(np.int64).max)
        tie_end = self.lanes.tie_end() if self.query.exclusions else last[:0]
        for bit, one in enumerate(self.query.exclusions, len(self.query.steps)):
            until = _until(at, one.to_step - 1, last)
            hit = self._hit(bit, rows[one.from_step - 1], until, tie_end)
            cut = np.minimum(cut, hit)
            if one.effect is ExclusionEffect.VOID_ATTEMPT:
                void |= hit != np.iinfo(np.int64).max
        if self.query.exclusions:
            rows = np.where(at <= cut, rows, NONE)
            at = np.where(at <= cut, at, NONE)
        until = np.where(cut == np.iinfo(np.int64).max, last, NONE)
        found = np.where(rows == NONE, NONE, self.lanes.row[rows]) if len(self.lanes) else rows
        return Chains(self._walker[rows[0]], found, at, last, until), void, cut

    def _hit(self, bit: int, since: Places, until: Longs, tie_end: Longs) -> Longs:
        """The instant of the first excluding row strictly between; the largest if there is none."""
        hit = np.full(len(since), np.iinfo(np.int64).max)
        there = np.flatnonzero(since != NONE)
        places = self._places[bit]
        found = places[np.searchsorted(places, tie_end[since[there]])]
        on = (self._walker[found] == self._walker[since[there]]) & (self._at[found] < until[there])
        hit[there[on]] = self._at[found[on]]
        return hit

    def _following(self) -> Chains:
        """Attempts that follow one another: of each walker the first, then the second, …"""
        entries, ends = self.entries, self._ends()
        chains, void, cut = self._judged(self._followed(entries))
        places = np.arange(len(entries))
        following = first_at(self._at[entries], places + 1, ends, self._over(chains, cut))
        following = self._free(following, ends, chains)
        taken = np.zeros(len(entries), np.bool_)
        current = np.flatnonzero(firsts(self._walker[entries]))
        while len(current):
            taken[current] = True
            on = following[current] < ends[current]
            current = following[current[on]]
        return chains.some(taken & ~void)

    def _ends(self) -> Places:
        """Where the entries of the walker of each entry end."""
        first = firsts(self._walker[self.entries])
        ends = np.append(np.flatnonzero(first)[1:], len(first))
        found: Places = ends[np.cumsum(first) - 1]
        return found

    def _over(self, chains: Chains, cut: Longs) -> Longs:
        """The first instant at which the next attempt may begin. [µs]"""
        converted = depths(self.query, chains) == self.query.required
        over = np.where(converted, chains.at.max(axis=0, initial=NONE), chains.last + 1)
        since: Longs = np.where(chains.until == NONE, cut, over)
        return since

    def _free(self, following: Places, ends: Places, chains: Chains) -> Places:
        """Beyond the row that the attempt itself has taken."""
        rows = np.append(self.lanes.row[self.entries], NONE - 1)[following]
        taken = (chains.rows == rows).any(axis=0) & (following < ends)
        free: Places = following + taken
        return free


def firsts(walker: Codes) -> Bools:
    """Whether a row is the first one of its walker."""
    first = np.ones(len(walker), np.bool_)
    first[1:] = walker[1:] != walker[:-1]
    return first


def depths(query: FunnelQuery, chains: Chains) -> Longs:
    """How many of the steps that are not optional each attempt reaches, shape (n,)."""
    required = [number - 1 for number in query.required_steps]
    reached: Longs = (chains.at[required] != NONE).sum(axis=0, dtype=np.int64)
    return reached


def first_at(at: Longs, low: Places, high: Places, since: Longs) -> Places:
    """The first place of each stretch at which an instant is not before another; else its end.

    Args:
        at: Instants, ascending within each stretch.
        low: Where each stretch begins.
        high: Where it ends.
        since: The instants that are looked for.
    """
    low, high = low.copy(), high.copy()
    while (open_ := low < high).any():
        middle = (low + high) // 2
        before = open_ & (at[np.minimum(middle, len(at) - 1)] < since)
        low = np.where(before, middle + 1, low)
        high = np.where(open_ & ~before, middle, high)
    return low


def first_best(depth: Longs, starts: Places) -> Places:
    """The first of the deepest attempts of each walker, whose attempts begin at `starts`."""
    if not len(starts):
        return starts
    best = np.maximum.reduceat(depth, starts)
    lengths = np.diff(np.append(starts, len(depth)))
    deepest = np.flatnonzero(depth == np.repeat(best, lengths))
    walker = np.repeat(np.arange(len(starts), dtype=np.int32), lengths)
    return deepest[firsts(walker[deepest])]


def _until(at: Longs, step: int, last: Longs) -> Longs:
    """When each attempt reaches a step or the first one after it; else the end of its window."""
    until = last
    for later in at[: step - 1 : -1] if step else at[::-1]:
        until = np.where(later != NONE, later, until)
    return until
