"""Jobs: list, show, cancel; and the one that reads market data anew."""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

import re
from datetime import datetime
from typing import Any

from attrs import frozen
from litestar import Controller, Response, get, post
from litestar.params import FromPath

from ...application import request_answer
from ...domain.errors import JobNotFound
from ...domain.identifiers import JobId
from ...domain.jobs import LARGEST_PAGE, Job, JobPageKey, JobQuery, JobState
from ...domain.tenancy import CostClass
from .inputs import Call, described
from .job_reports import JOBS, JobReport, job_headers, listed, reported
from .problems import NotAcceptable
from .question_jobs import answer_sheet
from .question_sheets import PAGE_HEADERS, SHEETS, chosen_sheet, sheet_response

_ID = re.compile(r"[0-9A-Za-z]{1,64}", re.ASCII)


@frozen
class JobListParameters:
    """Which jobs, how many."""

    state: JobState | None = described("Only jobs that stand here.", default=None, example="leased")
    kind: str | None = described(
        "Only jobs of this kind.", default=None, example="refresh_markets", max_length=64
    )
    limit: int = described("Length of the page.", default=50, minimum=1, maximum=LARGEST_PAGE)
    cursor: str | None = described(
        "`next_cursor` of the page before, with the same filters.", default=None, max_length=2000
    )


@frozen(slots=False)
class JobList:
    """A page of jobs.

    Args:
        items: Newest first.
        next_cursor: For the next page; null on the last.
    """

    items: tuple[JobReport, ...]
    next_cursor: str | None


class JobController(Controller):
    """Your jobs."""

    path = JOBS
    tags = ("Jobs",)

    @get("/", operation_id="listJobs", needs="jobs:read", asks=JobListParameters)
    async def list_jobs(self, request: Call) -> JobList:
        """List jobs, newest first, page by page.

        Jobs that ended are forgotten after three days.
        """
        asked = request.parameters(JobListParameters)
        question = ["jobs", asked.state, asked.kind]
        after = None
        if asked.cursor is not None:
            created_at, last = request.cursors.open(request.tenant, question, asked.cursor)
            after = JobPageKey(datetime.fromisoformat(created_at), JobId(last))
        query = JobQuery(asked.state, asked.kind, asked.limit, after)
        found = await request.cases.list_jobs(request.tenant, query)
        following = None
        if found.next is not None:
            position = [found.next.created_at.isoformat(), found.next.id]
            following = request.cursors.seal(request.tenant, question, position)
        return JobList(tuple(listed(job) for job in found.items), following)

    @get(
        "/{job_id:str}",
        operation_id="getJob",
        needs="jobs:read",
        also_makes=SHEETS,
        answer_headers=PAGE_HEADERS,
    )
    async def show(self, request: Call, job_id: FromPath[str]) -> Response[JobReport]:
        """One job: how far it is, and what came of it.

        With `Accept: application/x-ndjson`, `text/csv` or that of Excel the rows of the answer to
        a question alone, as the question itself would have given them; 406 until there is one.
        """
        job = await request.cases.show_job(request.tenant, _known(job_id))
        shown, media = _shown(request, job), chosen_sheet(request)
        if media is None:
            return Response(shown)
        if shown.result is None or job.kind != request_answer.KIND:
            message = "this job has no rows to show; ask for application/json to see how far it is"
            raise NotAcceptable(message)
        found: Response[Any] = sheet_response(request, media, *answer_sheet(job, request.cursors))
        return found

    @post(
        "/{job_id:str}/cancel",
        operation_id="cancelJob",
        needs="jobs:write",
        status_code=200,
        may_fail=(409,),
    )
    async def cancel(self, request: Call, job_id: FromPath[str]) -> JobReport:
        """Cancel a job.

        It ends at once, and work under way stops at its next report of progress. What it has
        done until then stays. Cancelling again is harmless; a job that is done or has failed
        cannot be cancelled.
        """
        return _shown(request, await request.cases.cancel_job(request.tenant, _known(job_id)))


class MarketRefreshController(Controller):
    """Market data read ahead of need."""

    path = "/api/v1/market-refreshes"
    tags = ("Jobs",)

    @post(
        "/",
        operation_id="requestMarketRefresh",
        cost_class=CostClass.BULK,
        needs="jobs:write",
        status_code=202,
        answer_headers={"Location": "The job's address, to ask how far it is."},
    )
    async def refresh(self, request: Call) -> Response[JobReport]:
        """Read the market of every property of yours anew, in the background.

        This happens by itself every twelve minutes; ask for it after the market API was out
        of reach. While such a job is open, it is the answer. Its result counts the markets by
        where their data came from; `cache` was read within the last minute.
        """
        job = await request.cases.request_market_refresh(request.tenant)
        return Response(reported(job), status_code=202, headers=job_headers(job))


def _shown(call: Call, job: Job) -> JobReport:
    """A job; what was answered from events is for those who may see events."""
    return reported(job) if "events:read" in call.principal.scopes else listed(job)


def _known(text: str) -> JobId:
    if not _ID.fullmatch(text):
        raise JobNotFound(text)
    return JobId(text)
