"""What tenants know of their users."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from ..domain.events import Condition
from ..domain.identifiers import TenantId, UserId
from ..domain.users import (
    KnownUsers,
    User,
    UserChange,
    UserOutcome,
    UserPage,
    UserQuery,
    UserSelection,
)


class UserRepository(Protocol):
    """The users of every tenant, seen by one tenant at a time.

    Every call of `apply` that changes anything gives the tenant's users a new position,
    which whatever it changed takes as its version. Every method may raise Unavailable if
    the store does not answer.
    """

    async def get(self, tenant: TenantId, user: UserId) -> User:
        """One user.

        Raises:
            UserNotFound: If nothing was ever said of them.
        """

    async def some(self, tenant: TenantId, users: Sequence[UserId]) -> tuple[User, ...]:
        """Those of some users that are there, in the order of ids."""

    async def page(self, tenant: TenantId, query: UserQuery) -> UserPage:
        """The users that `query.reference` picks, and the position they were seen at."""

    async def fitting(self, tenant: TenantId, condition: Condition, limit: int) -> UserSelection:
        """Whom a condition on attributes fits.

        Users of whom nothing was ever said fit as if they had no attributes. Where those fit,
        the selection is everybody but the listed ones; else it is the listed ones.

        Args:
            tenant: Whose users.
            condition: On attributes, whatever scope its comparisons name.
            limit: Most users that are listed.

        Raises:
            TooManyUsers: If more would have to be listed.
        """

    async def known(self, tenant: TenantId, names: Collection[str]) -> KnownUsers:
        """Every user who has one of some attributes, and these attributes of them alone."""

    async def apply(
        self, tenant: TenantId, changes: Sequence[UserChange], now: datetime
    ) -> tuple[UserOutcome, ...]:
        """Make changes one after the other, as `domain.users.applied` says: all or none.

        Raises:
            InvalidFields: If a user would have too many attributes.
            VersionMismatch: If a user has another version than the expected one.
        """
