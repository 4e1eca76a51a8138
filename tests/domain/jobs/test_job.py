"""What may become of a job, held against a list of everything that happened to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sightline.domain.errors import InvalidInput, JobEnded
from sightline.domain.identifiers import JobId, TenantId
from sightline.domain.jobs import (
    Claim,
    Job,
    JobQuery,
    JobState,
    RetryPolicy,
    due,
    forsaken,
    leased,
    new_job,
    page,
)
from sightline.testing.strategies import claims, job_queries, new_jobs, retry_policies

NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
POLICY = RetryPolicy(attempts=3, first=timedelta(seconds=10), longest=timedelta(seconds=15))


def claim(now: datetime, attempts: int = POLICY.attempts) -> Claim:
    return Claim("ann", frozenset({"count"}), now, now + timedelta(seconds=30), 1, attempts)


def fresh() -> Job:
    return new_job(TenantId("acme"), JobId("A1"), "count", key=None, arguments={}, now=NOON)


class Model(RuleBasedStateMachine):
    """The obvious job: what happened to it, read from the beginning at every step."""

    def __init__(self) -> None:
        super().__init__()
        self.job = fresh()
        self.now = NOON
        self.happened: list[tuple[str, datetime]] = []

    @rule(seconds=st.sampled_from([1, 5, 10, 15, 29, 30]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def ask(self) -> None:
        asked = claim(self.now)
        if forsaken(self.job, asked):
            self.job = self.job.failed("lost", self.now)
            self._note("lost for good")
        for job in due([self.job], asked):
            self.job = leased(job, asked)
            self._note("leased")

    @precondition(lambda self: self.job.state is JobState.LEASED)
    @rule(what=st.sampled_from(["done", "broke", "given back", "renewed"]))
    def end(self, what: str) -> None:
        match what:
            case "done":
                self.job = self.job.done({}, self.now)
            case "broke":
                self.job = POLICY.after_failure(self.job, "broke", self.now, jitter=0.0)
            case "given back":
                self.job = self.job.given_back()
            case _:
                until = self.now + timedelta(seconds=30)
                self.job = self.job.progressed(0.5, "half", until)
        self._note(what)

    @rule()
    def cancel(self) -> None:
        if self._ended() in {"done", "failed"}:
            with pytest.raises(JobEnded):
                self.job.cancelled(self.now)
        else:
            self.job = self.job.cancelled(self.now)
            self._note("cancelled")

    @invariant()
    def the_job_stands_where_its_story_says(self) -> None:
        assert self.job.state.value == (self._ended() or self._held())
        assert self.job.attempts == self._attempts()
        assert self.job.open == (not self._ended())

    @invariant()
    def it_is_due_when_its_story_says(self) -> None:
        assert bool(due([self.job], claim(self.now))) == self._due()

    def _note(self, what: str) -> None:
        self.happened.append((what, self.now))

    def _attempts(self) -> int:
        names = [what for what, _ in self.happened]
        return names.count("leased") - names.count("given back")

    def _ended(self) -> str:
        for number, (what, _) in enumerate(self.happened):
            if what in {"done", "cancelled"}:
                return what
            tries = [name for name, _ in self.happened[: number + 1]]
            used = tries.count("leased") - tries.count("given back")
            if what == "lost for good" or (what == "broke" and used >= POLICY.attempts):
                return "failed"
        return ""

    def _held(self) -> str:
        held = self.happened and self.happened[-1][0] in {"leased", "renewed"}
        return "leased" if held else "ready"

    def _due(self) -> bool:
        if self._ended():
            return False
        if not self.happened:
            return True
        what, at = self.happened[-1]
        if self._held() == "leased":
            over = self.now >= at + timedelta(seconds=30)
            return over and self._attempts() < POLICY.attempts
        if what == "given back":
            broken = [(n, at) for n, (name, at) in enumerate(self.happened) if name == "broke"]
            if not broken:
                return True
            number, at = broken[-1]
        else:
            number = len(self.happened) - 1
        names = [name for name, _ in self.happened[: number + 1]]
        rests = {1: 10, 2: 15}
        used = names.count("leased") - names.count("given back")
        return self.now >= at + timedelta(seconds=rests[used])


TestAJobAgreesWithItsStory = Model.TestCase
TestAJobAgreesWithItsStory.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None
)


@given(policy=retry_policies(), attempts=st.integers(1, 5000), jitter=st.sampled_from([0.0, 0.99]))
def test_a_rest_grows_but_not_beyond_the_longest(
    policy: RetryPolicy, attempts: int, jitter: float
) -> None:
    rest, next_rest = (policy.rest(count, jitter) for count in (attempts, attempts + 1))
    assert timedelta() < rest <= next_rest <= policy.longest
    assert policy.rest(attempts, 0.0) * 0.5 <= rest <= policy.rest(attempts, 0.0)


def test_the_rests_of_the_default_policy() -> None:
    rests = [RetryPolicy().rest(count, 0.0).total_seconds() for count in range(1, 9)]
    assert rests == [10, 20, 40, 80, 160, 320, 600, 600]
    assert RetryPolicy().rest(1, 0.5).total_seconds() == 7.5


@given(jobs=st.lists(new_jobs(), max_size=6), asked=claims())
def test_a_claim_gets_the_earliest_and_leaves_the_rest(jobs: list[Job], asked: Claim) -> None:
    found = due(jobs, asked)
    assert len(found) <= asked.limit
    assert list(found) == sorted(found, key=lambda job: (job.run_at, job.id))
    assert all(job.run_at <= asked.now and job.kind in asked.kinds for job in found)
    everything = due(jobs, evolve(asked, limit=100))
    assert everything[: asked.limit] == found
    taken = [leased(job, asked) for job in everything]
    assert due(taken, asked) == ()
    assert len(due(taken, evolve(asked, now=asked.lease_until, limit=100))) == (
        len(taken) if asked.attempts > 1 else 0
    )


@given(jobs=st.lists(new_jobs(), max_size=6, unique_by=lambda job: job.id), query=job_queries())
def test_pages_make_up_the_list(jobs: list[Job], query: JobQuery) -> None:
    whole = evolve(query, limit=100).reference(jobs)
    walked: tuple[Job, ...] = ()
    step: JobQuery | None = query
    while step is not None:
        some = page(step, step.reference(jobs))
        assert len(some.items) <= query.limit
        walked += some.items
        step = evolve(query, after=some.next) if some.next else None
    assert walked == whole
    newest_first = sorted(whole, key=lambda job: (job.created_at, job.id), reverse=True)
    assert list(whole) == newest_first


@given(text=st.text(max_size=1000))
def test_long_words_are_cut(text: str) -> None:
    held = leased(fresh(), claim(NOON))
    assert held.progressed(0.0, text, NOON).progress_text == text[:200]
    assert held.failed(text, NOON).error == text[:500]
    assert held.retried(text, NOON).error == text[:500]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": ""},
        {"kind": "Count"},
        {"kind": "a" * 65},
        {"key": ""},
        {"key": "a" * 201},
        {"progress": 1.01},
        {"progress": float("nan")},
        {"state": JobState.LEASED},
        {"worker": "ann"},
        {"lease_until": NOON},
        {"state": JobState.DONE, "finished_at": NOON},
        {"state": JobState.FAILED},
        {"finished_at": NOON},
        {"result": {}},
    ],
    ids=str,
)
def test_what_may_not_be_cannot_be_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        evolve(fresh(), **wrong)


def test_only_a_leased_job_has_a_lease() -> None:
    with pytest.raises(InvalidInput):
        _ = fresh().lease
    assert leased(fresh(), claim(NOON)).lease.attempt == 1
