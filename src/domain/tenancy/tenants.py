"""A tenant: one customer, whose data nobody else sees."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Any

from attrs import evolve, field, frozen, validators

from ..errors import InvalidInput, PlatformTenantFixed, TenantClosed, TenantEnded, TenantSuspended
from ..identifiers import TenantId
from .effective_limits import NOTHING_AGREED, AgreedLimits, EffectiveLimits, effective_limits
from .limit_plans import PlanName
from .permissions import PLATFORM_TENANT
from .scales import ScaleTier

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)
LONGEST_NAME = 100


class TenantStatus(StrEnum):
    """Whether a tenant's keys and tokens are let in; closed is for good."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@frozen
class Tenant:
    """One customer of the platform; an organization of the event API is one as well.

    What changes it gives a new one with the next version, or the same if
    nothing would change.

    Args:
        id: Stable name, lower-case, never empty.
        name: What people call it.
        created_at: When it was set up. [UTC]
        plan: What it may spend, before tier and agreement.
        agreed: What was agreed in place of the plan's.
        tier: How much of the platform is kept ready for it.
        status: Whether its keys and tokens are let in.
        version: Counts its changes. [1 and more]

    Raises:
        InvalidInput: If the id or the name is not fit to be one.
    """

    id: TenantId
    name: str
    created_at: datetime
    plan: PlanName = PlanName.ENTERPRISE
    agreed: AgreedLimits = NOTHING_AGREED
    tier: ScaleTier = ScaleTier.SMALL
    status: TenantStatus = TenantStatus.ACTIVE
    version: int = field(default=1, validator=validators.ge(1))

    def __attrs_post_init__(self) -> None:
        check_tenant_id(self.id)
        check_name(self.name)

    @property
    def limits(self) -> EffectiveLimits:
        """What it may spend now."""
        return effective_limits(self.plan, self.tier, self.agreed)

    def check_active(self) -> None:
        """Refuse whoever comes in its name, unless it is active.

        Raises:
            TenantSuspended: If it is suspended.
            TenantClosed: If it is closed.
        """
        if self.status is TenantStatus.SUSPENDED:
            raise TenantSuspended(self.id)
        if self.status is TenantStatus.CLOSED:
            raise TenantClosed(self.id)

    def described(self, name: str, plan: PlanName) -> "Tenant":
        """With another name and plan.

        Raises:
            InvalidInput: If the name is not fit to be one.
            TenantEnded: If it is closed.
        """
        return self._with(name=name, plan=plan)

    def limited(self, agreed: AgreedLimits) -> "Tenant":
        """With other limits in place of its plan's.

        Raises:
            TenantEnded: If it is closed.
            PlatformTenantFixed: If it is the platform's, which nobody could free again.
        """
        self._check_ordinary()
        return self._with(agreed=agreed)

    def scaled(self, tier: ScaleTier) -> "Tenant":
        """Of another tier.

        Raises:
            TenantEnded: If it is closed.
        """
        return self._with(tier=tier)

    def suspended(self) -> "Tenant":
        """Locked out, until it is resumed.

        Raises:
            TenantEnded: If it is closed.
            PlatformTenantFixed: If it is the platform's.
        """
        self._check_ordinary()
        return self._with(status=TenantStatus.SUSPENDED)

    def resumed(self) -> "Tenant":
        """Let in again.

        Raises:
            TenantEnded: If it is closed.
        """
        return self._with(status=TenantStatus.ACTIVE)

    def closed(self) -> "Tenant":
        """Locked out for good; closing again changes nothing.

        Raises:
            PlatformTenantFixed: If it is the platform's.
        """
        self._check_ordinary()
        if self.status is TenantStatus.CLOSED:
            return self
        return self._with(status=TenantStatus.CLOSED)

    def _check_ordinary(self) -> None:
        if self.id == PLATFORM_TENANT:
            raise PlatformTenantFixed(self.id)

    def _with(self, **changes: Any) -> "Tenant":
        if self.status is TenantStatus.CLOSED:
            raise TenantEnded(self.id)
        changed = evolve(self, **changes)
        return self if changed == self else evolve(changed, version=self.version + 1)


def check_tenant_id(text: str) -> None:
    """Refuse what no tenant can be called.

    Raises:
        InvalidInput: If it is not 1 to 63 plain characters.
    """
    if not _ID.fullmatch(text):
        raise InvalidInput(
            "a tenant's id is 1 to 63 of a-z, 0-9, - and _, not starting with - or _",
            path=("id",),
            code="tenant_id",
        )


def check_name(name: str) -> None:
    """Refuse what people could not tell from another name.

    Raises:
        InvalidInput: If it is blank, longer than 100 characters or not printable.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(
            f"a name is 1 to {LONGEST_NAME} printable characters, not all blank",
            path=("name",),
            code="name",
        )
