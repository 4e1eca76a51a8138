"""The record store: one writing connection on SQLite, a pool on PostgreSQL."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import DateTime, MetaData, Table, Text, TypeDecorator, event, exc
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ...domain.errors import Unavailable
from ...domain.identifiers import TenantId

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


#: Ordered by code point, as Python and SQLite do, whatever the server's locale.
PLAIN_TEXT = Text().with_variant(Text(collation="C"), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant: SQLite forgets the zone, so it is kept and given back in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Database:
    """Transactions on the record store, each for one tenant or, by name, across all of them.

    On PostgreSQL the rows of other tenants do not exist for a transaction (ADR 24): one
    without a tenant sees only what belongs to nobody. SQLite knows no such thing; there the
    conditions of the statements are all there is.

    SQLite gets exactly one connection that writes and checkpoints, because
    versions before 3.51.3 can corrupt the file when a second one does (ADR 9),
    and read-only connections beside it.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.dialect = parsed.get_backend_name()
        if self.dialect == "sqlite":
            self._writer, self._reader = _sqlite(parsed)
        else:
            self._writer = self._reader = _postgresql(parsed)

    def reading(
        self, tenant: TenantId | None = None
    ) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction that only reads.

        Args:
            tenant: Whose rows it sees, beside those that belong to nobody.

        Raises:
            Unavailable: If the store does not answer.
        """
        return self._begun(self._reader, _of_tenant(tenant))

    def writing(
        self, tenant: TenantId | None = None
    ) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction that commits at the end of the block, or not at all.

        Args:
            tenant: Whose rows it sees and writes, beside those that belong to nobody.

        Raises:
            Unavailable: If the store does not answer.
        """
        return self._begun(self._writer, _of_tenant(tenant))

    def reading_across_tenants(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """As `reading`, for what is about all tenants or finds out which one it is about."""
        return self._begun(self._reader, _ACROSS_TENANTS)

    def writing_across_tenants(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """As `writing`, for what is about all tenants or finds out which one it is about."""
        return self._begun(self._writer, _ACROSS_TENANTS)

    @asynccontextmanager
    async def _begun(self, engine: AsyncEngine, scope: str) -> AsyncIterator[AsyncConnection]:
        async with _translated(), engine.begin() as connection:
            if self.dialect == "postgresql":
                # One message for both: whose rows it sees costs no round trip of its own.
                await connection.exec_driver_sql(
                    f"BEGIN{scope}", execution_options={"no_parameters": True}
                )
            yield connection

    def upsert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An insert that may say what to do about a row that is there already."""
        if self.dialect == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)

    async def forget_overwritten(self) -> None:
        """Leave nothing of what was deleted or overwritten before, where that lies in our hands.

        SQLite overwrites it in its file, but its log still tells what was there. On PostgreSQL
        it is gone with the next vacuum.

        Raises:
            Unavailable: If somebody still reads what was there; try again.
        """
        if self.dialect != "sqlite":
            return
        async with _translated():
            connection = await self._writer.raw_connection()
            try:
                driver: Any = connection.driver_connection
                cursor = await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                (busy, *_) = await cursor.fetchone()
                await cursor.close()
            finally:
                connection.close()
        if busy:
            raise Unavailable("the record store is still read as it was before the erasure")

    async def aclose(self) -> None:
        """Close every connection; the writer last, so that SQLite tidies its log away."""
        if self._reader is not self._writer:
            await self._reader.dispose()
        await self._writer.dispose()


#: The text of an error ends in a log line: it must not repeat what was to be kept.
_QUIET = {"hide_parameters": True}

_Item = TypeVar("_Item")


def chunks(items: Iterable[_Item], length: int = 500) -> Iterator[list[_Item]]:
    """Items in lists that one statement can name."""
    listed = list(items)
    return (listed[at : at + length] for at in range(0, len(listed), length))


_ACROSS_TENANTS = "; SET LOCAL sightline.scope = 'all'"


def _of_tenant(tenant: TenantId | None) -> str:
    if tenant is None:
        return ""
    quoted = tenant.replace("'", "''")  # enough, for a backslash is one like any character
    return f"; SET LOCAL sightline.tenant = '{quoted}'"


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError, OSError) as error:
        raise Unavailable("the record store does not answer") from error


def _sqlite(url: URL) -> tuple[AsyncEngine, AsyncEngine]:
    path = Path(url.database or "")
    if url.database in {None, "", ":memory:"}:
        message = "a SQLite database needs a file; use the memory adapters for none"
        raise ValueError(message)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = create_async_engine(
        f"sqlite+aiosqlite:///{path}", pool_size=1, max_overflow=0, pool_timeout=30, **_QUIET
    )
    reader = create_async_engine(
        f"sqlite+aiosqlite:///file:{path}?mode=ro&uri=true", pool_size=4, max_overflow=0, **_QUIET
    )
    # secure_delete and synchronous=FULL: what is erased is gone, what is acknowledged stays.
    writing = (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=5000",
        "secure_delete=ON",
        "trusted_schema=OFF",
        "journal_size_limit=67108864",
    )
    reading = ("busy_timeout=5000", "trusted_schema=OFF", "cache_size=-65536", "query_only=ON")
    _on_connect(writer, writing, "BEGIN IMMEDIATE")
    _on_connect(reader, reading, "BEGIN")
    return writer, reader


def _on_connect(engine: AsyncEngine, pragmas: tuple[str, ...], begin: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver would begin too late
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)


def _postgresql(url: URL) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=10,
        max_overflow=10,
        pool_timeout=5,
        pool_pre_ping=True,
        **_QUIET,
        connect_args={
            "autocommit": True,  # the driver would begin by itself, without a tenant
            "prepare_threshold": None,
            "connect_timeout": 5,
            "options": "-c timezone=UTC -c standard_conforming_strings=on",
        },
    )
