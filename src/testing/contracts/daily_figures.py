"""What everything that computes metrics from events must do.

Import everything from here and define a module-scoped fixture ``computing``: a maker of
figures over who did something on which day, once for each thing.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ...domain.identifiers import TenantId
from ...domain.metrics import BUILT_IN
from ...ports.daily_figures import DailyFigures
from ..strategies import metric_days

__all__ = [
    "test_a_tenant_never_sees_another",
    "test_a_user_of_several_days_counts_once_in_the_total",
    "test_days_without_events_have_a_figure",
    "test_only_the_names_that_were_asked_for_are_computed",
]

Doings = Mapping[TenantId, Mapping[date, Sequence[str]]]
Computing = Callable[[Doings], AbstractAsyncContextManager[DailyFigures]]

ACME, RIVAL = TenantId("acme"), TenantId("rival")
ONE, TWO, THREE = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)
EVERY = sorted(BUILT_IN)

doings = st.dictionaries(
    metric_days(), st.lists(st.sampled_from(["ada", "bob", "cy"]), max_size=4), max_size=5
)


async def test_a_user_of_several_days_counts_once_in_the_total(computing: Computing) -> None:
    done = {ACME: {ONE: ["ada", "ada", "bob"], TWO: ["ada"], date(2026, 3, 4): ["cy"]}}
    async with computing(done) as figures:
        found = (await figures.daily(ACME, EVERY, ONE, THREE)).series
        assert found["events"].values == {ONE: 3, TWO: 1, THREE: 0}
        assert found["events"].total == 4
        assert found["active_users"].values == {ONE: 2, TWO: 1, THREE: 0}
        assert found["active_users"].total == 2


@given(done=doings, first=metric_days(), last=metric_days())
async def test_days_without_events_have_a_figure(
    computing: Computing, done: dict[date, list[str]], first: date, last: date
) -> None:
    first, last = min(first, last), max(first, last)
    days = [date.fromordinal(at) for at in range(first.toordinal(), last.toordinal() + 1)]
    async with computing({ACME: done}) as figures:
        computed = await figures.daily(ACME, EVERY, first, last)
        found = computed.series
        assert computed.through == sum(map(len, done.values()))
        assert sorted(found["events"].values) == sorted(found["active_users"].values) == days
        assert found["events"].total == sum(len(done.get(day, ())) for day in days)
        users = {user for day in days for user in done.get(day, ())}
        assert found["active_users"].total == len(users)


async def test_only_the_names_that_were_asked_for_are_computed(computing: Computing) -> None:
    async with computing({ACME: {ONE: ["ada"]}}) as figures:
        assert set((await figures.daily(ACME, ["events"], ONE, ONE)).series) == {"events"}
        assert set((await figures.daily(ACME, ["revenue"], ONE, ONE)).series) == set()


async def test_a_tenant_never_sees_another(computing: Computing) -> None:
    async with computing({ACME: {ONE: ["ada"]}}) as figures:
        found = await figures.daily(RIVAL, EVERY, ONE, ONE)
        assert [series.total for series in found.series.values()] == [0, 0]
        assert found.through == 0
