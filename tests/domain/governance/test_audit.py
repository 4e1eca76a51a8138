import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidInput
from sightline.domain.governance import (
    AuditEntry,
    AuditOutcome,
    AuditRecord,
    Fault,
    Head,
    Personal,
    Tip,
    chained,
    cut_off,
    legible,
    outcome_of,
    verify,
)
from sightline.domain.identifiers import TenantId
from sightline.testing.strategies import audit_chains, audit_entries

ACME = TenantId("acme")
NOON = datetime(2024, 3, 31, 12, 0, 0, 5, tzinfo=UTC)
SALT = bytes(range(16))
ENTRY = AuditEntry(
    ACME,
    NOON,
    "api_key",
    Personal("A1", "Zoë", ""),
    SALT,
    "updateProperty",
    "property",
    "7",
    AuditOutcome.REFUSED,
    412,
    "version-mismatch",
    "r1",
    "t1",
    "ab" * 32,
)

Chain = tuple[AuditRecord, ...]
places = st.integers(0, 100)


def fault(records: Iterable[AuditRecord], heads: tuple[Head, ...] = ()) -> Fault | None:
    verdict = verify(records, heads, Tip(ACME))
    return verdict.fault or cut_off(verdict.tip, heads)


def head_of(record: AuditRecord) -> Head:
    return Head(ACME, record.sequence, record.hash, NOON, "k")


def test_the_canonical_bytes_are_these() -> None:
    (record,) = chained(Tip(ACME), [ENTRY])
    personal = b'{"actor_id":"A1","actor_name":"Zo\\u00eb","peer":""}'
    commitment = hmac.digest(SALT, personal, hashlib.sha256)
    assert record.commitment == commitment
    assert record.canonical() == (
        b'{"v":1,"tenant":"acme","sequence":1,"at":"2024-03-31T12:00:00.000005Z",'
        b'"actor_kind":"api_key","actor":"' + commitment.hex().encode() + b'",'
        b'"action":"updateProperty","object_kind":"property","object_id":"7",'
        b'"outcome":"refused","status":412,"problem":"version-mismatch","request_id":"r1",'
        b'"trace_id":"t1","body_sha256":"' + b"ab" * 32 + b'"}'
    )
    assert record.hash == hashlib.sha256(b"\x00" + bytes(32) + record.canonical()).digest()


@given(chain=audit_chains())
def test_canonical_bytes_are_json_without_anything_personal(chain: Chain) -> None:
    for record in chain:
        said = json.loads(record.canonical())
        assert record.canonical() == json.dumps(said, separators=(",", ":")).encode()
        assert said["object_id"] == record.object_id
        assert record.personal is not None
        assert record.personal.actor_id not in said.values()


def test_an_instant_is_the_same_in_every_zone() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=-5)))
    assert chained(Tip(ACME), [evolve(ENTRY, at=elsewhere)])[0].hash == (
        chained(Tip(ACME), [ENTRY])[0].hash
    )


@given(chain=audit_chains(0))
def test_an_untouched_chain_is_right_with_and_without_heads(chain: Chain) -> None:
    assert fault(chain) is None
    assert fault(chain, tuple(map(head_of, chain))) is None
    assert [record.sequence for record in chain] == list(range(1, len(chain) + 1))
    assert verify(chain, (), Tip(ACME)).checked == len(chain)


@given(entries=st.lists(audit_entries(ACME), max_size=6), cut=places)
def test_a_chain_does_not_depend_on_how_it_was_batched(entries: list[AuditEntry], cut: int) -> None:
    cut = min(cut, len(entries))
    first = chained(Tip(ACME), entries[:cut])
    tip = verify(first, (), Tip(ACME)).tip
    assert first + chained(tip, entries[cut:]) == chained(Tip(ACME), entries)


def test_checking_goes_on_from_where_it_stopped() -> None:
    chain = chained(Tip(ACME), [ENTRY] * 5)
    first = verify(chain[:2], (), Tip(ACME))
    assert verify(chain[2:], (), first.tip).tip == Tip(ACME, 5, chain[-1].hash)


CHANGES: dict[str, Any] = {
    "at": NOON + timedelta(days=900),
    "actor_kind": "user",
    "action": "deleteProperty",
    "object_kind": "job",
    "object_id": "other",
    "outcome": AuditOutcome.UNKNOWN,
    "status": 299,
    "problem": "other",
    "request_id": "other",
    "trace_id": "other",
    "body_sha256": "cd" * 32,
    "commitment": bytes(32),
    "hash": bytes(32),
    "personal": Personal("other", "", ""),
    "salt": bytes(15) + b"\xff",
}


def test_every_field_of_a_record_is_tried() -> None:
    assert {*CHANGES, "tenant", "sequence"} == set(AuditRecord.__annotations__)


@pytest.mark.parametrize("name", CHANGES)
@given(chain=audit_chains(), place=places)
def test_a_changed_field_is_found_at_its_place(name: str, chain: Chain, place: int) -> None:
    place %= len(chain)
    assume(getattr(chain[place], name) != CHANGES[name])
    changed = [*chain]
    changed[place] = evolve(chain[place], **{name: CHANGES[name]})
    found = fault(changed)
    assert found is not None
    assert found.sequence == place + 1


@given(chain=audit_chains(2), place=places)
def test_a_deleted_record_is_missed_at_its_place(chain: Chain, place: int) -> None:
    place %= len(chain) - 1  # the last one is for the heads
    found = fault(chain[:place] + chain[place + 1 :])
    assert found is not None
    assert (found.sequence, "missing" in found.reason) == (place + 1, True)


