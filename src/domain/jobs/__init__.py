"""Work that takes longer than a request: who does it, how far it is, what came of it."""

from .job import Job, JobState, Lease, new_job
from .leasing import Claim, RetryPolicy, due, forsaken, leased
from .listing import LARGEST_PAGE, JobPage, JobPageKey, JobQuery, page

__all__ = [
    "LARGEST_PAGE",
    "Claim",
    "Job",
    "JobPage",
    "JobPageKey",
    "JobQuery",
    "JobState",
    "Lease",
    "RetryPolicy",
    "due",
    "forsaken",
    "leased",
    "new_job",
    "page",
]
