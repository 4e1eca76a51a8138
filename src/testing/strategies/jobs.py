"""Jobs, claims to them and lists of them."""

from datetime import timedelta

from attrs import evolve
from hypothesis import strategies as st

from ...domain.identifiers import JobId
from ...domain.jobs import Claim, Job, JobPageKey, JobQuery, JobState, RetryPolicy, new_job
from .tenancy import tenant_ids
from .time import instants

#: Order by code point differs here from order by any language's rules.
_IDS = ("A1", "B2", "Z9", "a1", "b0", "z3")
_KINDS = ("count", "refresh_markets")
_TRACES = (None, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
_KEYS = (None, "all", "é")
_ARGUMENTS: tuple[dict[str, object], ...] = (
    {},
    {"year": 2024, "share": 0.1, "names": ["é", '"'], "deep": {"yes": True, "none": None}},
)


def job_ids() -> st.SearchStrategy[JobId]:
    """A handful of ids, in upper and lower case."""
    return st.sampled_from(_IDS).map(JobId)


def kinds() -> st.SearchStrategy[str]:
    """Two kinds of work."""
    return st.sampled_from(_KINDS)


@st.composite
def new_jobs(draw: st.DrawFn, identifier: st.SearchStrategy[JobId] | None = None) -> Job:
    """Jobs that nobody has begun; some may begin only later."""
    now = draw(instants())
    job = new_job(
        draw(tenant_ids()),
        draw(identifier or job_ids()),
        draw(kinds()),
        key=draw(st.sampled_from(_KEYS)),
        arguments=draw(st.sampled_from(_ARGUMENTS)),
        now=now,
        trace=draw(st.sampled_from(_TRACES)),
    )
    return evolve(job, run_at=now + timedelta(hours=draw(st.integers(0, 2))))


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    """Claims of three workers, to leases of an hour or two."""
    now = draw(instants())
    return Claim(
        worker=draw(st.sampled_from(["ann", "bob", "cid"])),
        kinds=draw(st.frozensets(kinds(), min_size=1)),
        now=now,
        lease_until=now + timedelta(hours=draw(st.integers(1, 2))),
        limit=draw(st.integers(1, 3)),
        attempts=draw(st.integers(1, 3)),
        without=draw(st.frozensets(tenant_ids())),
    )


@st.composite
def job_queries(draw: st.DrawFn) -> JobQuery:
    """Lists with any filter, from any place on."""
    after = st.builds(JobPageKey, instants(), job_ids())
    return JobQuery(
        draw(st.none() | st.sampled_from(JobState)),
        draw(st.none() | kinds()),
        draw(st.integers(1, 4)),
        draw(st.none() | after),
    )


def retry_policies() -> st.SearchStrategy[RetryPolicy]:
    """Policies of one to five attempts."""
    seconds = st.sampled_from([1, 10, 600]).map(lambda count: timedelta(seconds=count))
    return st.builds(RetryPolicy, st.integers(1, 5), seconds, seconds)
