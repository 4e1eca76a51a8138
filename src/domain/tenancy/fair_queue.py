"""Fair queueing: who is next when several tenants wait for the same few places.

Start-time fair queueing: every tenant has a virtual clock that each of its
requests moves on by cost over weight, and the tenant whose clock is furthest
behind is next. A tenant that comes after a pause starts at the present virtual
time: it waits behind no backlog, and saves nothing up while it is away.

The queue is a mutable value, because it stands in the way of every waiting
request, but it is pure otherwise: time is an argument, and the same calls give
the same answers.

References:
    Goyal, Vin, Cheng: Start-time Fair Queuing, SIGCOMM 1996.
"""

from collections.abc import Hashable
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

from attrs import define, field

T = TypeVar("T", bound=Hashable)

#: Virtual time is whole: a unit at weight 1 lasts so many ticks.
_TICKS = 1_000_000
#: What is left behind by those who went away is swept up when it is more than this, or
#: twice as much as after the last time.
_UNSWEPT = 1_000


@define
class _Waiting(Generic[T]):
    """What a tenant has in the queue: ticket -> (since when, cost, weight), in order."""

    start: int
    turn: int
    entries: dict[T, tuple[float, int, int]] = field(factory=dict)


@define
class FairQueue(Generic[T]):
    """Tickets of tenants, waiting their turn.

    A ticket is anything that can be told from other tickets. Nothing waits
    longer than `longest_wait_seconds`; when the queue is full, the tenant with
    most tickets in it gives one up to a tenant with fewer.

    Args:
        capacity: Most tickets that wait, 1 or more.
        longest_wait_seconds: Longest that a ticket waits. [s]
    """

    capacity: int
    longest_wait_seconds: float
    _time: int = field(default=0, init=False)
    _finish: dict[str, int] = field(factory=dict, init=False)
    _waiting: dict[str, _Waiting[T]] = field(factory=dict, init=False)
    _order: list[tuple[int, int, str]] = field(factory=list, init=False)
    _owners: dict[T, str] = field(factory=dict, init=False)
    _turn: int = field(default=0, init=False)
    _sweep_at: int = field(default=_UNSWEPT, init=False)

    def __len__(self) -> int:
        return len(self._owners)

    def pass_by(self, tenant: str, cost: int = 1, weight: int = 1) -> None:
        """Somebody found a free place without waiting: that counts as well."""
        self._serve(tenant, max(self._time, self._finish.get(tenant, 0)), cost, weight)

    def offer(self, tenant: str, ticket: T, cost: int, weight: int, now: float) -> T | None:
        """Queue a ticket.

        Returns:
            The ticket that found no place: None while there is room; else the
            newest of the tenant that has most, or the offered one if nobody
            has more than its tenant would.
        """
        pushed_out: T | None = None
        if len(self._owners) >= self.capacity:
            longest = max(self._waiting, key=lambda name: len(self._waiting[name].entries))
            mine = len(self._waiting[tenant].entries) if tenant in self._waiting else 0
            if len(self._waiting[longest].entries) <= mine + 1:
                return ticket
            pushed_out = next(reversed(self._waiting[longest].entries))
            self.withdraw(pushed_out)
        if tenant not in self._waiting:
            start = max(self._time, self._finish.get(tenant, 0))
            self._waiting[tenant] = self._lined_up(tenant, start)
        self._waiting[tenant].entries[ticket] = now, cost, weight
        self._owners[ticket] = tenant
        return pushed_out

    def withdraw(self, ticket: T) -> bool:
        """Take a ticket out, as if it had never been there; whether it still was."""
        tenant = self._owners.pop(ticket, None)
        if tenant is None:
            return False
        waiting = self._waiting[tenant]
        del waiting.entries[ticket]
        if not waiting.entries:
            del self._waiting[tenant]
        return True

    def take(self, now: float) -> T | None:
        """The next ticket, out of the queue; None if nobody waits.

        Tickets that have waited too long are dropped on the way.
        """
        while self._order:
            start, turn, tenant = heappop(self._order)
            waiting = self._waiting.get(tenant)
            if waiting is None or waiting.turn != turn:
                continue  # left behind when the tenant's last ticket was withdrawn
            self._drop_overdue(waiting, now)
            if not waiting.entries:
                del self._waiting[tenant]
                continue
            ticket = next(iter(waiting.entries))
            _, cost, weight = waiting.entries.pop(ticket)
            del self._owners[ticket]
            self._serve(tenant, start, cost, weight)
            if waiting.entries:
                lined_up = self._lined_up(tenant, self._finish[tenant])
                waiting.start, waiting.turn = lined_up.start, lined_up.turn
            else:
                del self._waiting[tenant]
            return ticket
        return None

    def _drop_overdue(self, waiting: _Waiting[T], now: float) -> None:
        while waiting.entries:
            ticket, (since, _, _) = next(iter(waiting.entries.items()))
            if now - since < self.longest_wait_seconds:
                return
            del waiting.entries[ticket], self._owners[ticket]

    def _lined_up(self, tenant: str, start: int) -> _Waiting[T]:
        self._turn += 1
        heappush(self._order, (start, self._turn, tenant))
        if len(self._order) > _UNSWEPT + 2 * len(self._waiting):
            others = (pair for pair in self._waiting.items() if pair[0] != tenant)
            self._order = [(one.start, one.turn, name) for name, one in others]
            self._order.append((start, self._turn, tenant))
            heapify(self._order)
        return _Waiting(start, self._turn)

    def _serve(self, tenant: str, start: int, cost: int, weight: int) -> None:
        self._time = max(self._time, start)
        self._finish[tenant] = start + max(cost * _TICKS // weight, 1)
        if len(self._finish) > self._sweep_at:
            self._finish = {name: end for name, end in self._finish.items() if end > self._time}
            self._sweep_at = max(_UNSWEPT, 2 * len(self._finish))
