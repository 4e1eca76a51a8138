"""Page cursors: opaque, and of use only to the tenant and the question they were made for."""

import base64
import binascii
import hashlib
import hmac
from typing import Any

import msgspec
from attrs import frozen

from ...domain.errors import InvalidInput
from ...domain.identifiers import TenantId

_TAG_BYTES = 16


@frozen
class Cursors:
    """Seals positions in lists with the server's secret.

    Args:
        secret: The server's secret. [bytes, at least 32]
    """

    secret: bytes

    def seal(self, tenant: TenantId, question: Any, position: Any) -> str:
        """A cursor for a position in the answer to a question.

        Args:
            tenant: Whose list it is.
            question: Everything that the list depends on: filter, sort; JSON-like.
            position: Where the next page starts; JSON-like.
        """
        body = msgspec.json.encode(position)
        return (
            base64.urlsafe_b64encode(self._tag(tenant, question, body) + body).decode().rstrip("=")
        )

    def open(self, tenant: TenantId, question: Any, cursor: str) -> Any:
        """The position that a cursor holds.

        Raises:
            InvalidInput: If the cursor was changed, or made for another tenant or question.
        """
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(tenant, question, body)):
            raise InvalidInput(
                "not a cursor of this list with these filters; start again without one",
                path=("cursor",),
                code="cursor",
            )
        return msgspec.json.decode(body)

    def _tag(self, tenant: TenantId, question: Any, body: bytes) -> bytes:
        message = b"\x00".join((b"cursor", tenant.encode(), msgspec.json.encode(question), body))
        return hmac.digest(self.secret, message, hashlib.sha256)[:_TAG_BYTES]
