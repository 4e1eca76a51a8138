"""The tenant's audit log: list, export, check, and the heads that were signed for it."""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

import base64
from datetime import datetime
from typing import Any

from attrs import frozen
from litestar import Controller, Response, get, post
from litestar.response import Stream

from ...domain.errors import InvalidInput
from ...domain.governance import (
    LARGEST_PAGE,
    MEDIA_TYPE,
    AuditOutcome,
    AuditQuery,
    AuditRecord,
    SignedHead,
)
from ...domain.windows import EARLIEST, LATEST
from .audit import READ
from .inputs import Call, described

#: Most records that one call checks, if an earlier head was signed to begin at.
_MOST_CHECKED = 100_000


@frozen
class AuditListParameters:
    """Which records, how many."""

    since: datetime | None = described(
        "Only what was asked for then or later.", default=None, example="2026-01-01T00:00:00Z"
    )
    until: datetime | None = described("Only what was asked for earlier.", default=None)
    actor: str | None = described(
        "Only what the key with this id did.", default=None, max_length=200
    )
    action: str | None = described(
        "Only this operation.", default=None, example="updateProperty", max_length=200
    )
    outcome: AuditOutcome | None = described("Only with this outcome.", default=None)
    object_kind: str | None = described(
        "Only about things of this kind.", default=None, example="property", max_length=200
    )
    object_id: str | None = described(
        "Only about the thing with this id.", default=None, example="1", max_length=200
    )
    limit: int = described("Length of the page.", default=50, minimum=1, maximum=LARGEST_PAGE)
    cursor: str | None = described(
        "`next_cursor` of the page before, with the same filters.", default=None, max_length=2000
    )


@frozen
class AuditHeadParameters:
    """How many heads."""

    limit: int = described("So many of the last ones.", default=50, minimum=1, maximum=1000)


@frozen(slots=False)
class AuditRecordReport:
    """What was done or refused once.

    Args:
        sequence: Its place in your log, from 1 on, without gaps.
        at: When it was asked for. [UTC]
        actor_kind: `api_key`, `client`, `user` or `system`.
        actor_id: Id of the key, client or user; null once that was erased.
        actor_name: What they are called; empty if nothing is known.
        peer: A keyed hash of the address the request came from; equal for equal addresses.
        action: The operation, as this document calls it; `unmatched` where there was none.
        object_kind: What the address named; null if nothing.
        object_id: Its id.
        outcome: `succeeded`, `refused`, `failed`, or `unknown` if nobody was there to see it.
        status: HTTP status of the answer; 0 if nobody knows.
        problem: Last part of the address of the problem; null if there was none.
        request_id: Names the request in answers and log lines.
        trace_id: The trace it belongs to.
        body_sha256: SHA-256 of the request's body in hex; null without one.
        hash: Hash of this record and, through it, of all before. [hex]
    """

    sequence: int
    at: datetime
    actor_kind: str
    actor_id: str | None
    actor_name: str | None
    peer: str | None
    action: str
    object_kind: str | None
    object_id: str | None
    outcome: AuditOutcome
    status: int
    problem: str | None
    request_id: str
    trace_id: str
    body_sha256: str | None
    hash: str


@frozen(slots=False)
class AuditList:
    """A page of the log.

    Args:
        items: Newest first.
        next_cursor: For the next page; null on the last.
    """

    items: tuple[AuditRecordReport, ...]
    next_cursor: str | None


@frozen(slots=False)
class AuditHeadReport:
    """A head: that your log ended so at some instant.

    Args:
        sequence: Place of the last record.
        hash: Its hash. [hex]
        at: When it was signed. [UTC]
        key_id: Names the key.
        signature: Ed25519 signature. [hex]
    """

    sequence: int
    hash: str
    at: datetime
    key_id: str
    signature: str


@frozen(slots=False)
class AuditHeads:
    """Heads that were signed, and what they are checked with.

    Args:
        key_id: Names the present key.
        public_key: Its public half, 32 bytes. [base64]
        items: Newest first.
    """

    key_id: str
    public_key: str
    items: tuple[AuditHeadReport, ...]


@frozen(slots=False)
class AuditVerification:
    """What checking your log has shown.

    Args:
        valid: Whether everything is as it was written.
        checked: How many records were found right.
        first_sequence: The first record that was looked at; all earlier ones are vouched for
            by a signed head.
        heads: How many signed heads the log was held against.
        first_bad_sequence: The first place that is not as it was written; null if none.
        reason: What is wrong there; null if nothing.
    """

    valid: bool
    checked: int
    first_sequence: int
    heads: int
    first_bad_sequence: int | None
    reason: str | None


