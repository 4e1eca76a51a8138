"""How many requests are under way at once, and who is next (ADR 19)."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping

from attrs import define, field, frozen

from ...domain.tenancy import CostClass, FairQueue
from .problems import ReducedCapacity, answer

#: The room of questions over events; every other is that of a cost class.
QUESTIONS = "questions"

#: Longest that a heavy read's place stays empty for the sake of light requests. [s]
HELD_SECONDS = 0.05

#: When nobody light came for so long, whoever is inside reads a stream and is not waited for. [s]
LIGHT_SECONDS = 0.25

_PLACE_OF_ID = "request-id-of-the-request"


@frozen
class AdmissionOptions:
    """Sizes of the gates; each cost class but admin, which always passes, has one of its own,
    and so have questions.

    Args:
        light: Requests under way of each light class: reads and writes.
        heavy: Heavy reads under way; they compute, and a process computes on one core.
        waiting: Requests of one class that wait.
        wait_seconds: Longest wait. [s]
        bulk: Bulk writes under way; they mostly wait for the store.
        questions: Questions over events under way; they pay as heavy reads, but compute outside
            the interpreter, and the engine itself takes one per core.
        pause_seconds: How long a refusal is held back: a client that does not heed
            Retry-After then asks so much less often. [s]
    """

    light: int = 256
    heavy: int = 1
    waiting: int = 1_000
    wait_seconds: float = 0.25
    bulk: int = 16
    pause_seconds: float = 0.08
    questions: int = 16

    def gates(self) -> Mapping[str, "Gate"]:
        """A gate for each class that has one, and one for questions."""
        sizes = {
            CostClass.READ: self.light,
            CostClass.WRITE: self.light,
            CostClass.HEAVY: self.heavy,
            CostClass.BULK: self.bulk,
            QUESTIONS: self.questions,
        }
        gates = {one: Gate(size, self.waiting, self.wait_seconds) for one, size in sizes.items()}

        gates[CostClass.HEAVY].let_go_first(gates[CostClass.READ], gates[CostClass.WRITE])
        return gates


@define(eq=False)
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
    _last_entry: float = field(default=0.0, init=False)
    _first: tuple["Gate", ...] = field(default=(), init=False)
    _then: tuple["Gate", ...] = field(default=(), init=False)
    _held: list[asyncio.TimerHandle] = field(factory=list, init=False)
    _queue: FairQueue[asyncio.Future[bool]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._queue = FairQueue(self.waiting, self.wait_seconds)

    @property
    def is_full(self) -> bool:
        """Whether whoever comes must wait."""
        return self.inside >= self.size

    def admits(self, tenant: str) -> bool:
        """Whether a request of this tenant would find a place, or might wait for one."""
        return not self.is_full or self._queue.admits(tenant)

    async def enter(
        self,
        tenant: str,
        cost: int,
        weight: int,
        departure: Callable[[], Awaitable[None]] | None = None,
    ) -> bool:
        """Whether the request may go on; if so, `leave` must be called when it has ended.

        Args:
            departure: Ends when whoever asks has left; looked at only while the request waits.
        """
        if not self.is_full:  # then nobody waits: a place that frees up is passed on
            self.inside += 1
            self._queue.pass_by(tenant, cost, weight)
            self._last_entry = asyncio.get_running_loop().time()
            return True
        return await self._queued(tenant, cost, weight, departure)

    def let_go_first(self, *gates: "Gate") -> None:
        """Hold places that free up while somebody is inside of these, but not for long.

        So whoever is inside of these has to do with the one of ours that is under way, and with
        the next only if they take longer than a place is held.
        """
        self._first = gates
        for gate in gates:
            gate._then = (*gate._then, self)

    def leave(self) -> None:
        """Pass the place on to whoever is next, at once or when others are through."""
        loop = asyncio.get_running_loop()
        if self._is_behind(loop.time()):
            self._held.append(loop.call_later(HELD_SECONDS, self._release))
        else:
            self._pass_on()
        if not self.inside:
            for gate in self._then:
                gate._others_left()

    def _others_left(self) -> None:
        if not self._is_behind(asyncio.get_running_loop().time()):
            while self._held:
                self._release()

    def _is_behind(self, now: float) -> bool:
        return any(one.inside and now - one._last_entry < LIGHT_SECONDS for one in self._first)

    def _release(self) -> None:
        self._held.pop(0).cancel()
        self._pass_on()

    def _pass_on(self) -> None:
        now = asyncio.get_running_loop().time()
        while (following := self._queue.take(now)) is not None:
            if not following.done():  # its request was cancelled and does not know it yet
                following.set_result(True)
                return
        self.inside -= 1

    async def _queued(
        self,
        tenant: str,
        cost: int,
        weight: int,
        departure: Callable[[], Awaitable[None]] | None,
    ) -> bool:
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[bool] = loop.create_future()
        without_place = self._queue.offer(tenant, turn, cost, weight, loop.time())
        if without_place is turn:
            return False
        if without_place is not None and not without_place.done():
            without_place.set_result(False)
        given_up = loop.call_later(self.wait_seconds, self._give_up, turn)
        leaving = None if departure is None else asyncio.ensure_future(departure())
        if leaving is not None:
            leaving.add_done_callback(lambda _: self._give_up(turn))
        try:
            won = await turn
        except asyncio.CancelledError:
            if not self._queue.withdraw(turn) and _won(turn):
                self.leave()  # its place was on the way to it
            raise
        finally:
            given_up.cancel()
            left = leaving is not None and not leaving.cancel()
        if won:
            self._last_entry = loop.time()
        if won and left:
            self.leave()
        return won and not left

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


def turned_away(request_id: str, jitter: Callable[[], float] = random.random) -> tuple[bytes, str]:
    """The body and the Retry-After of a 503.

    Args:
        jitter: Spreads those that come again over two seconds. [0..1)
    """
    return _BEFORE + request_id.encode() + _AFTER, str(1 + int(jitter() * 2))
