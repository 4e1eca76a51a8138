"""Usage: how often a tenant's keys called which operation on which day, and what it cost."""

from collections.abc import Iterable
from datetime import date

from attrs import frozen

from ..identifiers import KeyId, TenantId


@frozen
class Usage:
    """The requests of one key for one operation on one day.

    Args:
        tenant: Who is billed.
        day: The day in UTC on which they came in.
        operation: Name of the operation, as the OpenAPI document has it.
        key: The key that made them.
        requests: Requests that were let through.
        units: What they cost together. [units of the rate limits]
    """

    tenant: TenantId
    day: date
    operation: str
    key: KeyId
    requests: int
    units: int


def summed(counts: Iterable[Usage]) -> tuple[Usage, ...]:
    """The same counts with one entry for each tenant, day, operation and key, ordered by these."""
    sums: dict[tuple[TenantId, date, str, KeyId], tuple[int, int]] = {}
    for one in counts:
        place = one.tenant, one.day, one.operation, one.key
        requests, units = sums.get(place, (0, 0))
        sums[place] = requests + one.requests, units + one.units
    return tuple(Usage(*place, *sums[place]) for place in sorted(sums))