class AuditController(Controller):
    """Your audit log."""

    path = "/api/v1/audit"
    tags = ("Audit",)

    @get("/", operation_id="listAudit", needs="audit:read", asks=AuditListParameters)
    async def list_audit(self, request: Call) -> AuditList:
        """List what was done with your data and by whom, newest first, page by page.

        Every call of every operation is one record, refused ones and reads too, this one as
        well. A record is never changed; who it was can be erased.
        """
        asked = request.parameters(AuditListParameters)
        query, question = _query(request, asked)
        found = await request.cases.list_audit(request.tenant, query)
        following = None
        if found.next is not None:
            following = request.cursors.seal(request.tenant, question, found.next)
        return AuditList(tuple(map(_reported, found.items)), following)

    @get("/heads", operation_id="listAuditHeads", needs="audit:read", asks=AuditHeadParameters)
    async def heads(self, request: Call) -> AuditHeads:
        """The heads that were signed for your log, and the key to check them with.

        Once a minute, if the log has grown, its end is signed and kept where the record store
        cannot rewrite it. Keep one yourself, and nobody can ever cut the log before it.
        """
        asked = request.parameters(AuditHeadParameters)
        cases = request.cases
        key_id, public_key = cases.list_audit_heads.key
        found = await cases.list_audit_heads(request.tenant, asked.limit)
        shown = base64.b64encode(public_key).decode()
        return AuditHeads(key_id, shown, tuple(map(_head, found)))

    @get(
        "/export",
        operation_id="exportAudit",
        needs="audit:read",
        makes=MEDIA_TYPE,
        media_type=MEDIA_TYPE,
    )
    async def export(self, request: Call) -> Response[Any]:
        """Your whole log, oldest first, one JSON object a line.

        Each line holds what its hash covers, the hash, who it was and the salt; the last line
        is a signed head. That is all that is needed to check the log without us.
        """
        lines = await request.cases.export_audit(request.tenant)
        return Stream(lines, media_type=MEDIA_TYPE)

    @post("/verify", operation_id="verifyAudit", needs="audit:read", status_code=200, audit=READ)
    async def verify(self, request: Call) -> AuditVerification:
        """Check your log: every hash, no gap, nothing cut off after a signed head.

        Of a log longer than 100,000 records the part since an earlier signed head is checked;
        `sightline audit verify` checks all of it.
        """
        found = await request.cases.verify_audit(request.tenant, _MOST_CHECKED)
        fault = found.verdict.fault
        return AuditVerification(
            fault is None,
            found.verdict.checked,
            found.after.sequence + 1,
            found.heads,
            None if fault is None else fault.sequence,
            None if fault is None else fault.reason,
        )


def _query(call: Call, asked: AuditListParameters) -> tuple[AuditQuery, list[Any]]:
    for name in ("since", "until"):
        bound = getattr(asked, name)
        if bound is not None and not EARLIEST <= bound <= LATEST:
            raise InvalidInput("must lie in the years 1970 to 2199", path=(name,), code="range")
    if asked.since is not None and asked.until is not None and asked.until <= asked.since:
        raise InvalidInput("must be after since", path=("until",), code="reversed")
    filters = (
        asked.since,
        asked.until,
        asked.actor,
        asked.action,
        asked.outcome,
        asked.object_kind,
        asked.object_id,
    )
    question = ["audit", *filters]
    before = None
    if asked.cursor is not None:
        before = int(call.cursors.open(call.tenant, question, asked.cursor))
    return AuditQuery(*filters, asked.limit, before), question


def _reported(record: AuditRecord) -> AuditRecordReport:
    who = record.personal
    return AuditRecordReport(
        record.sequence,
        record.at,
        record.actor_kind,
        None if who is None else who.actor_id,
        None if who is None else who.actor_name,
        None if who is None else who.peer,
        record.action,
        record.object_kind,
        record.object_id,
        record.outcome,
        record.status,
        record.problem,
        record.request_id,
        record.trace_id,
        record.body_sha256,
        record.hash.hex(),
    )


def _head(signed: SignedHead) -> AuditHeadReport:
    head = signed.head
    return AuditHeadReport(
        head.sequence, head.hash.hex(), head.at, head.key_id, signed.signature.hex()
    )
