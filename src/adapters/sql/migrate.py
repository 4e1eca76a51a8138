"""Bring the record store's tables up to date."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from .database import Database, metadata

#: Any number will do, as long as no other software in the database takes it.
LOCK = 7_446_244_451


async def migrate(database: Database) -> None:
    """Create or change the tables to what this version needs, in one transaction.

    Processes that start at once wait for one another: SQLite has one writer,
    PostgreSQL holds an advisory lock until the transaction ends.

    Raises:
        Unavailable: If the record store does not answer.
    """
    async with database.writing() as connection:
        if database.dialect == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        await connection.run_sync(upgrade)


def upgrade(connection: Connection) -> None:
    """Upgrade through a connection whose transaction the caller commits."""
    command.upgrade(_config(connection), "head")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "sightline.adapters.sql:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes |= {"connection": connection, "metadata": metadata}
    return config
