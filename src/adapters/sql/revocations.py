"""Revoked tokens in SQL."""

from collections.abc import Set
from datetime import datetime

from attrs import frozen
from sqlalchemy import Column, String, Table, delete, select

from .database import Database, UtcDateTime, metadata

revocations = Table(
    "revocation",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("until", UtcDateTime, nullable=False, index=True),
)


@frozen
class SqlRevocations:
    """Keeps ids in the record store."""

    database: Database

    async def add(self, identifier: str, until: datetime) -> None:
        added = self.database.upsert(revocations).values(id=identifier, until=until)
        later = added.on_conflict_do_update(
            index_elements=[revocations.c.id],
            set_={"until": added.excluded.until},
            where=revocations.c.until < added.excluded.until,
        )
        async with self.database.writing() as connection:
            await connection.execute(later)

    async def any_of(self, identifiers: Set[str]) -> bool:
        found = select(revocations.c.id).where(revocations.c.id.in_(sorted(identifiers))).limit(1)
        async with self.database.reading() as connection:
            return await connection.scalar(found) is not None

    async def prune(self, now: datetime) -> int:
        ended = delete(revocations).where(revocations.c.until <= now)
        async with self.database.writing() as connection:
            return (await connection.execute(ended)).rowcount
