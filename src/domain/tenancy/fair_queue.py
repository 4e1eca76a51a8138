"""Fair queueing: who is next when several tenants wait for the same few places.

Start-time fair queueing: every tenant has a virtual clock that each of its
requests moves on by cost over weight, and the tenant whose clock is furthest
behind is next. A tenant that comes after a pause starts at the present virtual
time: it waits behind no backlog, and saves nothing up while it is away.

While somebody waits all the time, the queue learns how fast it moves, and is as
long as what can be served within half of the longest wait: whoever would come
after that is told at once, and hardly anybody waits in vain, though turns differ
in length. It forgets its pace when it is empty, so that one slow request makes
nobody go away later.

The queue is a mutable value, because it stands in the way of every waiting
request, but it is pure otherwise: time is an argument, and the same calls give
the same answers.

References:
    Goyal, Vin, Cheng: Start-time Fair Queuing, SIGCOMM 1996.
    RFC 6298, 2.3: the smoothing of the pace.
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
#: Weight of the latest interval between two turns in the pace.
_SMOOTHING = 0.125
#: So much of the longest wait is planned with; the rest is for turns that take longer.
_PLANNED = 0.5


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
    longer than `longest_wait_seconds`; when there is no more room, the tenant
    with most tickets in it gives one up to a tenant with fewer.

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
    _pace: float | None = field(default=None, init=False)
    _taken_at: float | None = field(default=None, init=False)

    def __len__(self) -> int:
        return len(self._owners)

    @property
    def room(self) -> int:
        """Most tickets that may wait now, 1 or more: those that can be served in time."""
        if not self._pace:
            return self.capacity
        timely = int(_PLANNED * self.longest_wait_seconds / self._pace)
        return min(self.capacity, max(1, timely))

    def admits(self, tenant: str) -> bool:
        """Whether a ticket of this tenant would find a place."""
        return len(self._owners) < self.room or self._longer_than(tenant) is not None

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
        if len(self._owners) >= self.room:
            if (longest := self._longer_than(tenant)) is None:
                return ticket
            pushed_out = next(reversed(longest.entries))
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
        self._forget_pace_when_empty()
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
            self._measure(now)
            self._serve(tenant, start, cost, weight)
            if waiting.entries:
                lined_up = self._lined_up(tenant, self._finish[tenant])
                waiting.start, waiting.turn = lined_up.start, lined_up.turn
            else:
                del self._waiting[tenant]
            self._forget_pace_when_empty()
            return ticket
        self._forget_pace_when_empty()
        return None

    def _longer_than(self, tenant: str) -> _Waiting[T] | None:
        """The tickets of the tenant that has most, if it would still have most without one."""
        longest = max(self._waiting.values(), key=lambda waiting: len(waiting.entries))
        mine = len(self._waiting[tenant].entries) if tenant in self._waiting else 0
        return longest if len(longest.entries) > mine + 1 else None

    def _measure(self, now: float) -> None:
        if self._taken_at is not None:
            interval = now - self._taken_at
            pace = interval if self._pace is None else self._pace
            self._pace = pace + _SMOOTHING * (interval - pace)
        self._taken_at = now

    def _forget_pace_when_empty(self) -> None:
        if not self._owners:  # the next turn says nothing of how long they take
            self._pace = self._taken_at = None

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
