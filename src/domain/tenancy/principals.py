"""A principal: who makes a request, proved by a credential."""

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from ..identifiers import TenantId
from .key_signing import KeySigning
from .permissions import Permission, Scopes


class PrincipalKind(StrEnum):
    """What proved a principal."""

    API_KEY = "api_key"
    OAUTH_CLIENT = "oauth_client"
    USER = "user"


@frozen
class Principal:
    """Somebody whose credential was verified; only authentication makes one.

    Args:
        tenant: Whose data it may see.
        kind: `api_key`; `oauth_client` by a token of ours; `user` by one of another issuer.
        id: Id of the API key or of the client, which is the same; of a user the issuer's
            name, a colon and the subject there.
        name: What people call it, for the audit log.
        scopes: What it may do.
        expires_at: When its credential ends; None if it does not. [UTC]
        signing: How the requests of its key, or of a token made with it, are signed; None
            if they are not.
    """

    tenant: TenantId
    kind: PrincipalKind
    id: str
    name: str
    scopes: Scopes
    expires_at: datetime | None = None
    signing: KeySigning | None = None

    def may(self, permission: Permission) -> bool:
        """Whether it is allowed this."""
        return permission in self.scopes
