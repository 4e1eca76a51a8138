"""Metrics that are computed from events."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from ..domain.identifiers import TenantId
from ..domain.metrics import ComputedFigures


class DailyFigures(Protocol):
    """Computes the metrics of `domain.metrics.BUILT_IN`, by the day of UTC."""

    async def daily(
        self, tenant: TenantId, names: Sequence[str], first: date, last: date
    ) -> ComputedFigures:
        """Some metrics from one day through another.

        A day without events has a figure: 0. A day that cannot be computed has none, and then
        there is no total. The total of `active_users` is the users of the whole range, each
        once. A name that cannot be computed at all is not in the answer. The answer says up to
        which position of the tenant's events it counted.

        Raises:
            Unavailable: If they cannot be computed now.
        """
