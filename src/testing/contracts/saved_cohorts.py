"""What every store of saved cohorts must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty stores.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.errors import CohortNotFound, TooManyCohorts, VersionMismatch
from ...domain.events import Leaf, Op
from ...domain.identifiers import CohortId, TenantId
from ...domain.questions import EventPattern
from ...domain.questions.cohorts import MOST_COHORTS, CohortDraft, Did, SavedCohort
from ...ports.saved_cohorts import SavedCohorts
from ..strategies.questions_cohorts import cohort_drafts

__all__ = [
    "test_a_change_based_on_an_old_version_is_refused",
    "test_a_tenant_never_sees_another",
    "test_cohorts_come_back_as_they_were_saved",
    "test_concurrent_changes_of_one_version_never_both_win",
    "test_no_more_are_saved_than_may_be",
    "test_saying_the_same_again_changes_nothing",
    "test_what_was_removed_is_gone",
]

Fresh = Callable[[], AbstractAsyncContextManager[SavedCohorts]]

ACME, RIVAL = TenantId("acme"), TenantId("rival")
NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
ONE = CohortId("c1")
PAYERS = CohortDraft("Payers", Did(EventPattern("pay")))
FANS = CohortDraft("Fans", Did(EventPattern("visit"), 5, 7), "Who visits often.")


@given(drafts=st.lists(cohort_drafts(), max_size=4))
async def test_cohorts_come_back_as_they_were_saved(
    fresh: Fresh, drafts: list[CohortDraft]
) -> None:
    async with fresh() as cohorts:
        made = []
        for at, draft in enumerate(drafts):
            cohort = CohortId(f"c{9 - at}")
            made.append(await cohorts.add(ACME, cohort, draft, NOON))
            assert made[-1] == SavedCohort(cohort, draft, made[-1].version, NOON, NOON)
            assert await cohorts.get(ACME, cohort) == made[-1]
        assert [one.version for one in made] == sorted({one.version for one in made})
        expected = sorted(made, key=lambda one: (one.draft.name, one.cohort_id))
        assert await cohorts.every(ACME) == tuple(expected)


async def test_a_change_based_on_an_old_version_is_refused(fresh: Fresh) -> None:
    async with fresh() as cohorts:
        first = await cohorts.add(ACME, ONE, PAYERS, NOON)
        second = await cohorts.replace(ACME, ONE, FANS, first.version, LATER)
        assert second.version > first.version
        assert (second.created_at, second.updated_at) == (NOON, LATER)
        for change in (
            cohorts.replace(ACME, ONE, PAYERS, first.version, LATER),
            cohorts.remove(ACME, ONE, first.version),
        ):
            with pytest.raises(VersionMismatch) as told:
                await change
            assert (told.value.expected, told.value.actual) == (first.version, second.version)
        assert await cohorts.get(ACME, ONE) == second
        third = await cohorts.replace(ACME, ONE, PAYERS, None, LATER)
        assert third.draft == PAYERS


async def test_saying_the_same_again_changes_nothing(fresh: Fresh) -> None:
    number = CohortDraft("Ones", Did(EventPattern("pay", Leaf("n", Op.EQ, 1))))
    truth = CohortDraft("Ones", Did(EventPattern("pay", Leaf("n", Op.EQ, True))))
    async with fresh() as cohorts:
        first = await cohorts.add(ACME, ONE, number, NOON)
        assert await cohorts.replace(ACME, ONE, number, first.version, LATER) == first
        assert await cohorts.get(ACME, ONE) == first
        # 1 and true are one for Python, and two for who looks for events.
        assert (await cohorts.replace(ACME, ONE, truth, None, LATER)).version > first.version
        kept = (await cohorts.get(ACME, ONE)).draft.definition
        assert repr(kept) == repr(truth.definition)


async def test_what_was_removed_is_gone(fresh: Fresh) -> None:
    async with fresh() as cohorts:
        first = await cohorts.add(ACME, ONE, PAYERS, NOON)
        await cohorts.remove(ACME, ONE, first.version)
        assert await cohorts.every(ACME) == ()
        for call in (
            cohorts.get(ACME, ONE),
            cohorts.replace(ACME, ONE, FANS, None, LATER),
            cohorts.remove(ACME, ONE, None),
        ):
            with pytest.raises(CohortNotFound):
                await call
        again = await cohorts.add(ACME, ONE, PAYERS, LATER)
        assert again.version > first.version


async def test_no_more_are_saved_than_may_be(fresh: Fresh) -> None:
    async with fresh() as cohorts:
        for at in range(MOST_COHORTS):
            await cohorts.add(ACME, CohortId(f"c{at:03}"), PAYERS, NOON)
        with pytest.raises(TooManyCohorts) as told:
            await cohorts.add(ACME, CohortId("one-more"), PAYERS, NOON)
        assert told.value.most == MOST_COHORTS
        assert len(await cohorts.every(ACME)) == MOST_COHORTS
        await cohorts.add(RIVAL, ONE, PAYERS, NOON)


async def test_concurrent_changes_of_one_version_never_both_win(fresh: Fresh) -> None:
    async with fresh() as cohorts:
        first = await cohorts.add(ACME, ONE, PAYERS, NOON)
        results = await asyncio.gather(
            cohorts.replace(ACME, ONE, FANS, first.version, LATER),
            cohorts.replace(ACME, ONE, evolve(FANS, name="Others"), first.version, LATER),
            return_exceptions=True,
        )
        assert sum(isinstance(one, SavedCohort) for one in results) == 1
        assert sum(isinstance(one, VersionMismatch) for one in results) == 1


@given(ours=cohort_drafts(), theirs=cohort_drafts())
async def test_a_tenant_never_sees_another(
    fresh: Fresh, ours: CohortDraft, theirs: CohortDraft
) -> None:
    async with fresh() as cohorts:
        mine = await cohorts.add(ACME, ONE, ours, NOON)
        assert await cohorts.every(RIVAL) == ()
        for call in (
            cohorts.get(RIVAL, ONE),
            cohorts.replace(RIVAL, ONE, theirs, None, LATER),
            cohorts.remove(RIVAL, ONE, None),
        ):
            with pytest.raises(CohortNotFound):
                await call
        other = await cohorts.add(RIVAL, ONE, theirs, LATER)
        assert await cohorts.every(RIVAL) == (other,)
        await cohorts.remove(RIVAL, ONE, None)
        assert await cohorts.every(ACME) == (mine,)
