"""Funnels by whole columns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import numpy as np

from ...domain.events import Scope, instant
from ...domain.questions.funnel import (
    OTHER,
    BreakdownFigures,
    FunnelFigures,
    FunnelQuery,
    OtherRules,
    StepOrder,
    StepTouch,
    Touch,
    TrendPoint,
    kept_values,
    other_rules,
    step_figures,
)
from .columns import Bools, Codes, Longs, Narrow, Texts, UserColumns, Wanted
from .funnel_by_user import attempts_by_user
from .funnel_chains import NONE, Chains, Follower, firsts
from .funnel_counts import Counted, Entered, counted, tallies, times, trend
from .funnel_lanes import Lanes, by_user_alone, lanes_of_pairs, lanes_of_users


def wanted(question: FunnelQuery) -> Wanted:
    """The events of steps and exclusions; where the very next event counts, all events."""
    first, last = question.seen_us
    everything = (question.everything,) if question.order is StepOrder.STRICT else ()
    fields = () if question.breakdown is None else (question.breakdown.field(),)
    return Wanted((*question.patterns, *everything), instant(first), instant(last + 1), fields)


def path(question: FunnelQuery) -> Literal["vectorised", "by user"]:
    """How it is answered; the few users whom whole columns do not tell are always by user."""
    return "by user" if by_user_alone(question) else "vectorised"


def answer(question: FunnelQuery, columns: UserColumns, now: datetime) -> FunnelFigures:
    """The answer, from the columns that are wanted."""
    rows = lanes_of_users(question, columns)
    made = counted(question, _attempts(question, columns, rows), now)
    whole = np.zeros(len(made.chains), np.int32)
    return FunnelFigures(
        step_figures(question, tallies(question, made, whole, 1, now)[0]),
        None if question.breakdown is None else _breakdowns(question, columns, made, now),
        None if question.trend is None else _trend(question, columns, rows, now),
        None if question.time_to_convert is None else times(question, made),
        None if not question.sensitivity else _sensitivity(question, columns, now),
    )


def counted_attempts(question: FunnelQuery, columns: UserColumns, now: datetime) -> Chains:
    """The attempts that are counted, by user and instant of entry."""
    rows = lanes_of_users(question, columns)
    return counted(question, _attempts(question, columns, rows), now).chains


def _attempts(query: FunnelQuery, columns: UserColumns, rows: Lanes) -> Chains:
    """Attempts by walker and instant of entry, as far as it takes to tell which are counted."""
    parts = [] if by_user_alone(query) else [Follower(query, rows).attempts()]
    if rows.awkward.any() or not parts:
        parts += [attempts_by_user(query, columns, rows)]
    made = Chains.of(parts)
    return made if len(parts) == 1 else made.some(np.argsort(made.walker, kind="stable"))


def _trend(
    query: FunnelQuery, columns: UserColumns, rows: Lanes, now: datetime
) -> tuple[TrendPoint, ...]:
    parts = []
    if not by_user_alone(query):
        parts.append(_entered_together(query, Follower(query, rows)))
    if rows.awkward.any() or not parts:
        parts.append(_entered(query, attempts_by_user(query, columns, rows)))
    into, out = (
        tuple(np.concatenate(some) for some in zip(*pairs, strict=True))
        for pairs in zip(*parts, strict=True)
    )
    return trend(query, (into[0], into[1]), (out[0], out[1]), now)


def _entered_together(query: FunnelQuery, follower: Follower) -> tuple[Entered, Entered]:
    into, out = (follower.entered(step) for step in query.trended)
    if into is None or out is None:
        return _entered(query, follower.every_attempt())
    return into, out


def _entered(query: FunnelQuery, chains: Chains) -> tuple[Entered, Entered]:
    """Of attempts that reach the first step of the trend, and of those that reach both."""
    from_step, to_step = query.trended
    into = chains.at[from_step - 1] != NONE
    out = into & (chains.at[to_step - 1] != NONE)
    return (chains.walker[into], chains.at[0, into]), (chains.walker[out], chains.at[0, out])


def _breakdowns(
    query: FunnelQuery, columns: UserColumns, made: Counted, now: datetime
) -> tuple[BreakdownFigures, ...]:
    assert query.breakdown is not None
    texts = _with_empty(columns.fields[0])
    if query.by_event_value:
        return _by_event_value(query, columns, texts, now)
    codes = _codes(query, columns, texts, made.chains)
    frequency = np.bincount(codes[codes >= 0], minlength=len(texts.values))
    kept = _kept(query, texts, frequency)
    groups = _groups(codes, kept, len(texts.values))
    return _figures(query, _named(texts, kept), made, groups, now)


def _by_event_value(
    query: FunnelQuery, columns: UserColumns, texts: Texts, now: datetime
) -> tuple[BreakdownFigures, ...]:
    """One funnel per value: walkers are pairs of a user and a value."""
    kept = _kept(query, texts, _entering(query, columns, texts))
    group = _groups(texts.codes, kept, len(texts.values))
    pair = columns.user.astype(np.int64) * (len(kept) + 1) + group
    order = _sorted(pair)
    first = firsts(pair[order])
    different, walker = pair[order][first], np.cumsum(first, dtype=np.int32) - np.int32(1)
    rows = lanes_of_pairs(query, columns, walker, order)
    made = counted(query, _attempts(query, columns, rows), now)
    groups = (different % (len(kept) + 1))[made.chains.walker].astype(np.int32)
    return _figures(query, _named(texts, kept), made, groups, now)


def _figures(
    query: FunnelQuery, kept: Sequence[str], made: Counted, group: Codes, now: datetime
) -> tuple[BreakdownFigures, ...]:
    """The funnel of each kept value, and that of the others, if there are any."""
    told = tallies(query, made, group, len(kept) + 1, now)
    named = [(value, False) for value in kept] + [(OTHER, True)]
    return tuple(
        BreakdownFigures(value, other, step_figures(query, tally))
        for (value, other), tally in zip(named, told, strict=True)
        if not other or tally[0].count
    )


def _codes(query: FunnelQuery, columns: UserColumns, texts: Texts, chains: Chains) -> Codes:
    """The value that each attempt is counted under; negative for none."""
    assert query.breakdown is not None
    touch = query.breakdown.attribution
    if query.breakdown.scope is Scope.USER:
        of_user: Codes = texts.codes[chains.rows[0]]
        return of_user
    if isinstance(touch, StepTouch):
        row = chains.rows[touch.step - 1]
        codes: Codes = np.where(row < 0, np.int32(NONE), texts.codes[row])
        return codes
    empty = len(texts.values) - 1
    told = np.flatnonzero(_any(columns.fits[: len(query.steps)]) & (texts.codes != empty))
    if touch is Touch.LAST_TOUCH:
        told = told[::-1]
    told = told[firsts(columns.user[told])]
    by_user = np.full(len(columns.user_ids), empty, np.int32)
    by_user[columns.user[told]] = texts.codes[told]
    return by_user[chains.walker]


def _entering(query: FunnelQuery, columns: UserColumns, texts: Texts) -> Longs:
    """How many users have an event that could open an attempt, by the value that it carries."""
    first, last = query.entered_us
    inside = (columns.at >= first) & (columns.at <= last)
    entering = np.flatnonzero(_any(columns.fits[: query.entry_steps]) & inside)
    pairs = columns.user[entering].astype(np.int64) * len(texts.values) + texts.codes[entering]
    return np.bincount(np.unique(pairs) % len(texts.values), minlength=len(texts.values))


def _kept(query: FunnelQuery, texts: Texts, frequency: Longs) -> list[int]:
    """The codes of the values that are told apart."""
    assert query.breakdown is not None
    limit = query.breakdown.limit
    found = np.flatnonzero(frequency)
    if len(found) > limit:
        least = np.partition(frequency[found], len(found) - limit)[len(found) - limit]
        found = found[frequency[found] >= least]
    named = {texts.values[code]: code for code in found.tolist()}
    counts = {value: int(frequency[code]) for value, code in named.items()}
    return [named[value] for value in kept_values(counts, limit)]


def _named(texts: Texts, kept: Sequence[int]) -> list[str]:
    return [texts.values[code] for code in kept]


def _groups(codes: Narrow, kept: Sequence[int], values: int) -> Codes:
    """The place of each code among the kept ones; the one beyond them of every other."""
    place = np.full(values + 1, len(kept), np.int32)
    place[np.array(kept, np.int64)] = np.arange(len(kept), dtype=np.int32)
    place[-1] = -1
    return place[codes]


def _with_empty(texts: Texts) -> Texts:
    """The same column with the empty text as its last value."""
    if texts.values and texts.values[-1] == "":
        return texts
    values = [*texts.values, ""]
    codes = texts.codes
    if "" in texts.values:
        codes = np.where(codes == texts.values.index(""), np.int32(len(values) - 1), codes)
    return Texts(codes, values)


def _sorted(keys: Longs) -> Longs:
    """The places of numbers in ascending order; of equal ones, the first one first."""
    bits = len(keys).bit_length()
    if not len(keys) or int(keys.max()).bit_length() + bits > 63:
        return np.argsort(keys, kind="stable")
    # Sorting numbers that hold their own place is several times faster than sorting places.
    found: Longs = np.sort((keys << bits) | np.arange(len(keys))) & ((1 << bits) - 1)
    return found


def _any(fits: Sequence[Bools]) -> Bools:
    found = fits[0].copy()
    for one in fits[1:]:
        found |= one
    return found


def _sensitivity(query: FunnelQuery, columns: UserColumns, now: datetime) -> tuple[OtherRules, ...]:
    found = []
    for entry, effect, other in other_rules(query):
        steps = answer(other, columns, now).steps
        found.append(OtherRules(entry, effect, tuple(step.count for step in steps)))
    return tuple(found)
