"""Which jobs a list shows and where its next page begins; stores answer the same."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from attrs import frozen

from ..identifiers import JobId
from .job import Job, JobState

LARGEST_PAGE = 200
"""Most jobs of one page."""


@frozen
class JobPageKey:
    """The last job of a page: the next one begins after it.

    Args:
        created_at: When it was asked for. [UTC]
        id: Its id.
    """

    created_at: datetime
    id: JobId


@frozen
class JobQuery:
    """Jobs of a tenant, newest first, those of one instant by descending id.

    Args:
        state: Only those that stand here.
        kind: Only those of this kind.
        limit: Most jobs of the page.
        after: The last job of the page before; None for the first page.
    """

    state: JobState | None = None
    kind: str | None = None
    limit: int = 50
    after: JobPageKey | None = None

    def reference(self, jobs: Iterable[Job]) -> tuple[Job, ...]:
        """The jobs of the page and, if there is one, the first of the next."""
        found = [job for job in jobs if self._fits(job)]
        found.sort(key=lambda job: (job.created_at, job.id), reverse=True)
        return tuple(found[: self.limit + 1])

    def _fits(self, job: Job) -> bool:
        return (
            self.state in {None, job.state}
            and self.kind in {None, job.kind}
            and (
                self.after is None
                or (job.created_at, job.id) < (self.after.created_at, self.after.id)
            )
        )


@frozen
class JobPage:
    """Some jobs of a list.

    Args:
        items: The jobs, newest first.
        next: Where the next page begins; None where there is none.
    """

    items: tuple[Job, ...]
    next: JobPageKey | None


def page(query: JobQuery, found: Sequence[Job]) -> JobPage:
    """A page from one job more than fit on it, if there are so many."""
    items = tuple(found[: query.limit])
    more = len(found) > query.limit
    return JobPage(items, JobPageKey(items[-1].created_at, items[-1].id) if more else None)
