"""Turns that every process of a deployment keeps to."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from ...domain.identifiers import TenantId
from .database import Database
from .kept_position import locked


def turns(
    database: Database, subject: str
) -> Callable[[TenantId], AbstractAsyncContextManager[None]]:
    """What lets one change of a tenant's subject through at a time, whichever process makes it.

    Leaving raises `Unavailable` if the turn was lost meanwhile, as with a broken connection;
    another may have had it since, so what was done is not to be acknowledged.
    """

    @asynccontextmanager
    async def turn(tenant: TenantId) -> AsyncIterator[None]:
        async with database.writing(tenant) as connection:
            await locked(database, connection, tenant, subject)
            yield

    return turn
