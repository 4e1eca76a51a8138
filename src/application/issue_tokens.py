"""The token endpoint: access tokens for keys and for refresh tokens, and their revocation."""

from datetime import datetime, timedelta

from attrs import field, frozen

from ..domain.errors import TenantClosed, TenantSuspended, TokenRefused, Unauthenticated
from ..domain.identifiers import FamilyId
from ..domain.tenancy import (
    ABSOLUTE,
    ACCESS_LIFE,
    ALPHABET,
    LEEWAY,
    ApiKey,
    ClientCredentials,
    Demands,
    IssuedTokens,
    Presented,
    RefreshFamily,
    Scopes,
    holdable,
    looks_like_token,
    narrowed,
    presented,
    read_refresh_token,
    refresh_token,
    scope_text,
)
from ..ports.api_keys import ApiKeyRepository
from ..ports.clock import Clock
from ..ports.random_text import RandomText
from ..ports.refresh_families import RefreshFamilyRepository
from ..ports.revocations import Revocations
from ..ports.telemetry import Telemetry
from ..ports.token_signatures import TokenSignatures
from .keep_signing_keys import KeepSigningKeys
from .prove_key import ProveKey
from .record_token_event import ISSUED, REFRESHED, REUSED, REVOKED, RecordTokenEvent
from .verify_token import VerifyToken, is_client_of

#: How often another one may win before this one gives up; each time it asks anew.
_ATTEMPTS = 5


@frozen
class ProveClient:
    """Use case: the API key that a client of the token endpoint authenticates with."""

    prove_key: ProveKey

    async def __call__(self, client: ClientCredentials) -> ApiKey:
        """Find the key.

        Raises:
            TokenRefused: As `invalid_client`, if id and text are not those of one key in use;
                as `unauthorized_client`, if its tenant is suspended or closed.
        """
        try:
            key = await self.prove_key(client.secret)
        except Unauthenticated:
            key = None
        except (TenantSuspended, TenantClosed) as error:
            raise TokenRefused("unauthorized_client", str(error)) from error
        if key is None or key.id != client.id:
            raise TokenRefused("invalid_client", "the client's id or secret is not valid")
        return key


@frozen
class MakeAccessToken:
    """Makes the signed half of an answer of the token endpoint."""

    ours: Demands
    signing_keys: KeepSigningKeys
    signatures: TokenSignatures
    clock: Clock
    random_text: RandomText

    async def __call__(
        self, key: ApiKey, scopes: Scopes, family: FamilyId | None, refresh: str | None
    ) -> IssuedTokens:
        """Tokens for a key.

        Args:
            key: Whose access it is.
            scopes: What the token may do.
            family: The family that it belongs to, so that it ends with it.
            refresh: The refresh token to give with it.
        """
        now = int(self.clock.now().timestamp())
        life = int(ACCESS_LIFE.total_seconds())
        claims: dict[str, object] = {
            "iss": self.ours.issuer,
            "sub": key.id,
            "aud": self.ours.audience,
            "client_id": key.id,
            self.ours.tenant_claim: key.tenant,
            "scope": scope_text(scopes),
            "iat": now,
            "exp": now + life,
            "jti": self.random_text.draw(ALPHABET, 22),
        }
        if family is not None:
            claims["sid"] = family
        token = self.signatures.sign(await self.signing_keys.signing(), claims)
        return IssuedTokens(token, scopes, life, refresh)


@frozen
class IssueTokens:
    """Use case: an access token for a client's own credentials (RFC 6749, 4.4)."""

    prove_client: ProveClient
    make: MakeAccessToken
    families: RefreshFamilyRepository
    record: RecordTokenEvent
    clock: Clock
    random_text: RandomText
    server_secret: bytes = field(repr=False)

    async def __call__(self, client: ClientCredentials, scope: str | None) -> IssuedTokens:
        """Issue tokens; a refresh token among them if `offline_access` is asked for.

        Raises:
            TokenRefused: If the client or what it asks for is not valid.
            Unavailable: If a store does not answer.
        """
        key = await self.prove_client(client)
        scopes, offline = narrowed(scope, key.scopes & holdable(key.tenant))
        if not offline:
            await self.record(key.tenant, key.id, ISSUED, None)
            return await self.make(key, scopes, None, None)
        now, identifier = self.clock.now(), FamilyId(self.random_text.draw(ALPHABET, 22))
        family = RefreshFamily(identifier, key.tenant, key.id, scopes, now, 0, now)
        await self.families.add(family)
        await self.record(key.tenant, key.id, ISSUED, identifier)
        text = refresh_token(self.server_secret, identifier, 0)
        return await self.make(key, scopes, identifier, text)


