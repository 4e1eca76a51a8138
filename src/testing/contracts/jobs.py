"""What every repository of jobs must do, for tenants and for workers.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty repositories which are the queue as well.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.errors import JobEnded, JobNotFound, LeaseLost
from ...domain.identifiers import JobId, TenantId
from ...domain.jobs import Claim, Job, JobQuery, JobState, due, leased, new_job
from ...ports.jobs import JobQueue, JobRepository
from ..strategies import claims, job_queries, new_jobs

__all__ = [
    "test_a_cancelled_job_cannot_be_kept_any_more",
    "test_a_claim_gets_what_is_due_in_order",
    "test_a_job_comes_back_as_it_was_enqueued",
    "test_a_job_is_leased_by_one_worker_only",
    "test_a_job_that_loses_every_worker_fails",
    "test_a_lease_is_void_even_for_the_same_worker_once_it_was_leased_again",
    "test_a_list_holds_what_its_query_picks",
    "test_a_place_is_free_again_once_its_job_has_ended",
    "test_a_repeated_effect_is_there_once",
    "test_a_tenant_never_sees_the_jobs_of_another",
    "test_jobs_are_leased_one_by_one_in_order_however_they_came",
    "test_jobs_of_some_tenants_are_left_where_they_are",
    "test_jobs_that_ended_long_ago_are_forgotten",
    "test_of_many_that_ask_at_once_for_one_place_one_job_comes",
    "test_only_one_job_of_a_key_is_open",
    "test_the_job_of_a_dead_worker_is_taken_over_after_its_lease",
    "test_what_a_worker_keeps_is_there_until_its_lease_is_void",
    "test_what_has_ended_cannot_be_cancelled",
]


class Jobs(JobRepository, JobQueue, Protocol):
    """Both ports at once."""


Fresh = Callable[[], AbstractAsyncContextManager[Jobs]]

ACME, RIVAL = TenantId("acme"), TenantId("rival_2")
NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
LEASE = timedelta(seconds=30)
RESULT = {"markets": 3, "sources": {"live": 2, "cache": 1}}


def _job(identifier: str = "A1", key: str | None = None, tenant: TenantId = ACME) -> Job:
    return new_job(tenant, JobId(identifier), "count", key=key, arguments={}, now=NOON)


def _claim(worker: str, now: datetime = NOON, limit: int = 1, attempts: int = 5) -> Claim:
    return Claim(worker, frozenset({"count"}), now, now + LEASE, limit, attempts)


def _distinct(jobs: Sequence[Job]) -> list[Job]:
    """Jobs that can be there at once: ids of their own, no key twice."""
    found: list[Job] = []
    for job in jobs:
        place = (job.tenant, job.kind, job.key)
        taken = job.key and any((one.tenant, one.kind, one.key) == place for one in found)
        if not taken and job.id not in {one.id for one in found}:
            found.append(job)
    return found


@given(job=new_jobs())
async def test_a_job_comes_back_as_it_was_enqueued(fresh: Fresh, job: Job) -> None:
    async with fresh() as jobs:
        assert await jobs.enqueue(job) == job
        assert await jobs.get(job.tenant, job.id) == job


@given(job=new_jobs(), key=st.sampled_from([None, "all"]))
async def test_only_one_job_of_a_key_is_open(fresh: Fresh, job: Job, key: str | None) -> None:
    first, second = (evolve(job, id=JobId(name), key=key) for name in ("first", "second"))
    others = [
        evolve(second, id=JobId("tenant"), tenant=TenantId("somebody")),
        evolve(second, id=JobId("kind"), kind="other"),
        evolve(second, id=JobId("key"), key="other"),
    ]
    async with fresh() as jobs:
        await jobs.enqueue(first)
        assert await jobs.enqueue(second) == (first if key else second)
        for other in others:
            assert await jobs.enqueue(other) == other


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
async def test_a_place_is_free_again_once_its_job_has_ended(fresh: Fresh, state: JobState) -> None:
    async with fresh() as jobs:
        await jobs.enqueue(_job(key="all"))
        (held,) = await jobs.lease(_claim("ann"))
        assert await jobs.enqueue(_job("B2", key="all")) == held
        match state:
            case JobState.DONE:
                await jobs.keep(held.lease, held.done(RESULT, NOON))
            case JobState.FAILED:
                await jobs.keep(held.lease, held.failed("no", NOON))
            case _:
                await jobs.cancel(ACME, held.id, NOON)
        assert (await jobs.enqueue(_job("B2", key="all"))).id == "B2"
        assert (await jobs.get(ACME, held.id)).state is state


async def test_of_many_that_ask_at_once_for_one_place_one_job_comes(fresh: Fresh) -> None:
    async with fresh() as jobs:
        asked = (jobs.enqueue(_job(f"j{number}", key="all")) for number in range(8))
        assert len({job.id for job in await asyncio.gather(*asked)}) == 1
        assert len((await jobs.page(ACME, JobQuery())).items) == 1


@given(wanted=st.lists(new_jobs(), max_size=6), claimed=st.lists(claims(), max_size=4))
async def test_a_claim_gets_what_is_due_in_order(
    fresh: Fresh, wanted: list[Job], claimed: list[Claim]
) -> None:
    kept = {job.id: job for job in _distinct(wanted)}
    async with fresh() as jobs:
        for job in kept.values():
            await jobs.enqueue(job)
        for claim in sorted(claimed, key=lambda claim: claim.now):
            for job in kept.values():
                if (
                    job.lease_until
                    and job.lease_until <= claim.now
                    and job.kind in claim.kinds
                    and job.attempts >= claim.attempts
                ):
                    error = f"its worker vanished; this was attempt {job.attempts}"
                    kept[job.id] = job.failed(error, claim.now)
            expected = tuple(leased(job, claim) for job in due(kept.values(), claim))
            kept |= {job.id: job for job in expected}
            assert await jobs.lease(claim) == expected
        for job in kept.values():
            assert await jobs.get(job.tenant, job.id) == job


@given(names=st.permutations(["A1", "B2", "Z9", "a1", "b0", "z3"]))
async def test_jobs_are_leased_one_by_one_in_order_however_they_came(
    fresh: Fresh, names: list[str]
) -> None:
    early = {"z3", "B2"}
    async with fresh() as jobs:
        for name in names:
            before = timedelta(hours=1 if name in early else 0)
            await jobs.enqueue(evolve(_job(name), run_at=NOON - before))
        taken = [await jobs.lease(_claim("ann")) for _ in names]
        assert [job.id for some in taken for job in some] == ["B2", "z3", "A1", "Z9", "a1", "b0"]


async def test_a_lease_is_void_even_for_the_same_worker_once_it_was_leased_again(
    fresh: Fresh,
) -> None:
    async with fresh() as jobs:
        await jobs.enqueue(_job())
        (old,) = await jobs.lease(_claim("ann"))
        (new,) = await jobs.lease(_claim("ann", NOON + LEASE))
        with pytest.raises(LeaseLost):
            await jobs.keep(old.lease, old.done(RESULT, NOON + LEASE))
        assert await jobs.get(ACME, new.id) == new


async def test_a_job_is_leased_by_one_worker_only(fresh: Fresh) -> None:
    async with fresh() as jobs:
        for number in range(30):
            await jobs.enqueue(_job(f"j{number}"))
        taken = await asyncio.gather(
            *(jobs.lease(_claim(f"w{number}", limit=4)) for number in range(10))
        )
        identifiers = [job.id for some in taken for job in some]
        assert len(identifiers) == len(set(identifiers))
        rest = await jobs.lease(_claim("late", limit=40))
        assert len(identifiers) + len(rest) == 30
        for worker, some in enumerate(taken):
            assert {job.worker for job in some} <= {f"w{worker}"}


@given(late=st.integers(-1, 1))
async def test_the_job_of_a_dead_worker_is_taken_over_after_its_lease(
    fresh: Fresh, late: int
) -> None:
    async with fresh() as jobs:
        await jobs.enqueue(_job())
        (dead,) = await jobs.lease(_claim("dead"))
        await jobs.keep(dead.lease, dead.progressed(0.5, "half", dead.lease_until or NOON))
        then = NOON + LEASE + timedelta(microseconds=late)
        taken = await jobs.lease(_claim("heir", then))
        if late < 0:
            assert taken == ()
            return
        assert [(job.id, job.worker, job.attempts, job.progress) for job in taken] == [
            (dead.id, "heir", 2, 0.0)
        ]
        with pytest.raises(LeaseLost):
            await jobs.keep(dead.lease, dead.done(RESULT, then))
        await jobs.keep(taken[0].lease, taken[0].done(RESULT, then))


async def test_a_job_that_loses_every_worker_fails(fresh: Fresh) -> None:
    async with fresh() as jobs:
        await jobs.enqueue(_job())
        now = NOON
        for attempt in (1, 2):
            (held,) = await jobs.lease(_claim("w", now, attempts=2))
            assert held.attempts == attempt
            now += LEASE
        assert await jobs.lease(_claim("w", now, attempts=2)) == ()
        lost = await jobs.get(ACME, held.id)
        assert (lost.state, lost.finished_at, lost.attempts) == (JobState.FAILED, now, 2)
        assert "vanished" in (lost.error or "")


async def test_a_repeated_effect_is_there_once(fresh: Fresh) -> None:
    """At least once: the first worker dies between its effect and telling of it."""
    effects: dict[str, int] = {}
    async with fresh() as jobs:
        await jobs.enqueue(_job())
        now = NOON
        for worker in ("dies", "lives"):
            (held,) = await jobs.lease(_claim(worker, now))
            effects[held.id] = 7731
            now += LEASE
        await jobs.keep(held.lease, held.done({"effect": effects[held.id]}, now))
        assert effects == {held.id: 7731}
        assert (await jobs.get(ACME, held.id)).result == {"effect": 7731}
        assert await jobs.lease(_claim("third", now + LEASE)) == ()


@given(step=st.sampled_from(["progress", "done", "failed", "retried", "given_back"]))
async def test_what_a_worker_keeps_is_there_until_its_lease_is_void(
    fresh: Fresh, step: str
) -> None:
    later = NOON + 2 * LEASE
    async with fresh() as jobs:
        await jobs.enqueue(_job())
        (held,) = await jobs.lease(_claim("ann"))
        steps = {
            "progress": held.progressed(0.25, "1 of 4 é", later),
            "done": held.done(RESULT, later),
            "failed": held.failed("it broke", later),
            "retried": held.retried("it broke", later),
            "given_back": held.given_back(),
        }
        await jobs.keep(held.lease, steps[step])
        assert await jobs.get(ACME, held.id) == steps[step]
        if step == "progress":
            assert await jobs.lease(_claim("bob", NOON + LEASE)) == ()
            return
        with pytest.raises(LeaseLost):
            await jobs.keep(held.lease, held)
        assert await jobs.get(ACME, held.id) == steps[step]
        again = await jobs.lease(_claim("bob", later))
        assert [job.attempts for job in again] == {"retried": [2], "given_back": [1]}.get(step, [])


@given(begun=st.booleans())
async def test_a_cancelled_job_cannot_be_kept_any_more(fresh: Fresh, begun: bool) -> None:
    async with fresh() as jobs:
        await jobs.enqueue(_job())
        held = await jobs.lease(_claim("ann")) if begun else ()
        gone = await jobs.cancel(ACME, JobId("A1"), NOON)
        assert (gone.state, gone.finished_at, gone.worker) == (JobState.CANCELLED, NOON, None)
        for job in held:
            with pytest.raises(LeaseLost):
                await jobs.keep(job.lease, job.progressed(0.5, "", NOON + LEASE))
        assert await jobs.cancel(ACME, JobId("A1"), NOON + LEASE) == gone
        assert await jobs.get(ACME, JobId("A1")) == gone
        assert await jobs.lease(_claim("bob", NOON + LEASE)) == ()


async def test_what_has_ended_cannot_be_cancelled(fresh: Fresh) -> None:
    async with fresh() as jobs:
        await jobs.enqueue(_job())
        (held,) = await jobs.lease(_claim("ann"))
        ended = held.done(RESULT, NOON)
        await jobs.keep(held.lease, ended)
        with pytest.raises(JobEnded):
            await jobs.cancel(ACME, held.id, NOON)
        assert await jobs.get(ACME, held.id) == ended


@given(job=new_jobs())
async def test_a_tenant_never_sees_the_jobs_of_another(fresh: Fresh, job: Job) -> None:
    other = TenantId("somebody")
    async with fresh() as jobs:
        await jobs.enqueue(job)
        for attempt in (jobs.get(other, job.id), jobs.cancel(other, job.id, NOON)):
            with pytest.raises(JobNotFound) as caught:
                await attempt
            assert str(caught.value) == str(JobNotFound(job.id))
        assert (await jobs.page(other, JobQuery())).items == ()
        assert await jobs.get(job.tenant, job.id) == job


@given(wanted=st.lists(new_jobs(), max_size=6), query=job_queries(), claim=claims())
async def test_a_list_holds_what_its_query_picks(
    fresh: Fresh, wanted: list[Job], query: JobQuery, claim: Claim
) -> None:
    kept = {job.id: job for job in _distinct(wanted)}
    async with fresh() as jobs:
        for job in kept.values():
            await jobs.enqueue(job)
        kept |= {job.id: job for job in await jobs.lease(claim)}
        for tenant in {job.tenant for job in kept.values()}:
            expected = query.reference([job for job in kept.values() if job.tenant == tenant])
            found = await jobs.page(tenant, query)
            assert found.items == expected[: query.limit]
            if found.next:
                following = await jobs.page(tenant, evolve(query, after=found.next))
                assert following.items[:1] == expected[query.limit :]
            else:
                assert len(expected) <= query.limit


@given(age=st.integers(0, 2))
async def test_jobs_that_ended_long_ago_are_forgotten(fresh: Fresh, age: int) -> None:
    async with fresh() as jobs:
        for name, tenant in (("old", ACME), ("open", ACME), ("new", RIVAL)):
            await jobs.enqueue(_job(name, tenant=tenant))
        await jobs.cancel(ACME, JobId("old"), NOON)
        await jobs.cancel(RIVAL, JobId("new"), NOON + timedelta(hours=1))
        since = NOON + timedelta(hours=age)
        ended = [{ACME, RIVAL}, {RIVAL}, set()]
        assert await jobs.ended_since("count", since) == ended[age]
        assert await jobs.ended_since("other", since) == frozenset()
        assert await jobs.prune(since) == age
        left = [*(await jobs.page(ACME, JobQuery())).items]
        left += (await jobs.page(RIVAL, JobQuery())).items
        assert {job.id for job in left} == [{"old", "open", "new"}, {"open", "new"}, {"open"}][age]


async def test_jobs_of_some_tenants_are_left_where_they_are(fresh: Fresh) -> None:
    async with fresh() as jobs:
        await jobs.enqueue(_job("A1"))
        await jobs.enqueue(_job("B1", tenant=RIVAL))
        without = evolve(_claim("ann", limit=9), without=frozenset({ACME}))
        assert [job.id for job in await jobs.lease(without)] == ["B1"]
        assert (await jobs.get(ACME, JobId("A1"))).state is JobState.READY
        everyone = evolve(without, without=frozenset({ACME, RIVAL}))
        assert await jobs.lease(everyone) == ()
        assert [job.id for job in await jobs.lease(_claim("ann", limit=9))] == ["A1"]
