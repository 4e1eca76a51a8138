"""Users in memory."""

from collections.abc import Collection, Sequence
from datetime import datetime

from attrs import define, field

from ...domain.errors import TooManyUsers, UserNotFound
from ...domain.events import Condition
from ...domain.identifiers import TenantId, UserId
from ...domain.outcomes import Outcome
from ...domain.users import (
    KnownUsers,
    User,
    UserChange,
    UserOutcome,
    UserPage,
    UserQuery,
    UserSelection,
    applied,
    described,
    user_page,
)


@define
class _Users:
    position: int = 0
    users: dict[UserId, User] = field(factory=dict)


class MemoryUserRepository:
    """Keeps users in dictionaries."""

    def __init__(self) -> None:
        self._tenants: dict[TenantId, _Users] = {}

    async def get(self, tenant: TenantId, user: UserId) -> User:
        found = self._of(tenant).users.get(user)
        if found is None:
            raise UserNotFound(user)
        return found

    async def some(self, tenant: TenantId, users: Sequence[UserId]) -> tuple[User, ...]:
        kept = self._of(tenant).users
        return tuple(kept[one] for one in sorted(set(users)) if one in kept)

    async def page(self, tenant: TenantId, query: UserQuery) -> UserPage:
        kept = self._of(tenant)
        return user_page(query, query.reference(kept.users.values()), kept.position)

    async def fitting(self, tenant: TenantId, condition: Condition, limit: int) -> UserSelection:
        everybody_but = described(condition, {})
        ids = frozenset(
            user.user_id
            for user in self._of(tenant).users.values()
            if described(condition, user.attributes) is not everybody_but
        )
        if len(ids) > limit:
            raise TooManyUsers(limit)
        return UserSelection(ids, everybody_but)

    async def known(self, tenant: TenantId, names: Collection[str]) -> KnownUsers:
        kept = self._of(tenant)
        return KnownUsers.of(kept.users.values(), names, kept.position)

    async def apply(
        self, tenant: TenantId, changes: Sequence[UserChange], now: datetime
    ) -> tuple[UserOutcome, ...]:
        kept = self._of(tenant)
        outcomes = applied(kept.users, changes, kept.position + 1, now)
        if any(one.outcome is not Outcome.UNCHANGED for one in outcomes):
            kept.position += 1
            kept.users |= {one.user.user_id: one.user for one in outcomes}
            self._tenants[tenant] = kept
        return outcomes

    def _of(self, tenant: TenantId) -> _Users:
        return self._tenants.get(tenant) or _Users()
