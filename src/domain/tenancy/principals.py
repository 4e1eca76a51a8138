"""A principal: who makes a request, proved by a credential."""

from attrs import frozen

from ..identifiers import KeyId, TenantId


@frozen
class Principal:
    """Somebody whose credential was verified; only authentication makes one.

    Args:
        tenant: Whose data it may see.
        key: The API key that proved it.
    """

    tenant: TenantId
    key: KeyId
