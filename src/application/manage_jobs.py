"""Look after jobs."""

from datetime import timedelta

from attrs import frozen

from ..domain.identifiers import JobId, TenantId
from ..domain.jobs import Job, JobPage, JobQuery
from ..ports.clock import Clock
from ..ports.jobs import JobQueue, JobRepository

#: How long jobs that ended can be seen.
KEPT = timedelta(days=3)


@frozen
class ListJobs:
    """Use case: a page of the tenant's jobs."""

    jobs: JobRepository

    async def __call__(self, tenant: TenantId, query: JobQuery) -> JobPage:
        """List."""
        return await self.jobs.page(tenant, query)


@frozen
class ShowJob:
    """Use case: one job."""

    jobs: JobRepository

    async def __call__(self, tenant: TenantId, identifier: JobId) -> Job:
        """Show.

        Raises:
            JobNotFound: If the tenant has no such job.
        """
        return await self.jobs.get(tenant, identifier)


@frozen
class CancelJob:
    """Use case: a job that nobody wants any more."""

    jobs: JobRepository
    clock: Clock

    async def __call__(self, tenant: TenantId, identifier: JobId) -> Job:
        """Cancel; again is harmless.

        Raises:
            JobNotFound: If the tenant has no such job.
            JobEnded: If it is done or has failed.
        """
        return await self.jobs.cancel(tenant, identifier, self.clock.now())


@frozen
class PruneJobs:
    """Chore: forget what ended long ago."""

    queue: JobQueue
    clock: Clock

    async def __call__(self) -> None:
        """Prune."""
        await self.queue.prune(self.clock.now() - KEPT)
