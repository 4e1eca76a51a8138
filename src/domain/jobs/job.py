"""A job and the ways in which it can change hands.

::

    ready ──lease──▶ leased ──▶ done | failed
      ▲                │
      ├── given back ──┤           open: ready, leased
      └── retried ─────┘           ended: done, failed, cancelled

An open job can be cancelled at any moment; a leased one whose time has run out
is leased again by whoever asks first.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from attrs import evolve, frozen

from ..errors import InvalidInput, JobEnded
from ..identifiers import JobId, TenantId

_KIND = re.compile(r"[a-z][a-z_]{0,63}", re.ASCII)
_LONGEST_KEY = 200
_LONGEST_TEXT = 200
_LONGEST_ERROR = 500


class JobState(StrEnum):
    """Where a job stands."""

    READY = "ready"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = frozenset({JobState.READY, JobState.LEASED})


@frozen
class Lease:
    """Leave to work on a job; void as soon as the job is cancelled or leased again.

    Args:
        job: The job.
        worker: Who holds it.
        attempt: Which of the job's leases it is.
    """

    job: JobId
    worker: str
    attempt: int


@frozen
class Job:
    """A piece of work of a tenant.

    Args:
        tenant: Whose it is.
        id: Drawn at random, of 0-9, A-Z, a-z.
        kind: What is to be done: a-z and _.
        key: Of one tenant, kind and key at most one job is open; None never collides.
        arguments: What the work needs to know, JSON-like.
        state: Where it stands.
        run_at: Not to be begun before. [UTC]
        attempts: How often it was leased and not given back.
        lease_until: When the lease runs out; None unless leased. [UTC]
        worker: Who holds the lease; None unless leased.
        progress: How much of it is done. [0..1]
        progress_text: The same in a few words.
        result: What came of it, JSON-like; None unless done.
        error: Why it failed, or why the last attempt did; None if none has.
        created_at: When it was asked for. [UTC]
        finished_at: When it ended; None while it is open. [UTC]
        trace: The trace of whoever asked for it, as W3C Trace Context writes it; None where
            nobody did.

    Raises:
        InvalidInput: If the kind, the key or the progress cannot be one, or
            the fields contradict the state.
    """

    tenant: TenantId
    id: JobId
    kind: str
    key: str | None
    arguments: Mapping[str, object]
    state: JobState
    run_at: datetime
    attempts: int
    lease_until: datetime | None
    worker: str | None
    progress: float
    progress_text: str
    result: Mapping[str, object] | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    trace: str | None = None

    def __attrs_post_init__(self) -> None:
        if not _KIND.fullmatch(self.kind):
            raise InvalidInput("a kind is 1 to 64 of a-z and _", path=("kind",), code="kind")
        if self.key is not None and not 1 <= len(self.key) <= _LONGEST_KEY:
            message = f"a key has 1 to {_LONGEST_KEY} characters"
            raise InvalidInput(message, path=("key",), code="key")
        if not 0 <= self.progress <= 1:
            message = "progress must lie between 0 and 1"
            raise InvalidInput(message, path=("progress",), code="out_of_range")
        held = self.state is JobState.LEASED
        if ((self.lease_until is not None) != held) or ((self.worker is not None) != held):
            raise InvalidInput("exactly a leased job has a worker and an end of its lease")
        if (self.finished_at is None) != self.open:
            raise InvalidInput("exactly a job that ended has an end")
        if (self.result is not None) != (self.state is JobState.DONE):
            raise InvalidInput("exactly a job that is done has a result")

    @property
    def open(self) -> bool:
        """Whether something may still come of it."""
        return self.state in OPEN

    @property
    def lease(self) -> Lease:
        """The leave that its worker has.

        Raises:
            InvalidInput: If it is not leased.
        """
        if self.worker is None:
            raise InvalidInput("only a leased job has a lease")
        return Lease(self.id, self.worker, self.attempts)

    def progressed(self, progress: float, text: str, lease_until: datetime) -> "Job":
        """The leased job, so far done, its lease renewed."""
        said = text[:_LONGEST_TEXT]
        return evolve(self, progress=progress, progress_text=said, lease_until=lease_until)

    def renewed(self, lease_until: datetime) -> "Job":
        """The leased job with its lease renewed."""
        return evolve(self, lease_until=lease_until)

    def done(self, result: Mapping[str, object], now: datetime) -> "Job":
        """The job with what came of it."""
        return self._ended(JobState.DONE, now, progress=1.0, result=result, error=None)

    def failed(self, error: str, now: datetime) -> "Job":
        """The job given up for good."""
        return self._ended(JobState.FAILED, now, error=error[:_LONGEST_ERROR])

    def retried(self, error: str, run_at: datetime) -> "Job":
        """The job to be tried again, at some later instant."""
        return evolve(self._free(), run_at=run_at, error=error[:_LONGEST_ERROR])

    def given_back(self) -> "Job":
        """The job as if this lease had never been: its worker stops, the job did not fail."""
        return evolve(self._free(), attempts=self.attempts - 1)

    def cancelled(self, now: datetime) -> "Job":
        """The job as nobody wants it any more; one that was cancelled stays as it is.

        Raises:
            JobEnded: If it is done or has failed.
        """
        if self.state is JobState.CANCELLED:
            return self
        if not self.open:
            raise JobEnded(self.id, self.state)
        return self._ended(JobState.CANCELLED, now)

    def _ended(self, state: JobState, now: datetime, **what_came: Any) -> "Job":
        return evolve(
            self, state=state, finished_at=now, worker=None, lease_until=None, **what_came
        )

    def _free(self) -> "Job":
        return evolve(self, state=JobState.READY, worker=None, lease_until=None)


def new_job(
    tenant: TenantId,
    identifier: JobId,
    kind: str,
    *,
    key: str | None,
    arguments: Mapping[str, object],
    now: datetime,
    trace: str | None = None,
) -> Job:
    """A job that may begin at once.

    Raises:
        InvalidInput: If the kind or the key cannot be one.
    """
    return Job(
        tenant=tenant,
        id=identifier,
        kind=kind,
        key=key,
        arguments=arguments,
        state=JobState.READY,
        run_at=now,
        attempts=0,
        lease_until=None,
        worker=None,
        progress=0.0,
        progress_text="",
        result=None,
        error=None,
        created_at=now,
        finished_at=None,
        trace=trace,
    )
