"""Bring the record store's tables up to date."""

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ...domain.errors import Conflict
from .database import Database, metadata

#: Any number will do, as long as no other software in the database takes it.
LOCK = 7_446_244_451


async def migrate(database: Database) -> None:
    """Create or change the tables to what this version needs, in one transaction.

    Processes that start at once wait for one another: SQLite has one writer,
    PostgreSQL holds an advisory lock until the transaction ends.

    Raises:
        Conflict: If the tables are of a newer version or do not fit the revisions.
        Unavailable: If the record store does not answer.
    """
    async with database.writing_across_tenants() as connection:
        if database.dialect == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        await connection.run_sync(_upgrade)


def config() -> Config:
    """How Alembic finds the revisions inside the package."""
    found = Config()
    found.set_main_option("script_location", f"{__package__}:migrations")
    found.set_main_option("path_separator", "os")
    return found


def _upgrade(connection: Connection) -> None:
    settings = config()
    settings.attributes |= {"connection": connection, "metadata": metadata}
    try:
        command.upgrade(settings, "head")
    except (CommandError, DBAPIError) as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        raise Conflict(
            f"the tables of the record store cannot be brought up to date: {reason}"
        ) from (error)
