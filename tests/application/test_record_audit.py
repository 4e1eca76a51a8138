import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from sightline.adapters.ed25519 import Ed25519Signer
from sightline.adapters.memory.audit import MemoryAuditLog
from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.head_ledger import MemoryHeadLedger
from sightline.application.record_audit import LONGEST_CHANGE, RecordAudit, SettleAudit
from sightline.application.sign_audit_heads import SignAuditHeads
from sightline.application.verify_audit import VerifyAudit
from sightline.domain.errors import AuditUnavailable, Conflict, Unavailable
from sightline.domain.governance import AuditEntry, AuditOutcome, AuditRecord, Head, SignedHead
from sightline.domain.identifiers import TenantId
from sightline.testing.contracts.audit import ACME, NOON, RIVAL, _entry


@define
class Slow(MemoryAuditLog):
    """A log that tells of every batch and can be held up or refuse."""

    batches: list[tuple[int, int]] = field(factory=list)
    open: asyncio.Event = field(factory=asyncio.Event)
    kept: asyncio.Event = field(factory=asyncio.Event)
    failure: Exception | None = None
    poison: str = ""

    async def append(
        self, entries: Sequence[AuditEntry], intents: Sequence[AuditEntry]
    ) -> tuple[int, ...]:
        await self.open.wait()
        self.batches.append((len(entries), len(intents)))
        if self.failure is not None:
            raise self.failure
        if self.poison in [entry.action for entry in entries]:
            message = "this one cannot be kept"
            raise ValueError(message)
        self.kept.set()
        return await MemoryAuditLog.append(self, entries, intents)

    async def records(self) -> tuple[AuditRecord, ...]:
        return await self.following(ACME, 0, 10_000)


@define
class Told:
    what: list[str] = field(factory=list)

    def __call__(self, what: str, error: BaseException) -> None:
        self.what.append(what)


@pytest.fixture
async def log() -> Slow:
    slow = Slow()
    slow.open.set()
    return slow


def recorder(log: Slow, told: Told | None = None, *, seconds: float = 60.0) -> RecordAudit:
    """One whose reads would wait for a minute, so that nothing here depends on time."""
    return RecordAudit(log, FixedClock(NOON), lambda: bytes(16), told or Told(), seconds)


async def test_reads_wait_for_one_another(log: Slow) -> None:
    recording = recorder(log)
    for _ in range(recording.batch_size - 1):
        recording.note(_entry())
    await asyncio.sleep(0)
    assert log.batches == []
    recording.note(_entry())
    await recording.flush()
    assert log.batches[0] == (recording.batch_size, 0)
    assert len(await log.records()) == recording.batch_size


async def test_a_read_alone_is_written_soon(log: Slow) -> None:
    recording = recorder(log, seconds=0.01)
    recording.note(_entry())
    async with asyncio.timeout(60):
        await log.kept.wait()
    assert len(await log.records()) == 1


async def test_a_change_waits_for_nobody_and_takes_the_reads_along(log: Slow) -> None:
    recording = recorder(log)
    recording.note(_entry("read"))
    await recording.conclude(_entry("change"))
    assert [one.action for one in await log.records()] == ["change", "read"]
    assert log.batches == [(2, 0)]


