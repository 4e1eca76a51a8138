from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sightline.domain.tenancy import FairQueue

TENANTS = ("a", "b", "c")
CAPACITY, LONGEST = 6, 10.0


def queue(capacity: int = 1_000) -> FairQueue[int]:
    return FairQueue(capacity, LONGEST)


def served(line: FairQueue[int], now: float = 0.0) -> list[int]:
    """Everybody, in the order of service."""
    found = []
    while (ticket := line.take(now)) is not None:
        found.append(ticket)
    return found


@given(
    backlog=st.lists(st.integers(1, 5), max_size=40),
    taken=st.integers(0, 10),
    passed=st.integers(0, 5),
    weight=st.integers(1, 3),
    cost=st.integers(1, 5),
)
def test_who_comes_after_a_pause_waits_for_one_request_of_the_backlog_at_most(
    backlog: list[int], taken: int, passed: int, weight: int, cost: int
) -> None:
    line = queue()
    for _ in range(passed):
        line.pass_by("noisy", 3, weight)
    for ticket, each in enumerate(backlog):
        line.offer("noisy", ticket, each, weight, 0.0)
    for _ in range(taken):
        line.take(0.0)
    line.offer("quiet", -1, cost, 1, 0.0)
    assert -1 in served(line)[:2]


@given(tenants=st.lists(st.sampled_from("abcdefgh"), max_size=60))
def test_with_several_backlogs_it_waits_for_one_request_of_each(tenants: list[str]) -> None:
    line = queue()
    for ticket, tenant in enumerate(tenants):
        line.offer(tenant, ticket, 1, 1, 0.0)
    line.offer("quiet", -1, 1, 1, 0.0)
    before = served(line)
    ahead = Counter(tenants[ticket] for ticket in before[: before.index(-1)])
    assert all(count == 1 for count in ahead.values())


@given(
    weights=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    costs=st.tuples(st.integers(1, 4), st.integers(1, 4)),
)
def test_two_backlogs_are_served_by_weight_in_units_of_cost(
    weights: tuple[int, int], costs: tuple[int, int]
) -> None:
    """At every moment the shares differ from the just ones by one request of each at most."""
    line = queue()
    for ticket in range(200):
        line.offer("ab"[ticket % 2], ticket, costs[ticket % 2], weights[ticket % 2], 0.0)
    normal = [0.0, 0.0]
    for ticket in served(line)[:60]:
        normal[ticket % 2] += costs[ticket % 2] / weights[ticket % 2]
        # The bound of the paper, theorem 1.
        bound = costs[0] / weights[0] + costs[1] / weights[1]
        assert abs(normal[0] - normal[1]) <= bound + 1e-5


@given(offers=st.lists(st.tuples(st.sampled_from(TENANTS), st.integers(1, 4)), max_size=40))
def test_everybody_is_served_and_each_tenant_in_its_own_order(
    offers: list[tuple[str, int]],
) -> None:
    line = queue()
    for ticket, (tenant, cost) in enumerate(offers):
        assert line.offer(tenant, ticket, cost, 1, 0.0) is None
    order = served(line)
    assert sorted(order) == list(range(len(offers)))
    for tenant in TENANTS:
        own = [ticket for ticket in order if offers[ticket][0] == tenant]
        assert own == sorted(own)
    assert len(line) == 0


@given(
    pace=st.integers(1, 12),
    offers=st.lists(st.integers(0, 12), min_size=2, max_size=40),
)
def test_who_is_let_wait_while_the_pace_is_known_is_served_in_time(
    pace: int, offers: list[int]
) -> None:
    """One turn every so many seconds, and any number of tickets between two of them."""
    line = queue()
    promised: set[int] = set()
    taken: set[int | None] = set()
    for turn, arrivals in enumerate(offers):
        for ticket in range(100 * turn, 100 * turn + arrivals):
            known = line.room < 1_000
            let_wait = line.admits("a")
            assert (line.offer("a", ticket, 1, 1, (turn - 0.5) * pace) is None) == let_wait
            if known and let_wait and pace < LONGEST:
                promised.add(ticket)
        taken.add(line.take(float(turn * pace)))
    taken |= {line.take(float(turn * pace)) for turn in range(len(offers), len(offers) + 12)}
    assert promised <= taken


