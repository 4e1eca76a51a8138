"""Orders of steps, held to exhaustive search."""

from collections.abc import Iterator, Sequence
from itertools import groupby, permutations, product

from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.questions.funnel import Row, Rows
from sightline.domain.questions.funnel.orders import Stretch, graceful, ordered, strict, unordered

_STEPS = 3
Told = Sequence[Row]


def rows(most: int = 6, overlap: bool = True) -> st.SearchStrategy[list[Row]]:
    """Few events on four instants; they fit none, one or several of three steps."""
    fits = st.integers(0, 7) if overlap else st.sampled_from((0, 1, 2, 4))
    one = st.builds(Row, st.integers(0, 3), fits)
    return st.lists(one, max_size=most).map(lambda some: sorted(some, key=lambda row: row.at))


def windows() -> st.SearchStrategy[int]:
    """From nothing beyond the instant of entry up to everything."""
    return st.integers(0, 3)


def entries(told: Told, bits: int) -> list[int]:
    """The instants at which an attempt may begin."""
    return sorted({row.at for row in told if row.fits & bits})


def stretches(told: Told, window: int, bits: int = 1) -> Iterator[Stretch]:
    """Where attempts run."""
    for at in entries(told, bits):
        yield Stretch(Rows(told, _STEPS), at, at + window)


def furthest(told: Told, entered: int, last: int, grace: int = 0) -> int:
    """How many steps distinct events can fill, by trying every way."""

    def on(step: int, since: int, left: tuple[int, ...]) -> int:
        best = step
        for place in left if step < _STEPS else ():
            row = told[place]
            if row.fits >> step & 1 and since <= row.at <= last:
                rest = tuple(other for other in left if other != place)
                best = max(best, on(step + 1, row.at - grace, rest))
        return best

    everything = tuple(range(len(told)))
    starts = [p for p in everything if told[p].at == entered and told[p].fits & 1]
    return max(
        on(1, entered - grace, tuple(other for other in everything if other != start))
        for start in starts
    )


def linear(told: Told) -> Iterator[list[Row]]:
    """Every order of events that their instants allow."""
    groups = [list(group) for _, group in groupby(told, key=lambda row: row.at)]
    for orders in product(*(permutations(group) for group in groups)):
        yield [row for order in orders for row in order]


def filled(places: Sequence[int | None]) -> int:
    """How many steps are filled; none after one that is not."""
    count = sum(place is not None for place in places)
    assert all(place is not None for place in places[:count])
    return count


@given(rows(), windows())
def test_ordered_steps_go_as_far_as_any_choice_of_events(told: Told, window: int) -> None:
    for stretch in stretches(told, window):
        places = ordered(stretch, [False] * _STEPS)
        assert filled(places) == furthest(told, stretch.entered, stretch.last)


@given(rows(), windows())
def test_what_fills_ordered_steps_fits_them_in_order_and_once(told: Told, window: int) -> None:
    for stretch in stretches(told, window):
        for places in (
            ordered(stretch, [False] * _STEPS),
            graceful(stretch, [False] * _STEPS, 0),
            strict(stretch, _STEPS),
        ):
            taken = [place for place in places if place is not None]
            assert len(set(taken)) == len(taken)
            assert all(told[place].fits >> step & 1 for step, place in enumerate(taken))
            at = [told[place].at for place in taken]
            assert at == sorted(at)
            assert stretch.entered == at[0] <= at[-1] <= stretch.last


@given(rows(overlap=False), windows(), st.integers(0, 2))
def test_with_a_grace_steps_that_share_no_event_go_as_far_as_any_choice(
    told: Told, window: int, grace: int
) -> None:
    for stretch in stretches(told, window):
        places = graceful(stretch, [False] * _STEPS, grace)
        assert filled(places) == furthest(told, stretch.entered, stretch.last, grace)


@given(rows(5), windows())
def test_strict_steps_are_consecutive_in_the_best_order_that_instants_allow(
    told: Told, window: int
) -> None:
    for stretch in stretches(told, window):
        best = 0
        for order in linear(told):
            for place, row in enumerate(order):
                if row.at != stretch.entered:
                    continue
                run = 0
                for step, other in enumerate(order[place : place + _STEPS]):
                    if not other.fits >> step & 1 or other.at > stretch.last:
                        break
                    run += 1
                best = max(best, run)
        assert filled(strict(stretch, _STEPS)) == best


@given(rows(), windows())
def test_unordered_steps_are_the_largest_matching_of_events_and_steps(
    told: Told, window: int
) -> None:
    for stretch in stretches(told, window, bits=7):
        places = unordered(stretch, _STEPS)
        for count in range(1, _STEPS + 1):
            place = places[count - 1]
            until = stretch.last if place is None else told[place].at
            inside = [row for row in told if stretch.entered <= row.at <= until]
            reached = count if place is not None else filled(places)
            assert _matched(inside) >= reached
            if place is None:
                assert _matched(inside) == reached
            else:
                assert _matched([row for row in inside if row.at < until]) < count


def _matched(told: Told) -> int:
    """The most steps that distinct events can fill, by trying every way."""
    everything: list[Row | None] = [*told, *[None] * _STEPS]
    return max(
        sum(row is not None and bool(row.fits >> step & 1) for step, row in enumerate(some))
        for some in permutations(everything, _STEPS)
    )


@given(rows(), windows())
def test_strict_is_never_further_than_ordered_nor_ordered_than_unordered(
    told: Told, window: int
) -> None:
    for stretch in stretches(told, window):
        some = ordered(stretch, [False] * _STEPS)
        assert filled(strict(stretch, _STEPS)) <= filled(some) <= filled(unordered(stretch, _STEPS))


@given(rows(), windows(), st.tuples(st.booleans(), st.booleans()))
def test_an_optional_step_never_stops_a_later_one(
    told: Told, window: int, optional: tuple[bool, bool]
) -> None:
    may = [False, *optional]
    needed = [step for step, one in enumerate(may) if not one]
    for stretch in stretches(told, window):
        places = ordered(stretch, may)
        packed = [
            Row(row.at, sum((row.fits >> step & 1) << at for at, step in enumerate(needed)))
            for row in told
        ]
        alone = ordered(
            Stretch(Rows(packed, len(needed)), stretch.entered, stretch.last), [False] * len(needed)
        )
        assert _instants(told, [places[step] for step in needed]) == _instants(told, alone)


def _instants(told: Told, places: Sequence[int | None]) -> list[int | None]:
    return [None if place is None else told[place].at for place in places]
