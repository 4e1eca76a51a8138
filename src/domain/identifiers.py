"""Typed identifiers: a circuit's id is never taken for a tenant's."""

from typing import NewType
from uuid import UUID

TenantId = NewType("TenantId", str)
KeyId = NewType("KeyId", str)
FamilyId = NewType("FamilyId", str)
JobId = NewType("JobId", str)
UserId = NewType("UserId", str)
CohortId = NewType("CohortId", str)

PropertyId = NewType("PropertyId", int)
MarketId = NewType("MarketId", int)

BrandId = NewType("BrandId", UUID)
OrganizationId = NewType("OrganizationId", UUID)
LocationId = NewType("LocationId", UUID)
SensorId = NewType("SensorId", UUID)
CircuitId = NewType("CircuitId", UUID)

LARGEST_INTEGER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly."""
