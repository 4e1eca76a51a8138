"""A tenant: one customer, whose data nobody else sees."""

from datetime import datetime

from attrs import frozen

from ..identifiers import TenantId


@frozen
class Tenant:
    """One customer of the platform.

    Args:
        id: Stable name, lower-case, never empty.
        name: What people call it.
        created_at: When it was set up. [UTC]
    """

    id: TenantId
    name: str
    created_at: datetime
