"""API keys in SQL."""

from collections.abc import Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from ...domain.errors import ApiKeyEnded, ApiKeyExists, ApiKeyNotFound, TenantNotFound
from ...domain.identifiers import KeyId, TenantId
from ...domain.tenancy import (
    ApiKey,
    KeySigning,
    KeyUse,
    SignatureAlgorithm,
    known_scopes,
    scope_text,
)
from .database import Database, UtcDateTime, metadata
from .tenants import tenants

api_keys = Table(
    "api_key",
    metadata,
    Column("tenant_id", String(64), ForeignKey("tenant.id"), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    Column("replaced_by", String(64)),
    Column("signing_algorithm", String(20)),
    Column("signing_required", Boolean),
    Column("signing_material", LargeBinary),
)


@frozen
class SqlApiKeyRepository:
    """Keeps keys in the record store, found by the unique index on their digest."""

    database: Database

    async def add(self, key: ApiKey) -> None:
        try:
            async with self.database.writing(key.tenant) as connection:
                tenant = select(tenants.c.id).where(tenants.c.id == key.tenant)
                if await connection.scalar(tenant) is None:
                    raise TenantNotFound(key.tenant)
                await connection.execute(insert(api_keys).values(_row(key)))
        except IntegrityError as error:
            raise ApiKeyExists(key.id) from error

    async def find(self, digest: bytes) -> ApiKey | None:
        async with self.database.reading_across_tenants() as connection:
            found = await connection.execute(select(api_keys).where(api_keys.c.digest == digest))
            row = found.one_or_none()
        return None if row is None else _key(row)

    async def get(self, tenant: TenantId, key: KeyId) -> ApiKey | None:
        wanted = select(api_keys).where(api_keys.c.tenant_id == tenant, api_keys.c.id == key)
        async with self.database.reading(tenant) as connection:
            row = (await connection.execute(wanted)).one_or_none()
        return None if row is None else _key(row)

    async def of(self, tenant: TenantId) -> Sequence[ApiKey]:
        theirs = select(api_keys).where(api_keys.c.tenant_id == tenant)
        async with self.database.reading(tenant) as connection:
            found = await connection.execute(theirs)
            keys = [_key(row) for row in found]
        # Ordered here, because PostgreSQL may sort text by a language's rules.
        return tuple(sorted(keys, key=lambda key: (key.created_at, key.id)))

    async def replace(self, old: ApiKey, new: ApiKey) -> None:
        place = (api_keys.c.tenant_id == old.tenant, api_keys.c.id == old.id)
        ended = (
            update(api_keys)
            .where(*place, api_keys.c.replaced_by.is_(None))
            .values(expires_at=old.expires_at, replaced_by=old.replaced_by)
        )
        try:
            async with self.database.writing(old.tenant) as connection:
                if not (await connection.execute(ended)).rowcount:
                    there = await connection.scalar(select(api_keys.c.id).where(*place))
                    raise ApiKeyNotFound(old.id) if there is None else ApiKeyEnded(old.id)
                await connection.execute(insert(api_keys).values(_row(new)))
        except IntegrityError as error:
            raise ApiKeyExists(new.id) from error

    async def remove(self, tenant: TenantId, key: KeyId) -> None:
        gone = delete(api_keys).where(api_keys.c.tenant_id == tenant, api_keys.c.id == key)
        async with self.database.writing(tenant) as connection:
            removed = (await connection.execute(gone)).rowcount
        if not removed:
            raise ApiKeyNotFound(key)

    async def set_signing(self, tenant: TenantId, key: KeyId, signing: KeySigning | None) -> None:
        place = (api_keys.c.tenant_id == tenant, api_keys.c.id == key)
        said = update(api_keys).where(*place).values(_signing_columns(signing))
        async with self.database.writing(tenant) as connection:
            changed = (await connection.execute(said)).rowcount
        if not changed:
            raise ApiKeyNotFound(key)

    async def mark_used(self, uses: Sequence[KeyUse]) -> None:
        known = api_keys.c.last_used_at
        async with self.database.writing_across_tenants() as connection:
            # In one order, so that two processes cannot wait for one another.
            for use in sorted(uses, key=lambda use: (use.tenant, use.key)):
                await connection.execute(
                    update(api_keys)
                    .where(api_keys.c.tenant_id == use.tenant, api_keys.c.id == use.key)
                    .where(or_(known.is_(None), known < use.at))
                    .values(last_used_at=use.at)
                )


def _row(key: ApiKey) -> dict[str, Any]:
    return {
        "tenant_id": key.tenant,
        "id": key.id,
        "name": key.name,
        "digest": key.digest,
        "created_at": key.created_at,
        "scopes": scope_text(key.scopes),
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "replaced_by": key.replaced_by,
        **_signing_columns(key.signing),
    }


def _signing_columns(signing: KeySigning | None) -> dict[str, Any]:
    return {
        "signing_algorithm": None if signing is None else signing.algorithm.value,
        "signing_required": None if signing is None else signing.required,
        "signing_material": None if signing is None else signing.material,
    }


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        KeyId(row.id),
        TenantId(row.tenant_id),
        row.name,
        row.digest,
        row.created_at,
        known_scopes(row.scopes),
        row.expires_at,
        row.last_used_at,
        None if row.replaced_by is None else KeyId(row.replaced_by),
        _signing(row),
    )


def _signing(row: Row[Any]) -> KeySigning | None:
    if row.signing_algorithm is None:
        return None
    algorithm = SignatureAlgorithm(row.signing_algorithm)
    return KeySigning(algorithm, row.signing_required, row.signing_material)
