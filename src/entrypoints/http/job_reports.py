"""What a tenant is told of a job."""

from collections.abc import Mapping
from datetime import datetime

from attrs import evolve, frozen

from ...application import request_answer
from ...domain.jobs import Job, JobState

JOBS = "/api/v1/jobs"


@frozen(slots=False)
class JobReport:
    """A job as its tenant sees it; which worker holds it is nobody's business.

    Args:
        id: Its id.
        kind: What is to be done.
        arguments: What the work was told.
        state: `ready` (waiting), `leased` (under way), `done`, `failed` or `cancelled`.
        progress: How much of it is done. [0..1]
        progress_text: The same in a few words; empty before it begins.
        attempts: How often it was begun.
        run_at: Not to be begun before. [UTC]
        result: What came of it; null unless it is done. The answer to a question is shown with
            the job alone, not in lists, and to those who may see events.
        error: Why it failed, or why the last attempt did; null if none has.
        created_at: When it was asked for. [UTC]
        finished_at: When it ended; null while it is open. [UTC]
    """

    id: str
    kind: str
    arguments: Mapping[str, object]
    state: JobState
    progress: float
    progress_text: str
    attempts: int
    run_at: datetime
    result: Mapping[str, object] | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None


def job_headers(job: Job) -> dict[str, str]:
    """Where to ask how far a job is."""
    return {"location": f"{JOBS}/{job.id}"}


def reported(job: Job) -> JobReport:
    """What a job's tenant is told of it."""
    return JobReport(**{name: getattr(job, name) for name in _REPORTED})


_REPORTED: tuple[str, ...] = tuple(JobReport.__annotations__)


def listed(job: Job) -> JobReport:
    """A job in a list: without an answer, which may be long."""
    report = reported(job)
    return evolve(report, result=None) if job.kind == request_answer.KIND else report
