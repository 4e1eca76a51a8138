"""Jobs, as tenants see them and as workers do."""

from datetime import datetime
from typing import Protocol

from ..domain.identifiers import JobId, TenantId
from ..domain.jobs import Claim, Job, JobPage, JobQuery, Lease


class JobRepository(Protocol):
    """The jobs of every tenant, seen by one tenant at a time.

    Every method may raise Unavailable if the store does not answer.
    """

    async def enqueue(self, job: Job) -> Job:
        """Keep a new job, unless one of its tenant, kind and key is open.

        Returns:
            The job, or the one that is open already.
        """

    async def get(self, tenant: TenantId, identifier: JobId) -> Job:
        """One job.

        Raises:
            JobNotFound: If the tenant has none of this id.
        """

    async def page(self, tenant: TenantId, query: JobQuery) -> JobPage:
        """The jobs that `query.reference` picks."""

    async def cancel(self, tenant: TenantId, identifier: JobId, now: datetime) -> Job:
        """End an open job; its worker learns of it when it next keeps something.

        Raises:
            JobNotFound: If the tenant has none of this id.
            JobEnded: If it is done or has failed.
        """


class JobQueue(Protocol):
    """The jobs of all tenants, as those see them who do the work.

    Every method may raise Unavailable if the store does not answer.
    """

    async def lease(self, claim: Claim) -> tuple[Job, ...]:
        """Take the jobs that `due` picks, each as `leased` says, no other worker any of them.

        Jobs that are `forsaken` fail first.
        """

    async def keep(self, lease: Lease, changed: Job) -> None:
        """Put a changed job in the place of the one that is leased.

        A lease that has run out still holds until somebody else takes the job.

        Raises:
            LeaseLost: If the lease is void.
        """

    async def ended_since(self, kind: str, since: datetime) -> frozenset[TenantId]:
        """The tenants of which a job of this kind ended then or later, however it ended."""

    async def prune(self, before: datetime) -> int:
        """Forget the jobs that ended before an instant; how many those were."""
