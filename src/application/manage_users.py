"""Look after what is known of users."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from ..domain.errors import Flaw, InvalidFields, InvalidInput
from ..domain.identifiers import TenantId, UserId
from ..domain.users import (
    MOST_USERS_AT_ONCE,
    User,
    UserChange,
    UserOutcome,
    UserPage,
    UserQuery,
    Way,
)
from ..ports.clock import Clock
from ..ports.users import UserRepository


@frozen
class ShowUser:
    """Use case: what is known of one user."""

    users: UserRepository

    async def __call__(self, tenant: TenantId, user: UserId) -> User:
        """Show.

        Raises:
            UserNotFound: If nothing was ever said of them.
        """
        return await self.users.get(tenant, user)


@frozen
class ListUsers:
    """Use case: a page of the tenant's users."""

    users: UserRepository

    async def __call__(self, tenant: TenantId, query: UserQuery) -> UserPage:
        """List."""
        return await self.users.page(tenant, query)


@frozen
class DescribeUser:
    """Use case: attributes of one user, beside those that there are or in their place."""

    users: UserRepository
    clock: Clock

    async def __call__(
        self,
        tenant: TenantId,
        user: UserId,
        attributes: Mapping[str, Any],
        way: Way,
        expected: int | None,
    ) -> UserOutcome:
        """Describe; without an expected version, on top of whatever is there.

        Raises:
            InvalidFields: If the id or an attribute breaks a rule.
            VersionMismatch: If the user has another version than the expected one.
        """
        change = UserChange(user, attributes, way, expected=expected)
        try:
            (outcome,) = await self.users.apply(tenant, [change], self.clock.now())
        except InvalidFields as error:
            flaws = [Flaw(flaw.path[1:], flaw.code, flaw.message) for flaw in error.flaws]
            raise InvalidFields(flaws) from None
        return outcome


@frozen
class DescribeUsers:
    """Use case: attributes of many users, each beside those that there are."""

    users: UserRepository
    clock: Clock

    async def __call__(
        self, tenant: TenantId, changes: Sequence[UserChange]
    ) -> tuple[UserOutcome, ...]:
        """Describe all of them, in order, or none.

        Raises:
            InvalidInput: If there are none or more than 1,000.
            InvalidFields: If a user would have too many attributes.
        """
        if not 1 <= len(changes) <= MOST_USERS_AT_ONCE:
            message = f"must hold 1 to {MOST_USERS_AT_ONCE} users, not {len(changes)}"
            raise InvalidInput(message, path=("users",), code="length")
        try:
            return await self.users.apply(tenant, changes, self.clock.now())
        except InvalidFields as error:
            flaws = [Flaw(("users", *flaw.path), flaw.code, flaw.message) for flaw in error.flaws]
            raise InvalidFields(flaws) from None
