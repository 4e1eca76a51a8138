"""Audit records chained so that no change stays unseen.

Every record's hash covers the record and the hash before it::

    h(0) = 32 zero bytes
    h(n) = SHA-256(0x00 ‖ h(n-1) ‖ canonical bytes of record n)

A cut at the end of a chain shows only beside a signed head that was kept elsewhere.

References:
    RFC 9162, 2.1.1 (the prefix byte that keeps leaves apart from other hashes).
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from attrs import frozen

from ..errors import InvalidInput
from ..identifiers import TenantId
from .audit import GENESIS, AuditEntry, AuditRecord, canonical, instant_text, quoted


@frozen
class Tip:
    """Where a chain ends: its last record, or before the first one.

    Args:
        tenant: Whose chain it is.
        sequence: Place of the last record; 0 for none.
        hash: Its hash. [32 bytes]
    """

    tenant: TenantId
    sequence: int = 0
    hash: bytes = GENESIS


@frozen
class Head:
    """A tip that somebody vouches for.

    Args:
        tenant: Whose chain it is.
        sequence: Place of the last record, from 1 on.
        hash: Its hash. [32 bytes]
        at: When it was signed. [UTC]
        key_id: Names the key that it was signed with.

    Raises:
        InvalidInput: If the place or the hash cannot be one.
    """

    tenant: TenantId
    sequence: int
    hash: bytes
    at: datetime
    key_id: str

    def __attrs_post_init__(self) -> None:
        if self.sequence < 1 or len(self.hash) != len(GENESIS) or self.at.tzinfo is None:
            raise InvalidInput("not the head of a chain", code="head")

    def message(self) -> bytes:
        """The bytes to sign; their first line keeps them apart from all else the key signs."""
        return (
            "sightline audit head v1\n"
            f'{{"tenant":{quoted(self.tenant)},"sequence":{self.sequence},'
            f'"hash":"{self.hash.hex()}","at":"{instant_text(self.at)}",'
            f'"key_id":{quoted(self.key_id)}}}'
        ).encode("ascii")


@frozen
class SignedHead:
    """A head and the signature of its message. [Ed25519: 64 bytes]"""

    head: Head
    signature: bytes


@frozen
class Fault:
    """Where a chain is broken.

    Args:
        sequence: The first place that is not as it was written.
        reason: What is wrong with it.
    """

    sequence: int
    reason: str


@frozen
class Verdict:
    """What checking a chain, or a part of it, has shown.

    Args:
        tip: The last record that was found right.
        checked: How many records were looked at and found right.
        fault: What is wrong after that; None if nothing.
    """

    tip: Tip
    checked: int
    fault: Fault | None


def chained(tip: Tip, entries: Iterable[AuditEntry]) -> tuple[AuditRecord, ...]:
    """Entries of one tenant in the places after a tip."""
    made: list[AuditRecord] = []
    sequence, last = tip.sequence, tip.hash
    for entry in entries:
        sequence += 1
        commitment = entry.personal.commitment(entry.salt)
        last = chain_hash(last, canonical(entry, sequence, commitment))
        made.append(_placed(entry, sequence, commitment, last))
    return tuple(made)


def chain_hash(before: bytes, said: bytes) -> bytes:
    """The hash of a record, by its canonical bytes, after one with a certain hash. [32 bytes]"""
    return hashlib.sha256(b"\x00" + before + said).digest()


def _placed(entry: AuditEntry, sequence: int, commitment: bytes, own_hash: bytes) -> AuditRecord:
    return AuditRecord(
        entry.tenant,
        sequence,
        entry.at,
        entry.actor_kind,
        entry.action,
        entry.object_kind,
        entry.object_id,
        entry.outcome,
        entry.status,
        entry.problem,
        entry.request_id,
        entry.trace_id,
        entry.body_sha256,
        commitment,
        own_hash,
        entry.personal,
        entry.salt,
    )


def verify(records: Iterable[AuditRecord], heads: Sequence[Head], after: Tip) -> Verdict:
    """Check records in the order of the log, page by page if there are many.

    Args:
        records: As the store gives them, beginning right after the tip.
        heads: Heads of this tenant whose signatures were found right, in any order.
        after: The last record that was found right; a `Tip` of the tenant to begin with.

    Returns:
        How far the records are right, and the first place where they are not. What comes
        after the last record is for `cut_off` to say.
    """
    known: Mapping[int, set[bytes]] = _by_sequence(heads)
    tip, checked = after, 0
    for record in records:
        fault = _fault(tip, record, known)
        if fault is not None:
            return Verdict(tip, checked, fault)
        tip = Tip(tip.tenant, record.sequence, record.hash)
        checked += 1
    return Verdict(tip, checked, None)


def cut_off(tip: Tip, heads: Sequence[Head]) -> Fault | None:
    """What is missing after the last record, as far as a signed head knows of it."""
    longest = max((head.sequence for head in heads), default=0)
    if longest <= tip.sequence:
        return None
    return Fault(tip.sequence + 1, f"cut off here: a head was signed for record {longest}")


def _by_sequence(heads: Sequence[Head]) -> dict[int, set[bytes]]:
    known: dict[int, set[bytes]] = {}
    for head in heads:
        known.setdefault(head.sequence, set()).add(head.hash)
    return known


def _fault(tip: Tip, record: AuditRecord, known: Mapping[int, set[bytes]]) -> Fault | None:
    expected = tip.sequence + 1
    if record.sequence < expected:
        return Fault(record.sequence, "there twice, or out of its order")
    reason = None
    if record.tenant != tip.tenant:
        reason = "a record of another tenant stands here"
    elif record.sequence > expected:
        reason = f"missing: record {record.sequence} follows {tip.sequence}"
    elif not _committed(record):
        reason = "who it was is not what was written"
    elif not hmac.compare_digest(chain_hash(tip.hash, record.canonical()), record.hash):
        reason = "changed, or put in: its hash does not follow from the one before"
    elif known.get(expected, {record.hash}) != {record.hash}:
        reason = "rewritten: it is not what a head was signed for"
    return None if reason is None else Fault(expected, reason)


def _committed(record: AuditRecord) -> bool:
    """Whether the personal fields are those that were written, or erased as a whole."""
    if record.personal is None or record.salt is None:
        return record.personal is None and record.salt is None
    return hmac.compare_digest(record.personal.commitment(record.salt), record.commitment)
