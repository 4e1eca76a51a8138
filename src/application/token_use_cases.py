"""The use cases around tokens, which share what they remember of keys and tokens."""

from typing import Protocol

from attrs import frozen

from ..domain.tenancy import Demands, TrustedIssuer
from ..ports.api_keys import ApiKeyRepository
from ..ports.clock import Clock
from ..ports.issuer_keys import IssuerKeys
from ..ports.random_text import RandomText
from ..ports.refresh_families import RefreshFamilyRepository
from ..ports.revocations import Revocations
from ..ports.signing_keys import SigningKeyRepository
from ..ports.telemetry import Telemetry
from ..ports.tenants import KnownTenants, TenantRepository
from ..ports.token_signatures import TokenSignatures
from .check_tenant import CheckTenant
from .issue_tokens import (
    IssueTokens,
    MakeAccessToken,
    ProveClient,
    RefreshTokens,
    RevokeTokens,
)
from .keep_signing_keys import KeepSigningKeys
from .prove_key import ProveKey
from .record_token_event import RecordTokenEvent
from .verify_token import VerifyToken


class TokenPorts(Protocol):
    """What the use cases around tokens need; the adapters of a deployment have it all."""

    @property
    def clock(self) -> Clock: ...
    @property
    def random_text(self) -> RandomText: ...
    @property
    def telemetry(self) -> Telemetry: ...
    @property
    def tenants(self) -> TenantRepository: ...
    @property
    def known_tenants(self) -> KnownTenants: ...
    @property
    def api_keys(self) -> ApiKeyRepository: ...
    @property
    def signing_keys(self) -> SigningKeyRepository: ...
    @property
    def refresh_families(self) -> RefreshFamilyRepository: ...
    @property
    def revocations(self) -> Revocations: ...
    @property
    def token_signatures(self) -> TokenSignatures: ...
    @property
    def issuer_keys(self) -> IssuerKeys: ...
    @property
    def server_secret(self) -> bytes: ...
    @property
    def public_url(self) -> str: ...
    @property
    def trusted_issuers(self) -> tuple[TrustedIssuer, ...]: ...


@frozen
class TokenUseCases:
    """What can be done with tokens.

    Args:
        verify: Finds out who a token proves.
        issue: Makes tokens for a client's own credentials.
        refresh: Makes tokens for a refresh token.
        revoke: Ends a token.
        keys: The keys that sign ours.
    """

    verify: VerifyToken
    issue: IssueTokens
    refresh: RefreshTokens
    revoke: RevokeTokens
    keys: KeepSigningKeys


def token_use_cases(
    ports: TokenPorts, prove_key: ProveKey, record: RecordTokenEvent
) -> TokenUseCases:
    """Wire them to any adapters that keep the contracts."""
    ours = Demands(ports.public_url, ports.public_url)
    clock, signatures, secret = ports.clock, ports.token_signatures, ports.server_secret
    families, revocations = ports.refresh_families, ports.revocations
    keys = KeepSigningKeys(ports.signing_keys, signatures, clock)
    verify = VerifyToken(
        ours,
        ports.trusted_issuers,
        keys,
        signatures,
        ports.issuer_keys,
        ports.api_keys,
        ports.tenants,
        revocations,
        CheckTenant(ports.known_tenants),
        clock,
    )
    client = ProveClient(prove_key)
    make = MakeAccessToken(ours, keys, signatures, clock, ports.random_text)
    return TokenUseCases(
        verify,
        IssueTokens(client, make, families, record, clock, ports.random_text, secret),
        RefreshTokens(
            client,
            make,
            families,
            ports.api_keys,
            revocations,
            record,
            ports.telemetry,
            clock,
            secret,
        ),
        RevokeTokens(client, verify, families, revocations, record, clock, secret),
        keys,
    )