@frozen
class RefreshTokens:
    """Use case: an access token for a refresh token, which is replaced (RFC 6749, 6)."""

    prove_client: ProveClient
    make: MakeAccessToken
    families: RefreshFamilyRepository
    api_keys: ApiKeyRepository
    revocations: Revocations
    record: RecordTokenEvent
    telemetry: Telemetry
    clock: Clock
    server_secret: bytes = field(repr=False)

    async def __call__(
        self, text: str, scope: str | None, client: ClientCredentials | None
    ) -> IssuedTokens:
        """Refresh.

        Args:
            text: The refresh token.
            scope: What the access token shall do, of what the family may; None for all.
            client: The client's credentials; whoever holds the token may do without.

        Raises:
            TokenRefused: If the token is not the newest of a family in force, or the
                client is another. A token that comes back ends its family.
            Unavailable: If a store does not answer.
        """
        read = read_refresh_token(self.server_secret, text)
        if read is None:
            raise _worthless()
        for _ in range(_ATTEMPTS):
            family = await self.families.find(read[0])
            if family is None:
                break
            now = self.clock.now()
            key = await self._client(family, client, now)
            scopes, _ = narrowed(scope, family.scopes & key.scopes & holdable(key.tenant))
            if await self._moved(family, read[1], now):
                await self.record(key.tenant, key.id, REFRESHED, family.id)
                successor = refresh_token(self.server_secret, family.id, read[1] + 1)
                return await self.make(key, scopes, family.id, successor)
        raise _worthless()

    async def _client(
        self, family: RefreshFamily, client: ClientCredentials | None, now: datetime
    ) -> ApiKey:
        if client is not None and (await self.prove_client(client)).id != family.client:
            raise _worthless()
        key = await self.api_keys.get(family.tenant, family.client)
        if key is None or not is_client_of(key, family.created_at, now):
            raise _worthless()
        return key

    async def _moved(self, family: RefreshFamily, generation: int, now: datetime) -> bool:
        """Whether the token has a successor now; False if another one was quicker.

        Raises:
            TokenRefused: If the token is worth nothing.
        """
        match presented(family, generation, now):
            case Presented.NEWEST:
                return await self.families.advance(family.next(now))
            case Presented.JUST_REPLACED:
                return True
            case Presented.REUSED:
                await self.families.end(family.id, now)
                await self.revocations.add(family.id, now + ACCESS_LIFE + LEEWAY)
                self.telemetry.count("tokens.reused")
                await self.record(family.tenant, family.client, REUSED, family.id)
                raise _worthless()
            case Presented.WORTHLESS:
                raise _worthless()


@frozen
class RevokeTokens:
    """Use case: a token, and what descends from it, ends now (RFC 7009)."""

    prove_client: ProveClient
    verify_token: VerifyToken
    families: RefreshFamilyRepository
    revocations: Revocations
    record: RecordTokenEvent
    clock: Clock
    server_secret: bytes = field(repr=False)

    async def __call__(self, text: str, client: ClientCredentials | None) -> None:
        """Revoke a token; one that is not valid, or another client's, is left without a word.

        Args:
            text: An access or a refresh token.
            client: The client's credentials; whoever holds the token may do without.

        Raises:
            TokenRefused: If the client's credentials are wrong.
            Unavailable: If a store does not answer.
        """
        key = None if client is None else await self.prove_client(client)
        if looks_like_token(text):
            await self._revoke_access(text, key)
        elif (read := read_refresh_token(self.server_secret, text)) is not None:
            await self._revoke_family(read[0], key)

    async def _revoke_access(self, text: str, key: ApiKey | None) -> None:
        try:
            token = await self.verify_token.in_force(text)
        except Unauthenticated:
            return
        if token.client is None:
            return  # its own issuer revokes it
        if key is None or (key.tenant, key.id) == (token.principal.tenant, token.client):
            await self.revocations.add(token.token_id, token.expires_at + LEEWAY)
            await self.record(token.principal.tenant, token.client, REVOKED, None)

    async def _revoke_family(self, identifier: FamilyId, key: ApiKey | None) -> None:
        family = await self.families.find(identifier)
        if family is None:
            return
        if key is None or (key.tenant, key.id) == (family.tenant, family.client):
            now = self.clock.now()
            await self.families.end(family.id, now)
            await self.revocations.add(family.id, now + ACCESS_LIFE + LEEWAY)
            await self.record(family.tenant, family.client, REVOKED, family.id)


@frozen
class PruneTokens:
    """Use case: forget families and revocations that can no longer matter."""

    families: RefreshFamilyRepository
    revocations: Revocations
    clock: Clock

    async def __call__(self) -> None:
        """Forget them.

        Raises:
            Unavailable: If a store does not answer.
        """
        now = self.clock.now()
        await self.families.prune(now - ABSOLUTE - timedelta(days=1))
        await self.revocations.prune(now)


def _worthless() -> TokenRefused:
    return TokenRefused("invalid_grant", "the refresh token is not valid")