@given(chain=audit_chains(), place=places, entry=audit_entries(ACME))
def test_a_record_that_was_put_in_is_found_at_its_place(
    chain: Chain, place: int, entry: AuditEntry
) -> None:
    place %= len(chain)
    before = verify(chain[:place], (), Tip(ACME)).tip
    (forged,) = chained(before, [entry])
    later = [evolve(record, sequence=record.sequence + 1) for record in chain[place:]]
    found = fault([*chain[:place], forged, *later])
    assert found is not None
    # The forged one fits by itself; what must follow from it does not.
    assert found.sequence == place + 2
    twice = fault([*chain[: place + 1], *chain[place:]])
    assert twice is not None
    assert (twice.sequence, "twice" in twice.reason) == (place + 1, True)


@given(chain=audit_chains(2), place=places)
def test_swapped_records_are_found_at_the_first_of_them(chain: Chain, place: int) -> None:
    place %= len(chain) - 1
    one, other = chain[place], chain[place + 1]
    listed = fault([*chain[:place], other, one, *chain[place + 2 :]])
    assert listed is not None
    assert listed.sequence == place + 1
    swapped = (evolve(other, sequence=one.sequence), evolve(one, sequence=other.sequence))
    rewritten = fault([*chain[:place], *swapped, *chain[place + 2 :]])
    assert rewritten is not None
    assert rewritten.sequence == place + 1


@given(chain=audit_chains(), kept=places)
def test_a_cut_at_the_end_shows_only_beside_a_signed_head(chain: Chain, kept: int) -> None:
    kept %= len(chain)
    assert fault(chain[:kept]) is None
    found = fault(chain[:kept], (head_of(chain[-1]),))
    assert found is not None
    assert (found.sequence, "cut off" in found.reason) == (kept + 1, True)


@given(chain=audit_chains(), place=places, entry=audit_entries(ACME))
def test_a_chain_rewritten_with_fitting_hashes_contradicts_its_heads(
    chain: Chain, place: int, entry: AuditEntry
) -> None:
    place %= len(chain)
    before = verify(chain[:place], (), Tip(ACME)).tip
    forged = chained(before, [evolve(entry, action="forged")] * (len(chain) - place))
    assert fault(chain[:place] + forged) is None
    found = fault(chain[:place] + forged, tuple(map(head_of, chain)))
    assert found is not None
    assert (found.sequence, "rewritten" in found.reason) == (place + 1, True)


@given(chain=audit_chains(), places=st.sets(places))
def test_erasing_who_it_was_keeps_the_chain_right(chain: Chain, places: set[int]) -> None:
    gone = {place % len(chain) for place in places}
    erased = [record.erased() if n in gone else record for n, record in enumerate(chain)]
    assert fault(erased, tuple(map(head_of, chain))) is None
    for number in gone:
        assert "Zoë" not in repr(erased[number])
        by_half = [*erased]
        by_half[number] = evolve(erased[number], salt=SALT)
        found = fault(by_half)
        assert found is not None
        assert found.sequence == number + 1


@given(chain=audit_chains(), place=places)
def test_a_record_of_another_tenant_does_not_belong(chain: Chain, place: int) -> None:
    place %= len(chain)
    changed = [*chain]
    changed[place] = evolve(chain[place], tenant=TenantId("rival"))
    found = fault(changed)
    assert found is not None
    assert found.sequence == place + 1


def test_a_head_says_what_it_vouches_for() -> None:
    head = Head(ACME, 3, bytes(32), NOON, "k1")
    assert head.message() == (
        b"sightline audit head v1\n"
        b'{"tenant":"acme","sequence":3,"hash":"' + b"00" * 32 + b'",'
        b'"at":"2024-03-31T12:00:00.000005Z","key_id":"k1"}'
    )
    others = [
        evolve(head, tenant=TenantId("acm")),
        evolve(head, sequence=4),
        evolve(head, hash=bytes(31) + b"1"),
        evolve(head, at=NOON + timedelta(microseconds=1)),
        evolve(head, key_id="k2"),
    ]
    messages = sorted({head.message(), *(other.message() for other in others)})
    assert len(messages) == 6
    assert all(one != other for one, other in pairwise(messages))


@pytest.mark.parametrize(
    ("sequence", "own_hash", "at"),
    [(0, bytes(32), NOON), (1, bytes(31), NOON), (1, bytes(32), NOON.replace(tzinfo=None))],
)
def test_what_is_no_head_cannot_be_one(sequence: int, own_hash: bytes, at: datetime) -> None:
    with pytest.raises(InvalidInput):
        Head(ACME, sequence, own_hash, at, "k")


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": NOON.replace(tzinfo=None)},
        {"salt": b"short"},
        {"object_id": "a\x00b"},
        {"request_id": "x" * 201},
        {"personal": Personal("\n", "", "")},
    ],
)
def test_an_entry_holds_no_text_that_could_not_be_kept(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        evolve(ENTRY, **wrong)


@given(text=st.text(max_size=300))
def test_any_text_can_be_made_legible(text: str) -> None:
    made = legible(text)
    assert evolve(ENTRY, object_id=made).object_id == made
    if text.isprintable():
        assert text.startswith(made)


def test_a_status_tells_the_outcome() -> None:
    outcomes = {status: outcome_of(status).value for status in (200, 304, 404, 499, 500, 503)}
    assert outcomes == {
        200: "succeeded",
        304: "succeeded",
        404: "refused",
        499: "refused",
        500: "failed",
        503: "failed",
    }
