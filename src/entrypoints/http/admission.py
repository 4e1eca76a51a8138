"""How many requests are under way at once, and who is next (ADR 19)."""

import asyncio
import random
from collections.abc import Callable, Mapping

from attrs import define, field, frozen

from ...domain.tenancy import CostClass, FairQueue
from .problems import MEDIA_TYPE, ReducedCapacity, answer

_PLACE_OF_ID = "request-id-of-the-request"


@frozen
class AdmissionOptions:
    """Sizes of the gates; each cost class but admin, which always passes, has one of its own.

    Args:
        light: Requests under way of each light class: reads and writes.
        heavy: Heavy reads under way; they compute, and a process computes on one core.
        waiting: Requests of one class that wait.
        wait_seconds: Longest wait. [s]
        bulk: Bulk writes under way; they mostly wait for the store.
    """

    light: int = 256
    heavy: int = 1
    waiting: int = 1_000
    wait_seconds: float = 0.25
    bulk: int = 16

    def gates(self) -> Mapping[CostClass, "Gate"]:
        """A gate for each class that has one."""
        sizes = {
            CostClass.READ: self.light,
            CostClass.WRITE: self.light,
            CostClass.HEAVY: self.heavy,
            CostClass.BULK: self.bulk,
        }
        return {one: Gate(size, self.waiting, self.wait_seconds) for one, size in sizes.items()}


@define
class Gate:
    """Lets so many in at once; who waits gets in by turns among tenants, or is told to go.

    It belongs to one event loop: nothing here is done in two threads.

    Args:
        size: Most that are inside.
        waiting: Most that wait.
        wait_seconds: Longest wait. [s]
    """

    size: int
    waiting: int
    wait_seconds: float
    inside: int = field(default=0, init=False)
    _queue: FairQueue[asyncio.Future[bool]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._queue = FairQueue(self.waiting, self.wait_seconds)

    async def enter(self, tenant: str, cost: int, weight: int) -> bool:
        """Whether the request may go on; if so, `leave` must be called when it has ended."""
        if self.inside < self.size:  # then nobody waits: a place that frees up is passed on
            self.inside += 1
            self._queue.pass_by(tenant, cost, weight)
            return True
        return await self._queued(tenant, cost, weight)

    def leave(self) -> None:
        """Pass the place on to whoever is next."""
        now = asyncio.get_running_loop().time()
        while (following := self._queue.take(now)) is not None:
            if not following.done():  # its request was cancelled and does not know it yet
                following.set_result(True)
                return
        self.inside -= 1

    async def _queued(self, tenant: str, cost: int, weight: int) -> bool:
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[bool] = loop.create_future()
        without_place = self._queue.offer(tenant, turn, cost, weight, loop.time())
        if without_place is not None and not without_place.done():
            without_place.set_result(False)
        given_up = loop.call_later(self.wait_seconds, self._give_up, turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if not self._queue.withdraw(turn) and _won(turn):
                self.leave()  # its place was on the way to it
            raise
        finally:
            given_up.cancel()

    def _give_up(self, turn: "asyncio.Future[bool]") -> None:
        self._queue.withdraw(turn)
        if not turn.done():
            turn.set_result(False)


def _won(turn: "asyncio.Future[bool]") -> bool:
    return turn.done() and not turn.cancelled() and turn.result()


def _rendered() -> tuple[bytes, bytes]:
    told = "more requests are under way than can be served in time; nothing was done"
    before, _, after = answer(ReducedCapacity(told), _PLACE_OF_ID).body.partition(
        _PLACE_OF_ID.encode()
    )
    return before, after


#: Written once: while there is too much to do, refusing must cost next to nothing.
_BEFORE, _AFTER = _rendered()


def turned_away(
    request_id: str, jitter: Callable[[], float] = random.random
) -> tuple[bytes, Mapping[str, str]]:
    """The body and the headers of a 503.

    Args:
        jitter: Spreads those that come again over two seconds. [0..1)
    """
    headers = {"content-type": MEDIA_TYPE, "retry-after": str(1 + int(jitter() * 2))}
    return _BEFORE + request_id.encode() + _AFTER, headers
