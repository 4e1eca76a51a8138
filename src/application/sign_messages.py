"""Requests that their keys signed, and answers that this deployment signs."""

from datetime import timedelta

from attrs import evolve, field, frozen

from ..domain.errors import SignatureInvalid
from ..domain.identifiers import KeyId, TenantId
from ..domain.structured_fields import Value
from ..domain.tenancy import KeySigning
from ..domain.tenancy.signatures import (
    TAG,
    TOLERANCE_SECONDS,
    HttpMessage,
    accepted,
    content_digest,
    covered_by,
    is_signed,
    signed,
)
from ..ports.clock import Clock
from ..ports.nonces import NonceMemory
from ..ports.signer import Signer

#: What the signature of an answer covers.
_ANSWER = ("@status", "content-digest", "@method;req", "@target-uri;req")
#: Longer than a signature can be old and made in the future, together.
_REMEMBERED = timedelta(seconds=2 * TOLERANCE_SECONDS)

Headers = tuple[tuple[str, str], ...]


@frozen
class CheckSignature:
    """Use case: the request of a key that signs, if it is signed as it must be."""

    nonces: NonceMemory
    signer: Signer
    clock: Clock
    server_secret: bytes = field(repr=False)

    async def __call__(
        self,
        tenant: TenantId,
        key: KeyId,
        signing: KeySigning,
        request: HttpMessage,
        body: bytes,
    ) -> None:
        """Check a request.

        Args:
            tenant: Whose key sent it.
            key: Which key.
            signing: How that key signs.
            request: What was sent.
            body: Its whole body.

        Raises:
            SignatureRequired: If it is not signed and must be.
            SignatureInvalid: If its signature does not hold or was used before.
            Unavailable: If that cannot be found out.
        """
        if not signing.required and not is_signed(request):
            return
        check = signing.verification_key(self.server_secret, tenant, key)
        now = self.clock.now()
        nonce = accepted(request, body, check, now.timestamp(), self.signer.checks)
        # Last, so that nobody without the key can use nonces up.
        if not await self.nonces.first_use(tenant, key, nonce, now, now + _REMEMBERED):
            raise SignatureInvalid("the nonce of the signature was used before")


@frozen
class SignAnswer:
    """Use case: the headers that sign an answer."""

    signer: Signer
    clock: Clock

    def __call__(self, request: HttpMessage, status: int, body: bytes) -> Headers:
        """Sign an answer.

        Args:
            request: What is answered.
            status: Of the answer.
            body: Of the answer, whole.

        Returns:
            Content-Digest, Signature-Input and Signature.
        """
        digest = ("content-digest", content_digest(body))
        answer = evolve(request, fields=(digest,), status=status, request=request)
        created = int(self.clock.now().timestamp())
        parameters: dict[str, Value] = {"created": created, "keyid": self.signer.key_id, "tag": TAG}
        return (digest, *signed(answer, covered_by(_ANSWER, parameters), self.signer.sign))


@frozen
class PruneNonces:
    """Use case: nonces whose time is over are dropped."""

    nonces: NonceMemory
    clock: Clock

    async def __call__(self) -> None:
        """Drop them."""
        await self.nonces.prune(self.clock.now())
