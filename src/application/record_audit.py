"""Put into the audit log what was done: changes before they are answered, reads in batches."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from attrs import define, evolve, field, frozen

from ..domain.errors import AuditUnavailable, Unavailable
from ..domain.governance import AuditEntry, AuditOutcome
from ..ports.audit import AuditLog
from ..ports.clock import Clock

#: How long a change may be under way before its outcome counts as unknown.
LONGEST_CHANGE = timedelta(minutes=10)


@define(eq=False)
class RecordAudit:
    """Use case: what is done goes into the audit log, or is not done (ADR 20).

    Whatever waits goes into one transaction: changes at once, reads a tenth of a second
    later or when five hundred of them wait. While a transaction is under way, the next one
    gathers.

    Args:
        log: Where it goes.
        clock: Dates what is done.
        salt: Draws 16 random bytes, for one record each.
        on_failure: Told of every exception of the log's, with what was done when it came.
        batch_seconds: How long a read waits for others at most. [s]
        batch_size: So many reads do not wait for more.
        most_waiting: So many reads may wait while the log does not answer; more are refused.
    """

    log: AuditLog
    clock: Clock
    salt: Callable[[], bytes]
    on_failure: Callable[[str, BaseException], None]
    batch_seconds: float = 0.1
    batch_size: int = 500
    most_waiting: int = 5_000
    _reads: list[AuditEntry] = field(factory=list, init=False)
    _outcomes: list[AuditEntry] = field(factory=list, init=False)
    _intents: list[AuditEntry] = field(factory=list, init=False)
    _waiting: list[asyncio.Future[None]] = field(factory=list, init=False)
    _hurry: asyncio.Event = field(factory=asyncio.Event, init=False)
    _failing: bool = field(default=False, init=False)
    _writing: asyncio.Task[None] | None = field(default=None, init=False)

    def note(self, entry: AuditEntry) -> None:
        """Take a read; it is durable with the next batch.

        Raises:
            AuditUnavailable: If too many wait already.
        """
        reads = self._reads
        if len(reads) >= self.most_waiting:
            raise AuditUnavailable("what is read cannot be recorded now, so it is not shown")
        reads.append(entry)
        if len(reads) >= self.batch_size and not self._failing:
            self._hurry.set()
        self._see_to_it()

    async def begin(self, intent: AuditEntry) -> None:
        """Keep that a change is about to be made, before it is.

        Raises:
            AuditUnavailable: If that could not be kept; then nothing may be changed.
        """
        self._intents.append(evolve(intent, outcome=AuditOutcome.UNKNOWN, status=0))
        try:
            await self._written()
        except Unavailable as error:
            message = "the change could not be recorded, so it was not made"
            raise AuditUnavailable(message) from error

    async def conclude(self, entry: AuditEntry, *copies: AuditEntry) -> None:
        """Keep what became of a change, or that one was refused, before anybody is told.

        Args:
            entry: For whoever made it.
            copies: The same for other tenants that it is about, all or none of them.

        Raises:
            AuditUnavailable: If that could not be kept. The intent stays, if there was one,
                and becomes a record of unknown outcome.
        """
        self._outcomes += (entry, *copies)
        try:
            await self._written()
        except Unavailable as error:
            message = "the outcome could not be recorded"
            if entry.intent is not None:
                message += "; the change may have been made: look before you ask for it again"
            raise AuditUnavailable(message) from error

    def forsake(self, entry: AuditEntry) -> None:
        """Take what became of a change whose caller has left; nobody waits for it."""
        self._outcomes.append(entry)
        self._hurry.set()
        self._see_to_it()

    async def flush(self) -> None:
        """Wait until everything taken so far is durable.

        Raises:
            Unavailable: If the log does not answer; what was read is tried again later.
        """
        if self._reads or self._outcomes or self._intents or self._busy():
            await self._written()

    async def _written(self) -> None:
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        self._hurry.set()
        self._see_to_it()
        await done

    def _busy(self) -> bool:
        return self._writing is not None and not self._writing.done()

    def _see_to_it(self) -> None:
        if not self._busy():
            # An event belongs to the loop it was first waited on; tests have several.
            fresh = asyncio.Event()
            if self._hurry.is_set():
                fresh.set()
            self._hurry = fresh
            self._writing = asyncio.get_running_loop().create_task(self._write_all())

    async def _write_all(self) -> None:
        while self._reads or self._outcomes or self._intents or self._waiting:
            if not self._hurry.is_set():
                # After a failure ten times as long, unless a change wants to know.
                await _pause(self._hurry, self.batch_seconds * (10 if self._failing else 1))
            self._hurry.clear()
            await self._write_batch()

    async def _write_batch(self) -> None:
        reads, self._reads = self._reads, []
        outcomes, self._outcomes = self._outcomes, []
        intents, self._intents = self._intents, []
        waiting, self._waiting = self._waiting, []
        failure: Exception | None = Unavailable("the audit log was stopped")
        try:
            await self.log.append((*outcomes, *reads), intents)
            failure, self._failing = None, False
        except Unavailable as error:
            failure = error
            self._reads = reads + self._reads
            self._tell_once(error)
        except Exception as error:  # one of them cannot be kept, but the others can
            failure = Unavailable("the audit log refuses what it was given")
            self.on_failure("audit", error)
            await self._one_by_one((*outcomes, *reads))
        finally:
            for done in waiting:
                _tell(done, failure)

    def _tell_once(self, error: Exception) -> None:
        if not self._failing:
            self._failing = True
            self.on_failure("audit", error)

    async def _one_by_one(self, entries: tuple[AuditEntry, ...]) -> None:
        for entry in entries:
            try:
                await self.log.append([entry], ())
            except Exception as error:  # told, with all there is to tell of it
                self.on_failure(f"audit of {entry.action} {entry.request_id}", error)


@frozen
class SettleAudit:
    """Chore: changes whose outcome never came, because a process died, get their record."""

    log: AuditLog
    clock: Clock

    async def __call__(self) -> None:
        """Settle."""
        await self.log.settle(self.clock.now() - LONGEST_CHANGE)


async def _pause(hurry: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await hurry.wait()
    except TimeoutError:
        pass


def _tell(done: "asyncio.Future[Any]", failure: Exception | None) -> None:
    if done.done():  # its caller has left
        return
    if failure is None:
        done.set_result(None)
    else:
        done.set_exception(failure)
