"""Give a tenant a key."""

from attrs import field, frozen

from ..domain.identifiers import KeyId, TenantId
from ..domain.tenancy import (
    ALPHABET,
    SALT_LENGTH,
    ApiKey,
    IssuedKey,
    KeyDraft,
    Scopes,
    granted,
    key_digest,
    render_key,
)
from ..ports.api_keys import ApiKeyRepository
from ..ports.clock import Clock
from ..ports.random_text import RandomText


@frozen
class IssueApiKey:
    """Use case: a new key, whose text is shown this once."""

    api_keys: ApiKeyRepository
    clock: Clock
    random_text: RandomText
    server_secret: bytes = field(repr=False)

    async def __call__(self, tenant: TenantId, draft: KeyDraft, held: Scopes) -> IssuedKey:
        """Issue a key.

        Args:
            tenant: Whose key it will be.
            draft: What is wanted.
            held: What whoever asks for it may do.

        Raises:
            TenantNotFound: If there is no such tenant.
            InvalidInput: If the name is not fit to be one, the end lies in the past, or no
                scope is wanted.
            ScopesNotHeld: If a scope is wanted that cannot be given away.
        """
        scopes = granted(draft.scopes, held, tenant)
        identifier = self.random_text.draw(ALPHABET, 12)
        signing = None
        if draft.signing is not None:
            signing = draft.signing.made(self.random_text.draw(ALPHABET, SALT_LENGTH))
        text = render_key(identifier, self.random_text.draw(ALPHABET, 30), draft.kind)
        key = ApiKey(
            KeyId(identifier),
            tenant,
            draft.name,
            key_digest(self.server_secret, text),
            self.clock.now(),
            scopes,
            draft.expires_at,
            signing=signing,
        )
        await self.api_keys.add(key)
        secret = None if signing is None else signing.secret(self.server_secret, tenant, key.id)
        return IssuedKey(key, text, secret)