@given(pace=st.integers(1, 5), extra=st.integers(1, 30))
def test_a_queue_that_moves_steadily_holds_half_of_the_longest_wait(pace: int, extra: int) -> None:
    line = queue()
    for ticket in range(100):
        line.offer("a", ticket, 1, 1, 0.0)
    line.take(0.0)
    line.take(float(pace))
    assert line.room == LONGEST / 2 // pace
    for ticket in range(98):
        line.withdraw(ticket + 2)
    assert len(line) == 0
    assert line.room == 1_000  # the next crowd is another one
    for ticket in range(extra):
        assert line.offer("a", 200 + ticket, 1, 1, 50.0) is None


def test_one_slow_turn_is_forgotten_after_some_quick_ones() -> None:
    line = queue()
    for ticket in range(100):
        line.offer("a", ticket, 1, 1, 0.0)
    line.take(0.0)
    line.take(4.0)
    assert line.room == 1
    for turn in range(1, 41):
        line.take(4.0 + turn / 8)
    assert line.room > 30


class Model(RuleBasedStateMachine):
    """What holds whatever happens: who waits is in a plain list beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.line: FairQueue[int] = FairQueue(CAPACITY, LONGEST)
        self.waiting: list[tuple[int, str, float]] = []
        self.now, self.tickets = 0.0, 0

    @rule(seconds=st.sampled_from((1.0, 4.0, 9.0, 10.0)))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(tenant=st.sampled_from(TENANTS), cost=st.integers(1, 3), weight=st.integers(1, 3))
    def offer(self, tenant: str, cost: int, weight: int) -> None:
        ticket, self.tickets = self.tickets, self.tickets + 1
        lengths = Counter(owner for _, owner, _ in self.waiting)
        full = len(self.waiting) >= self.line.room
        admitted = self.line.admits(tenant)
        out = self.line.offer(tenant, ticket, cost, weight, self.now)
        assert admitted == (out != ticket)
        self.waiting.append((ticket, tenant, self.now))
        if not full:
            assert out is None
            return
        if max(lengths.values()) > lengths[tenant] + 1:
            owner = next(owner for number, owner, _ in self.waiting if number == out)
            assert lengths[owner] == max(lengths.values())
            assert out == max(number for number, one, _ in self.waiting if one == owner)
        else:
            assert out == ticket
        self.waiting = [entry for entry in self.waiting if entry[0] != out]

    @rule(tenant=st.sampled_from(TENANTS), cost=st.integers(1, 3))
    def pass_by(self, tenant: str, cost: int) -> None:
        self.line.pass_by(tenant, cost)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from(self.waiting))
        assert self.line.withdraw(entry[0])
        assert not self.line.withdraw(entry[0])
        self.waiting.remove(entry)

    @rule()
    def take(self) -> None:
        due = [entry for entry in self.waiting if self.now - entry[2] < LONGEST]
        ticket = self.line.take(self.now)
        if ticket is None:
            assert not due  # work conserving
            self.waiting = []
            return
        (entry,) = [one for one in due if one[0] == ticket]
        assert entry == next(one for one in due if one[1] == entry[1])  # order within a tenant
        self.waiting.remove(entry)
        # Overdue ones are dropped on the way, at the latest when everything is taken.
        self.waiting = [one for one in self.waiting if one in due or self._holds(one[0])]

    def _holds(self, ticket: int) -> bool:
        return ticket in self.line._owners

    @invariant()
    def it_holds_who_waits(self) -> None:
        assert len(self.line) == len(self.waiting) <= CAPACITY


TestTheQueueKeepsItsPromises = Model.TestCase
TestTheQueueKeepsItsPromises.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None
)


def test_it_remembers_no_tenant_for_ever() -> None:
    line = queue()
    for number in range(10_000):
        line.offer(f"tenant-{number}", number, 1, 1, 0.0)
        assert line.withdraw(number)
        line.pass_by(f"tenant-{number}")
        line.pass_by("busy")
    assert len(line._finish) < 2_100
    assert len(line._order) < 1_100


def test_a_quiet_tenant_among_sixty_four_of_a_noisy_one() -> None:
    """Two places, both taken by the noisy tenant; the next place that frees up is the quiet one's.

    With a queue in order of arrival it would be the 63rd.
    """
    line = queue()
    for _ in range(2):
        line.pass_by("noisy")
    for ticket in range(62):
        line.offer("noisy", ticket, 1, 1, 0.0)
    line.offer("quiet", 100, 1, 1, 0.0)
    assert line.take(0.0) == 100
