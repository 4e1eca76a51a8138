"""Does the record store answer?"""

import asyncio

from attrs import frozen
from sqlalchemy import text

from ...domain.errors import Unavailable
from .database import Database


@frozen
class RecordStoreProbe:
    """Asks the record store for nothing, within a time limit. [s]"""

    database: Database
    deadline_seconds: float = 2.0
    name: str = "record_store"

    async def problem(self) -> str | None:
        try:
            async with asyncio.timeout(self.deadline_seconds), self.database.reading() as reader:
                await reader.execute(text("SELECT 1"))
        except (Unavailable, TimeoutError):
            return "the record store does not answer"
        return None
