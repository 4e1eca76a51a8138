"""Is it a token in force, and whose?"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from attrs import define, evolve, field, frozen

from ..domain.errors import TenantNotFound, Unauthenticated
from ..domain.identifiers import KeyId, TenantId
from ..domain.tenancy import (
    LEEWAY,
    ApiKey,
    Claims,
    Demands,
    Principal,
    PrincipalKind,
    PublicKey,
    TrustedIssuer,
    check_claims,
    check_header,
    holdable,
    known_scopes,
)
from ..ports.api_keys import ApiKeyRepository
from ..ports.clock import Clock
from ..ports.issuer_keys import IssuerKeys
from ..ports.revocations import Revocations
from ..ports.tenants import TenantRepository
from ..ports.token_signatures import TokenSignatures
from .check_tenant import CheckTenant
from .keep_signing_keys import KeepSigningKeys

#: How many verified tokens are remembered.
CAPACITY = 10_000
#: How long; a key that its issuer took back is noticed after that.
_REMEMBERED = timedelta(seconds=30)


@frozen
class VerifiedToken:
    """A token whose signature and claims were found right.

    Args:
        principal: Who it proves.
        client: The key that it was made with, if it is one of ours.
        issued_at: When. [UTC]
        expires_at: When it ends. [UTC]
        token_id: Its own id; empty for tokens of other issuers.
        identifiers: What it is revoked by: its own id and that of its family.
        until: When it must be looked at anew. [UTC]
    """

    principal: Principal
    client: KeyId | None
    issued_at: datetime
    expires_at: datetime
    token_id: str
    identifiers: frozenset[str]
    until: datetime


@define
class VerifyToken:
    """Use case: the principal that a signed token proves.

    A token is verified once in half a minute; that its key and itself were not
    revoked, and that its tenant is active, is asked every time.
    """

    ours: Demands
    trusted: Sequence[TrustedIssuer]
    signing_keys: KeepSigningKeys
    signatures: TokenSignatures
    issuer_keys: IssuerKeys
    api_keys: ApiKeyRepository
    tenants: TenantRepository
    revocations: Revocations
    check_tenant: CheckTenant
    clock: Clock
    _recent: dict[bytes, VerifiedToken] = field(factory=dict, init=False)

    async def __call__(self, text: str) -> Principal:
        """Find out who asks.

        Raises:
            Unauthenticated: If the token is not one in force.
            TenantSuspended: If its tenant is suspended.
            TenantClosed: If its tenant is closed.
            Unavailable: If a store, or the keys of its issuer, cannot be reached.
        """
        return (await self.in_force(text)).principal

    async def in_force(self, text: str) -> VerifiedToken:
        """A token, if it is right and not revoked.

        Raises:
            Unauthenticated: If it is not.
            TenantSuspended: If its tenant is suspended.
            TenantClosed: If its tenant is closed.
            Unavailable: If a store, or the keys of its issuer, cannot be reached.
        """
        digest = hashlib.sha256(text.encode()).digest()
        found = self._recent.get(digest)
        if found is None or self.clock.now() >= found.until:
            self._recent.pop(digest, None)  # the newest stands last, so the oldest goes first
            found = await self._verified(text)
            if len(self._recent) >= CAPACITY:
                del self._recent[next(iter(self._recent))]
            self._recent[digest] = found
        if found.client is not None:
            key = await self._key_in_force(found, found.client)
            if key.signing != found.principal.signing:
                # A token binds as its key does, from the moment that the key does.
                found = evolve(found, principal=evolve(found.principal, signing=key.signing))
        await self.check_tenant(found.principal.tenant)
        return found

    def forget(self) -> None:
        """Verify every token anew."""
        self._recent.clear()

    async def _key_in_force(self, token: VerifiedToken, client: KeyId) -> ApiKey:
        key = await self.api_keys.get(token.principal.tenant, client)
        if key is None or not is_client_of(key, token.issued_at, self.clock.now()):
            raise Unauthenticated("the key of this token was revoked")
        if await self.revocations.any_of(token.identifiers):
            raise Unauthenticated("the token was revoked")
        return key

    async def _verified(self, text: str) -> VerifiedToken:
        header, now = self.signatures.header(text), self.clock.now()
        # Which issuer a token names decides whose keys are tried; the key proves it.
        claimed = self.signatures.unproved(text).get("iss")
        if claimed == self.ours.issuer:
            return await self._of_ours(text, header, now)
        for issuer in self.trusted:
            if claimed == issuer.demands.issuer:
                return await self._of_another(issuer, text, header, now)
        raise Unauthenticated("the token's issuer is not trusted")

    async def _of_ours(
        self, text: str, header: Mapping[str, object], now: datetime
    ) -> VerifiedToken:
        key = await self.signing_keys.checking(check_header(header, self.ours.types))
        claims = check_claims(self._read(text, key), self.ours, now)
        tenant, client = TenantId(claims.tenant), KeyId(claims.text("client_id"))
        token_id = claims.text("jti")
        made_with = await self.api_keys.get(tenant, client)
        if made_with is None:
            raise Unauthenticated("the key of this token was revoked")
        scope = claims.every.get("scope")
        scopes = known_scopes(scope if isinstance(scope, str) else "")
        principal = Principal(
            tenant,
            PrincipalKind.OAUTH_CLIENT,
            client,
            made_with.name,
            scopes & made_with.scopes & holdable(tenant),
            claims.expires_at,
            made_with.signing,
        )
        return _found(principal, client, claims, token_id, now)

    async def _of_another(
        self, issuer: TrustedIssuer, text: str, header: Mapping[str, object], now: datetime
    ) -> VerifiedToken:
        key_id = check_header(header, issuer.demands.types)
        key = next((key for key in issuer.keys if key.id == key_id), None)
        if issuer.jwks_url:
            key = await self.issuer_keys.find(issuer, key_id)
        claims = check_claims(self._read(text, key), issuer.demands, now)
        principal = issuer.principal(claims)
        try:
            await self.tenants.get(principal.tenant)
        except TenantNotFound:
            raise Unauthenticated("the issuer may not speak for this tenant") from None
        return _found(principal, None, claims, "", now)

    def _read(self, text: str, key: PublicKey | None) -> Mapping[str, object]:
        if key is None:
            raise Unauthenticated("the token's key is not known")
        return self.signatures.verified(text, key)


def is_client_of(key: ApiKey, issued_at: datetime, now: datetime) -> bool:
    """Whether a key is still what tokens were made with: in use, and not made after them.

    Tokens tell whole seconds, so those of the second in which a key was made count as later.
    """
    return key.is_valid(now) and key.created_at.replace(microsecond=0) <= issued_at


def _found(
    principal: Principal, client: KeyId | None, claims: Claims, token_id: str, now: datetime
) -> VerifiedToken:
    family = (claims.text("sid"),) if client is not None and "sid" in claims.every else ()
    return VerifiedToken(
        principal,
        client,
        claims.issued_at,
        claims.expires_at,
        token_id,
        frozenset((token_id, *family)),
        min(claims.expires_at + LEEWAY, now + _REMEMBERED),
    )
