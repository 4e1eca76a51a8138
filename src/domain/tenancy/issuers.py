"""Issuers of tokens other than ourselves: a customer's own identity provider."""

import re
from collections.abc import Mapping

from attrs import field, frozen

from ..errors import InvalidInput, Unauthenticated
from ..identifiers import TenantId
from .claims import Claims, Demands
from .permissions import PLATFORM_TENANT, ROLES, Role, Scopes, holdable, known_scopes
from .principals import Principal, PrincipalKind
from .signing_keys import PublicKey

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)


@frozen
class TrustedIssuer:
    """An issuer whose tokens an operator decided to believe, and about whom.

    Args:
        name: Short name; the audit log tells users by it.
        demands: What its tokens must say.
        jwks_url: Where its keys are; never taken from a token. Empty if they are given.
        keys: Its keys, if they are given.
        tenants: Tenants that it may speak for, by the value of the tenant's claim. None
            if it may speak for every customer: then the claim is the tenant's id.
        role_claim: Claim with a role or a list of roles; empty for none.
        roles: Roles of ours by the issuer's names for them.
        scope_claim: Claim with scopes of ours, as a text or a list.

    Raises:
        InvalidInput: If the name is not fit to be one, or there are both or neither of
            keys and their address.
    """

    name: str
    demands: Demands
    jwks_url: str = ""
    keys: tuple[PublicKey, ...] = ()
    tenants: Mapping[str, TenantId] | None = field(factory=dict)
    role_claim: str = ""
    roles: Mapping[str, Role] = field(factory=dict)
    scope_claim: str = "scope"

    def __attrs_post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InvalidInput("a name is 1 to 32 of a-z, 0-9 and -", path=("name",))
        if bool(self.jwks_url) is bool(self.keys):
            raise InvalidInput("give an address of keys or keys, one of both", path=("jwks_url",))

    def principal(self, claims: Claims) -> Principal:
        """Who a believed token proves.

        Raises:
            Unauthenticated: If the issuer may not speak for the tenant.
        """
        tenant = self._tenant(claims.tenant)
        scopes = self._scopes(claims) & holdable(tenant)
        name = claims.every.get("name")
        shown = name if isinstance(name, str) and name.isprintable() and name else claims.subject
        return Principal(
            tenant,
            PrincipalKind.USER,
            f"{self.name}:{claims.subject}",
            shown[:100],
            scopes,
            claims.expires_at,
        )

    def _tenant(self, value: str) -> TenantId:
        if self.tenants is not None:
            tenant = self.tenants.get(value)
        else:  # whoever speaks for all customers does not speak for the platform
            tenant = None if value == PLATFORM_TENANT else TenantId(value)
        if tenant is None:
            raise Unauthenticated("the issuer may not speak for this tenant")
        return tenant

    def _scopes(self, claims: Claims) -> Scopes:
        held = known_scopes(" ".join(_texts(claims.every.get(self.scope_claim))))
        for name in _texts(claims.every.get(self.role_claim)) if self.role_claim else ():
            if name in self.roles:
                held |= ROLES[self.roles[name]]
        return held


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
