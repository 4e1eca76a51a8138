"""Users in the record store: a row per user, and one per attribute to look for them by."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from attrs import frozen
from sqlalchemy import Row, Select, and_, delete, insert, not_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ...domain.attributes import Attributes, canonical_text, scalar_text
from ...domain.errors import TooManyUsers, UserNotFound
from ...domain.events import Condition
from ...domain.events.matching import lowered
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
from .database import Database, chunks
from .kept_position import locked, moved, read
from .user_tables import holding, user_attribute, users

_SUBJECT = "users"
_PORTION = 1_000
_U, _A = users.c, user_attribute.c
_COLUMNS = [_U.user_id, _U.attributes, _U.version, _U.created_at, _U.updated_at]


@frozen
class SqlUserRepository:
    """Keeps users in the record store; the writes of one tenant go through one by one."""

    database: Database

    async def get(self, tenant: TenantId, user: UserId) -> User:
        query = select(*_COLUMNS).where(_U.tenant_id == tenant, _U.user_id == user)
        async with self.database.reading(tenant) as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise UserNotFound(user)
        return _user(row)

    async def some(self, tenant: TenantId, users: Sequence[UserId]) -> tuple[User, ...]:
        async with self.database.reading(tenant) as connection:
            found = await _present(connection, tenant, users)
        return tuple(found[one] for one in sorted(found))

    async def page(self, tenant: TenantId, query: UserQuery) -> UserPage:
        async with self.database.reading(tenant) as connection:
            seen = await read(connection, tenant, _SUBJECT)
            rows = (await connection.execute(_paged(tenant, query))).all()
        return user_page(query, [_user(row) for row in rows], seen)

    async def fitting(self, tenant: TenantId, condition: Condition, limit: int) -> UserSelection:
        everybody_but = described(condition, {})
        wanted = holding(tenant, condition)
        query = select(_U.user_id).where(
            _U.tenant_id == tenant, not_(wanted) if everybody_but else wanted
        )
        async with self.database.reading(tenant) as connection:
            found = (await connection.execute(query.limit(limit + 1))).scalars().all()
        if len(found) > limit:
            raise TooManyUsers(limit)
        return UserSelection(frozenset(map(UserId, found)), everybody_but)

    async def known(self, tenant: TenantId, names: Collection[str]) -> KnownUsers:
        holders = select(_A.user_id).where(_A.tenant_id == tenant, _A.name.in_(sorted(names)))
        query = select(*_COLUMNS).where(_U.tenant_id == tenant, _U.user_id.in_(holders))
        found: dict[str, Attributes] = {}
        async with self.database.reading(tenant) as connection:
            seen = await read(connection, tenant, _SUBJECT)
            rows = await connection.stream(query)
            # In portions, so that others have their turn while a hundred thousand are read.
            async for some in rows.partitions(_PORTION):
                found |= KnownUsers.of(map(_user, some), names, seen).attributes
        return KnownUsers(found, seen)

    async def apply(
        self, tenant: TenantId, changes: Sequence[UserChange], now: datetime
    ) -> tuple[UserOutcome, ...]:
        async with self.database.writing(tenant) as connection:
            # First, because it locks: what is read here stays so until the end.
            position = await locked(self.database, connection, tenant, _SUBJECT) + 1
            named = [change.user_id for change in changes]
            present = await _present(connection, tenant, named)
            outcomes = applied(present, changes, position, now)
            written = {
                one.user.user_id: one.user
                for one in outcomes
                if one.outcome is not Outcome.UNCHANGED
            }
            if written:
                await _write(self.database, connection, tenant, written.values())
                await moved(connection, tenant, _SUBJECT, position)
        return outcomes


async def _present(
    connection: AsyncConnection, tenant: TenantId, named: Iterable[UserId]
) -> dict[UserId, User]:
    found: dict[UserId, User] = {}
    for some in chunks(sorted(set(named))):
        query = select(*_COLUMNS).where(_U.tenant_id == tenant, _U.user_id.in_(some))
        found |= {row.user_id: _user(row) for row in await connection.execute(query)}
    return found


async def _write(
    database: Database, connection: AsyncConnection, tenant: TenantId, written: Iterable[User]
) -> None:
    rows = [_row(tenant, user) for user in written]
    statement = database.upsert(users)
    kept = {name: statement.excluded[name] for name in ("attributes", "version", "updated_at")}
    keys = ["tenant_id", "user_id"]
    await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=kept), rows)
    for some in chunks(row["user_id"] for row in rows):
        theirs = and_(_A.tenant_id == tenant, _A.user_id.in_(some))
        await connection.execute(delete(user_attribute).where(theirs))
    if attributes := list(_attribute_rows(tenant, written)):
        await connection.execute(insert(user_attribute), attributes)


def _row(tenant: TenantId, user: User) -> dict[str, Any]:
    return {
        "tenant_id": tenant,
        "user_id": user.user_id,
        "attributes": canonical_text(dict(user.attributes)),
        "version": user.version,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    }


def _attribute_rows(tenant: TenantId, written: Iterable[User]) -> Iterator[dict[str, Any]]:
    for user in written:
        for name, value in user.attributes.items():
            text = scalar_text(value) or ""
            number = isinstance(value, int | float) and not isinstance(value, bool)
            yield {
                "tenant_id": tenant,
                "name": name,
                "user_id": user.user_id,
                "text": text,
                "lowered": lowered(text),
                "ordered_text": value if isinstance(value, str) else None,
                "number": value if number else None,
            }


def _user(row: Row[Any]) -> User:
    attributes: Mapping[str, Any] = msgspec.json.decode(row.attributes)
    return User(row.user_id, attributes, row.version, row.created_at, row.updated_at)


def _paged(tenant: TenantId, query: UserQuery) -> Select[Any]:
    statement = select(*_COLUMNS).where(_U.tenant_id == tenant)
    if query.condition is not None:
        statement = statement.where(holding(tenant, query.condition))
    if query.user_id is not None:
        statement = statement.where(_U.user_id == query.user_id)
    if query.after is not None:
        statement = statement.where(_U.user_id > query.after)
    # One more than the page, to know whether there is another.
    return statement.order_by(_U.user_id).limit(query.limit + 1)
