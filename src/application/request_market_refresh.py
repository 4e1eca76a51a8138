"""Have the markets of portfolios read anew: on request, and by the clock."""

from datetime import timedelta

from attrs import frozen

from ..domain.identifiers import JobId, TenantId
from ..domain.jobs import Job, new_job
from ..domain.tenancy import ALPHABET
from ..ports.clock import Clock
from ..ports.followed_markets import FollowedMarkets
from ..ports.jobs import JobQueue, JobRepository
from ..ports.random_text import RandomText
from ..ports.tracing import current_trace
from .refresh_markets import KIND

#: From the end of one refresh to the next. Another minute until somebody looks, and what was
#: read up to a minute before the end (`refresh_markets.YOUNG`): together under the 15 minutes
#: for which market data are fresh.
EVERY = timedelta(minutes=12)

_ID_LENGTH = 22


@frozen
class RequestMarketRefresh:
    """Use case: a job that reads every market of the tenant's portfolio."""

    jobs: JobRepository
    clock: Clock
    random_text: RandomText

    async def __call__(self, tenant: TenantId) -> Job:
        """Ask for it; while one is open, that is the answer."""
        identifier = JobId(self.random_text.draw(ALPHABET, _ID_LENGTH))
        now = self.clock.now()
        trace = current_trace.get()
        job = new_job(
            tenant,
            identifier,
            KIND,
            key="portfolio",
            arguments={},
            now=now,
            trace=trace.traceparent if trace else None,
        )
        return await self.jobs.enqueue(job)


@frozen
class ScheduleMarketRefreshes:
    """Chore: a refresh for every tenant with properties whose last one is long ago."""

    followed: FollowedMarkets
    queue: JobQueue
    request: RequestMarketRefresh
    clock: Clock

    async def __call__(self) -> None:
        """Ask for those that are due; call it once a minute, in any number of processes."""
        recent = await self.queue.ended_since(KIND, self.clock.now() - EVERY)
        for tenant in await self.followed.tenants():
            if tenant not in recent:
                await self.request(tenant)
