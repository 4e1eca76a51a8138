"""Have a question answered in the background."""

from collections.abc import Mapping

from attrs import frozen

from ..domain.attributes import Json
from ..domain.identifiers import JobId, TenantId
from ..domain.jobs import Job, new_job
from ..domain.tenancy import ALPHABET
from ..ports.clock import Clock
from ..ports.jobs import JobRepository
from ..ports.random_text import RandomText
from ..ports.tracing import current_trace

KIND = "answer_question"

_ID_LENGTH = 22


@frozen
class RequestAnswer:
    """Use case: a job that answers one question, with the answer as its result."""

    jobs: JobRepository
    clock: Clock
    random_text: RandomText

    async def __call__(self, tenant: TenantId, operation: str, body: Json) -> Job:
        """Ask for it.

        Args:
            tenant: Of whose events.
            operation: Which question: the id of the operation that would answer it at once.
            body: The question as it was sent, already found to be in order.
        """
        arguments: Mapping[str, object] = {"operation": operation, "question": body}
        trace = current_trace.get()
        job = new_job(
            tenant,
            JobId(self.random_text.draw(ALPHABET, _ID_LENGTH)),
            KIND,
            key=None,
            arguments=arguments,
            now=self.clock.now(),
            trace=trace.traceparent if trace else None,
        )
        return await self.jobs.enqueue(job)
