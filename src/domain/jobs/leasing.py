"""Who may work on which job, for how long, and how often it is tried."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from attrs import evolve, field, frozen, validators

from ..identifiers import TenantId
from .job import Job, JobState


@frozen
class RetryPolicy:
    """How often a job is tried, and how long it rests in between.

    Args:
        attempts: After so many the job has failed.
        first: Rest after the first failure; doubles with every further one.
        longest: No rest is longer.
    """

    attempts: int = field(default=5, validator=validators.ge(1))
    first: timedelta = field(default=timedelta(seconds=10))
    longest: timedelta = field(default=timedelta(minutes=10))

    def rest(self, attempts: int, jitter: float) -> timedelta:
        """How long a job rests that was tried so often, at least once.

        Args:
            attempts: Tries so far, the failed one among them.
            jitter: Shortens the rest by up to a half, so that jobs which failed
                together do not come back together. [0..1)
        """
        # The exponent is bounded before the power is taken: a timedelta overflows.
        doubled = self.first * 2.0 ** min(attempts - 1, 20)
        return min(doubled, self.longest) * (1.0 - 0.5 * jitter)

    def after_failure(self, job: Job, error: str, now: datetime, jitter: float) -> Job:
        """A leased job after its attempt failed: to be tried again, or given up."""
        if job.attempts >= self.attempts:
            return job.failed(error, now)
        return job.retried(error, now + self.rest(job.attempts, jitter))


@frozen
class Claim:
    """What a worker asks for.

    Args:
        worker: Its name, which no other has and it does not keep over a restart.
        kinds: What it can do.
        now: The present instant. [UTC]
        lease_until: How long it will hold what it gets unless it renews. [UTC]
        limit: Most jobs it wants.
        attempts: A job whose lease ran out so often has failed.
        without: Tenants whose jobs are left where they are.
    """

    worker: str
    kinds: frozenset[str]
    now: datetime
    lease_until: datetime
    limit: int
    attempts: int
    without: frozenset[TenantId] = frozenset()


def due(jobs: Iterable[Job], claim: Claim) -> tuple[Job, ...]:
    """The jobs that a claim gets, by ``run_at`` and then by id: its reference."""
    found = [job for job in jobs if job.kind in claim.kinds and _due(job, claim)]
    return tuple(sorted(found, key=lambda job: (job.run_at, job.id))[: claim.limit])


def leased(job: Job, claim: Claim) -> Job:
    """A due job in the hands of the claim's worker."""
    return evolve(
        job,
        state=JobState.LEASED,
        worker=claim.worker,
        lease_until=claim.lease_until,
        attempts=job.attempts + 1,
        progress=0.0,
        progress_text="",
    )


def forsaken(job: Job, claim: Claim) -> bool:
    """Whether a job has lost its worker once too often, so that it has failed.

    Without this a job that kills its process would kill one after the other.
    """
    return _lost(job, claim.now) and job.kind in claim.kinds and job.attempts >= claim.attempts


def forsaken_error(attempts: int) -> str:
    """Why a forsaken job failed, in words."""
    return f"its worker vanished; this was attempt {attempts}"


def _due(job: Job, claim: Claim) -> bool:
    if job.tenant in claim.without:
        return False
    if job.state is JobState.READY:
        return job.run_at <= claim.now
    return _lost(job, claim.now) and job.attempts < claim.attempts


def _lost(job: Job, now: datetime) -> bool:
    """Leases are half-open: one that ends now is over."""
    return job.lease_until is not None and job.lease_until <= now
