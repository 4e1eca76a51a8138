"""Signing keys in SQL; what is secret in them arrives here sealed."""

import json
from collections.abc import Sequence

from attrs import frozen
from sqlalchemy import Column, Integer, LargeBinary, Table, Text, delete, insert, select
from sqlalchemy.exc import IntegrityError

from ...domain.tenancy import SigningKey, public_key
from .database import Database, UtcDateTime, metadata

signing_keys = Table(
    "signing_key",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("public", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)


@frozen
class SqlSigningKeyRepository:
    """Keeps keys in the record store; the primary key lets one process win."""

    database: Database

    async def add(self, key: SigningKey) -> bool:
        row = {
            "number": key.number,
            "public": json.dumps(key.public.document()),
            "sealed": key.sealed,
            "created_at": key.created_at,
        }
        try:
            async with self.database.writing() as connection:
                await connection.execute(insert(signing_keys).values(row))
        except IntegrityError:
            return False
        return True

    async def all(self) -> Sequence[SigningKey]:
        async with self.database.reading() as connection:
            rows = await connection.execute(select(signing_keys).order_by(signing_keys.c.number))
            read = [(row, public_key(json.loads(row.public))) for row in rows]
        return tuple(
            SigningKey(row.number, public, row.sealed, row.created_at)
            for row, public in read
            if public is not None
        )

    async def remove(self, numbers: Sequence[int]) -> None:
        gone = delete(signing_keys).where(signing_keys.c.number.in_(tuple(numbers)))
        async with self.database.writing() as connection:
            await connection.execute(gone)
