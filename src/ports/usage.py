"""What tenants used, as it is shown and billed."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from ..domain.identifiers import TenantId
from ..domain.tenancy import Usage


class UsageRepository(Protocol):
    """Requests and units of every tenant by day, operation and key.

    Every method may raise Unavailable if the store does not answer.
    """

    async def add(self, batch: Sequence[Usage]) -> None:
        """Add counts to those that are kept, all of them or none."""

    async def of(self, tenant: TenantId, first: date, last: date) -> Sequence[Usage]:
        """A tenant's counts of these days, both included, by day, operation and key.

        At most one for each of these; ordered by them, texts by code point.
        """
