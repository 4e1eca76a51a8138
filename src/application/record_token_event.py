"""Put into the audit log what becomes of tokens: whoever asks for one has not come in yet."""

import hashlib

from attrs import frozen

from ..domain.governance import AuditEntry, AuditOutcome, Personal
from ..domain.identifiers import KeyId, TenantId
from ..ports.clock import Clock
from ..ports.tracing import current_trace
from .record_audit import RecordAudit

#: The operations of the token endpoints, and what the log calls a token that came back.
ISSUED, REFRESHED, REVOKED = "issueTokens", "refreshTokens", "revokeTokens"
REUSED = "reuseRefreshToken"


@frozen
class RecordTokenEvent:
    """A step of the use cases around tokens: what was done is on record before it is answered.

    Args:
        recorder: Where it goes.
        clock: When it was.
    """

    recorder: RecordAudit
    clock: Clock

    async def __call__(
        self, tenant: TenantId, client: KeyId, action: str, family: str | None
    ) -> None:
        """Record.

        Args:
            tenant: Whose token it is.
            client: The key that it was made with.
            action: What was done.
            family: The family of refresh tokens that it is about; None for an access token.

        Raises:
            AuditUnavailable: If it could not be recorded; then no token is given out.
        """
        refused = action == REUSED
        trace = current_trace.get()
        identifier = trace.trace_id if trace else ""
        entry = AuditEntry(
            tenant,
            self.clock.now(),
            "api_key",
            Personal(client, "", ""),
            self.recorder.salt(),
            action,
            None if family is None else "refresh_family",
            None if family is None else _told(family),
            AuditOutcome.REFUSED if refused else AuditOutcome.SUCCEEDED,
            400 if refused else 200,
            "invalid_grant" if refused else None,
            identifier,
            identifier,
            None,
        )
        await self.recorder.conclude(entry)


def _told(family: str) -> str:
    """The same family looks the same, but its id is part of its tokens and stays out of logs."""
    return hashlib.sha256(family.encode()).hexdigest()[:16]
