"""What an audit log says of one operation: what was done, by whom, and what became of it.

Who it was stands beside the record, not in it: what a chain covers holds only an
HMAC of the personal fields under a salt of the record's own, so that both can be
erased while every hash still fits.
"""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from enum import StrEnum

from attrs import evolve, field, frozen

from ..errors import InvalidInput
from ..identifiers import TenantId

GENESIS = bytes(32)
"""The hash before the first record."""
LONGEST_TEXT = 200
"""Most characters of any text of a record."""
_SALT_BYTES = 16

quoted = json.encoder.encode_basestring_ascii
"""A text as JSON, in ASCII."""


class AuditOutcome(StrEnum):
    """What became of an operation."""

    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


def outcome_of(status: int) -> AuditOutcome:
    """What an HTTP status says became of an operation."""
    if status < 400:
        return AuditOutcome.SUCCEEDED
    return AuditOutcome.REFUSED if status < 500 else AuditOutcome.FAILED


@frozen
class Personal:
    """What a record tells of a person; this alone can be erased.

    Args:
        actor_id: Id of the key, client or user.
        actor_name: What they are called; empty if nothing is known.
        peer: A keyed hash of the address the request came from; empty if unknown.
    """

    actor_id: str
    actor_name: str
    peer: str

    def commitment(self, salt: bytes) -> bytes:
        """HMAC-SHA-256 of these fields under the salt of one record. [32 bytes]"""
        return hmac.digest(salt, self.text().encode(), hashlib.sha256)

    def text(self) -> str:
        """These fields as JSON in ASCII, in their order."""
        return (
            f'{{"actor_id":{quoted(self.actor_id)},"actor_name":{quoted(self.actor_name)},'
            f'"peer":{quoted(self.peer)}}}'
        )


@frozen
class AuditEntry:
    """Something that was done or refused, before it has its place in a chain.

    Args:
        tenant: Whose data it was about.
        at: When it was asked for. [UTC]
        actor_kind: ``api_key``, ``client``, ``user`` or ``system``.
        personal: Who it was and from where.
        salt: Drawn at random for this record alone. [16 bytes]
        action: Id of the operation; ``unmatched`` where no route was met.
        object_kind: What the address names, such as ``property``; None if nothing.
        object_id: Its id.
        outcome: What became of it.
        status: HTTP status of the answer; 0 if nobody knows.
        problem: Kind of the problem it was refused with; None if with none.
        request_id: Names the request in logs.
        trace_id: The trace it belongs to.
        body_sha256: Digest of the request's body in hex, never the body; None without one.
        intent: Id of the intent that was kept before a change was begun; None for reads
            and for what was refused before. It is no part of the record.

    Raises:
        InvalidInput: If the instant is naive, the salt is not 16 bytes or a text is
            longer than 200 characters or not printable.
    """

    tenant: TenantId
    at: datetime
    actor_kind: str
    personal: Personal
    salt: bytes = field(repr=False)
    action: str
    object_kind: str | None
    object_id: str | None
    outcome: AuditOutcome
    status: int
    problem: str | None
    request_id: str
    trace_id: str
    body_sha256: str | None
    intent: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise InvalidInput("an instant must carry its zone", path=("at",), code="naive")
        if len(self.salt) != _SALT_BYTES:
            raise InvalidInput(f"a salt has {_SALT_BYTES} bytes", path=("salt",), code="salt")
        who = self.personal
        texts = (self.action, self.object_id, self.request_id, who.actor_id, who.actor_name)
        # Together, because every request makes an entry: one look instead of ten.
        together = "".join([text for text in texts if text])
        if not together.isprintable() or max(len(text or "") for text in texts) > LONGEST_TEXT:
            message = f"a text is printable and has at most {LONGEST_TEXT} characters"
            raise InvalidInput(message, code="text")


def legible(text: str) -> str:
    """A caller's text as a record may hold it: printable and not too long."""
    short = text[:LONGEST_TEXT]
    if short.isprintable():
        return short
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in short)


@frozen
class AuditRecord:
    """An entry in its place.

    Args:
        tenant: Whose chain it is part of.
        sequence: Its place in the chain, from 1 on, without gaps.
        at: When it was asked for. [UTC]
        actor_kind: As in the entry, like everything down to the digest of the body.
        commitment: What the chain holds of the personal fields. [32 bytes]
        hash: Covers this record and, by the hash before it, all earlier ones. [32 bytes]
        personal: Who it was; None once that was erased.
        salt: Under which the personal fields were committed to; erased with them.
    """

    tenant: TenantId
    sequence: int
    at: datetime
    actor_kind: str
    action: str
    object_kind: str | None
    object_id: str | None
    outcome: AuditOutcome
    status: int
    problem: str | None
    request_id: str
    trace_id: str
    body_sha256: str | None
    commitment: bytes
    hash: bytes
    personal: Personal | None
    salt: bytes | None = field(repr=False)

    def canonical(self) -> bytes:
        """The bytes that its hash covers: JSON in ASCII, fields in fixed order, no spaces.

        The personal fields are in it by their commitment alone.
        """
        return canonical(self, self.sequence, self.commitment)

    def erased(self) -> "AuditRecord":
        """The record without who it was; its hash stays what it was."""
        return evolve(self, personal=None, salt=None)


def canonical(said: AuditEntry | AuditRecord, sequence: int, commitment: bytes) -> bytes:
    """What a hash covers of an entry in its place; written out because every request makes one."""
    return (
        f'{{"v":1,"tenant":{quoted(said.tenant)},"sequence":{sequence},'
        f'"at":"{instant_text(said.at)}","actor_kind":{quoted(said.actor_kind)},'
        f'"actor":"{commitment.hex()}","action":{quoted(said.action)},'
        f'"object_kind":{_or_null(said.object_kind)},"object_id":{_or_null(said.object_id)},'
        f'"outcome":"{said.outcome.value}","status":{said.status},'
        f'"problem":{_or_null(said.problem)},"request_id":{quoted(said.request_id)},'
        f'"trace_id":{quoted(said.trace_id)},"body_sha256":{_or_null(said.body_sha256)}}}'
    ).encode("ascii")


def instant_text(at: datetime) -> str:
    """An instant as hashes and signatures hold it: UTC, always with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def _or_null(text: str | None) -> str:
    return "null" if text is None else quoted(text)