async def test_whoever_comes_while_a_batch_is_written_shares_the_next(log: Slow) -> None:
    recording = recorder(log)
    log.open.clear()
    first = asyncio.create_task(recording.begin(evolve(_entry(), intent="0")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest = [
        asyncio.create_task(recording.begin(evolve(_entry(), intent=f"{n}"))) for n in range(1, 20)
    ]
    rest += [asyncio.create_task(recording.conclude(_entry())) for _ in range(20)]
    await asyncio.sleep(0)
    assert not first.done()
    log.open.set()
    await asyncio.gather(first, *rest)
    assert log.batches == [(0, 1), (20, 19)]


async def test_flushing_waits_for_what_is_being_written(log: Slow) -> None:
    recording = recorder(log)
    await recording.flush()
    assert log.batches == []
    log.open.clear()
    change = asyncio.create_task(recording.conclude(_entry()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    flushed = asyncio.create_task(recording.flush())
    await asyncio.sleep(0)
    assert not flushed.done()
    log.open.set()
    await asyncio.gather(change, flushed)
    assert len(await log.records()) == 1


async def test_while_the_log_does_not_answer_changes_fail_and_reads_stay(log: Slow) -> None:
    told = Told()
    recording = recorder(log, told)
    log.failure = Unavailable("no")
    recording.note(_entry("read"))
    for attempt in (recording.begin(evolve(_entry(), intent="i")), recording.conclude(_entry())):
        with pytest.raises(AuditUnavailable):
            await attempt
    assert told.what == ["audit"]  # once, not for every attempt
    log.failure = None
    await recording.flush()
    assert [one.action for one in await log.records()] == ["read"]


async def test_so_many_reads_may_wait_and_no_more(log: Slow) -> None:
    recording = recorder(log)
    log.failure = Unavailable("no")
    recording.most_waiting = 5
    for _ in range(5):
        recording.note(_entry())
    with pytest.raises(AuditUnavailable):
        recording.note(_entry())
    log.failure = None
    await recording.flush()
    recording.note(_entry())


async def test_one_that_cannot_be_kept_takes_no_other_with_it(log: Slow) -> None:
    told = Told()
    recording = recorder(log, told)
    log.poison = "poison"
    for action in ("one", "poison", "two"):
        recording.note(_entry(action))
    with pytest.raises(Unavailable):
        await recording.flush()
    assert [one.action for one in await log.records()] == ["one", "two"]
    assert told.what == ["audit", "audit of poison r"]
    recording.note(_entry("three"))
    await recording.flush()
    assert len(await log.records()) == 3


async def test_a_caller_that_leaves_takes_nothing_back(log: Slow) -> None:
    recording = recorder(log)
    log.open.clear()
    left = asyncio.create_task(recording.conclude(_entry("change")))
    await asyncio.sleep(0)
    left.cancel()
    await asyncio.wait({left})
    recording.forsake(_entry("forsaken"))
    log.open.set()
    await recording.flush()
    assert [one.action for one in await log.records()] == ["change", "forsaken"]


def test_it_outlives_the_loop_it_was_used_on() -> None:
    slow = Slow()
    recording = recorder(slow)

    async def use() -> None:
        slow.open = asyncio.Event()
        slow.open.set()
        recording.note(_entry())

    async def see() -> int:
        await recording.flush()
        return len(await slow.records())

    asyncio.run(use())
    asyncio.run(use())
    assert asyncio.run(see()) == 2


async def test_a_process_that_is_killed_leaves_an_unknown_outcome(log: Slow) -> None:
    clock = FixedClock(NOON)
    await recorder(log).begin(evolve(_entry("change"), intent="i"))
    settle = SettleAudit(log, clock)
    await settle()
    assert await log.records() == ()
    clock.move(LONGEST_CHANGE + timedelta(seconds=1))
    await settle()
    (record,) = await log.records()
    assert (record.action, record.outcome, record.status) == ("change", AuditOutcome.UNKNOWN, 0)


SIGNER = Ed25519Signer(bytes(32))


@given(grown=st.lists(st.sampled_from([ACME, RIVAL, None]), max_size=8))
async def test_every_end_is_signed_once(grown: list[TenantId | None]) -> None:
    log, ledger = MemoryAuditLog(), MemoryHeadLedger()
    sign = SignAuditHeads(log, ledger, SIGNER, FixedClock(NOON))
    verify = VerifyAudit(log, ledger, SIGNER)
    expected: list[tuple[TenantId, int]] = []
    for tenant in grown:
        if tenant is None:
            await sign()
            expected += [(one.tenant, one.sequence) for one in await log.tips()]
        else:
            await log.append([_entry(tenant=tenant)], ())
    kept = [one.head for tenant in (ACME, RIVAL) for one in await ledger.heads(tenant)]
    assert {(one.tenant, one.sequence) for one in kept} == set(expected)
    assert len(kept) == len(set(expected))
    for tenant in (ACME, RIVAL):
        assert (await verify(tenant)).verdict.fault is None


async def test_a_log_that_became_shorter_is_told_and_the_others_are_signed() -> None:
    log, ledger = MemoryAuditLog(), MemoryHeadLedger()
    sign = SignAuditHeads(log, ledger, SIGNER, FixedClock(NOON))
    await log.append([_entry(), _entry(), _entry(tenant=RIVAL)], ())
    await sign()
    del log._records[ACME][1:]
    await log.append([_entry(tenant=RIVAL)], ())
    with pytest.raises(Conflict, match="acme"):
        await sign()
    assert [one.head.sequence for one in await ledger.heads(RIVAL)] == [1, 2]
    assert [one.head.sequence for one in await ledger.heads(ACME)] == [2]
    check = await VerifyAudit(log, ledger, SIGNER)(ACME)
    assert check.verdict.fault is not None
    assert check.verdict.fault.sequence == 2


async def test_a_head_that_is_not_ours_is_a_fault() -> None:
    log, ledger = MemoryAuditLog(), MemoryHeadLedger()
    await log.append([_entry()], ())
    tip = await log.tip(ACME)
    forged = Head(ACME, 1, tip.hash, NOON, SIGNER.key_id)
    foreign = Ed25519Signer(bytes(31) + b"1")
    for signed in (
        SignedHead(forged, bytes(64)),
        SignedHead(forged, foreign.sign(forged.message())),
        SignedHead(
            evolve(forged, key_id=foreign.key_id),
            foreign.sign(evolve(forged, key_id=foreign.key_id).message()),
        ),
    ):
        ledger = MemoryHeadLedger()
        await ledger.append([signed])
        found = (await VerifyAudit(log, ledger, SIGNER)(ACME)).verdict.fault
        assert found is not None
        assert "not signed with our key" in found.reason


async def test_a_long_log_is_checked_from_a_signed_head_on() -> None:
    log, ledger = MemoryAuditLog(), MemoryHeadLedger()
    sign = SignAuditHeads(log, ledger, SIGNER, FixedClock(NOON))
    verify = VerifyAudit(log, ledger, SIGNER)
    for _ in range(4):
        await log.append([_entry()] * 5, ())
        await sign()
    everything = await verify(ACME)
    assert (everything.after.sequence, everything.verdict.checked) == (0, 20)
    part = await verify(ACME, 7)
    assert (part.after.sequence, part.verdict.checked, part.heads) == (10, 10, 4)
    kept = log._records[ACME]
    kept[10] = evolve(kept[10], action="forged")
    found = (await verify(ACME, 7)).verdict.fault
    assert found is not None
    assert found.sequence == 11
    assert await verify.tenants() == (ACME,)
