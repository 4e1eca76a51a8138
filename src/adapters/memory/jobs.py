"""Jobs in a dictionary."""

from datetime import datetime

from attrs import define, field

from ...domain.errors import JobNotFound, LeaseLost
from ...domain.identifiers import JobId, TenantId
from ...domain.jobs import Claim, Job, JobPage, JobQuery, Lease, due, forsaken, leased, page
from ...domain.jobs.leasing import forsaken_error


@define
class MemoryJobRepository:
    """Keeps jobs by id, for tenants and for workers."""

    _jobs: dict[JobId, Job] = field(factory=dict, init=False)

    async def enqueue(self, job: Job) -> Job:
        place = (job.tenant, job.kind, job.key)
        for kept in self._jobs.values():
            if job.key is not None and kept.open and (kept.tenant, kept.kind, kept.key) == place:
                return kept
        self._jobs[job.id] = job
        return job

    async def get(self, tenant: TenantId, identifier: JobId) -> Job:
        found = self._jobs.get(identifier)
        if found is None or found.tenant != tenant:
            raise JobNotFound(identifier)
        return found

    async def page(self, tenant: TenantId, query: JobQuery) -> JobPage:
        own = [job for job in self._jobs.values() if job.tenant == tenant]
        return page(query, query.reference(own))

    async def cancel(self, tenant: TenantId, identifier: JobId, now: datetime) -> Job:
        changed = (await self.get(tenant, identifier)).cancelled(now)
        self._jobs[identifier] = changed
        return changed

    async def lease(self, claim: Claim) -> tuple[Job, ...]:
        for job in [job for job in self._jobs.values() if forsaken(job, claim)]:
            self._jobs[job.id] = job.failed(forsaken_error(job.attempts), claim.now)
        taken = tuple(leased(job, claim) for job in due(self._jobs.values(), claim))
        self._jobs.update((job.id, job) for job in taken)
        return taken

    async def keep(self, lease: Lease, changed: Job) -> None:
        held = self._jobs.get(lease.job)
        if held is None or held.worker is None or held.lease != lease:
            raise LeaseLost(lease.job)
        self._jobs[lease.job] = changed

    async def ended_since(self, kind: str, since: datetime) -> frozenset[TenantId]:
        return frozenset(
            job.tenant
            for job in self._jobs.values()
            if job.kind == kind and job.finished_at is not None and job.finished_at >= since
        )

    async def prune(self, before: datetime) -> int:
        old = [
            job.id for job in self._jobs.values() if job.finished_at and job.finished_at < before
        ]
        for identifier in old:
            del self._jobs[identifier]
        return len(old)
