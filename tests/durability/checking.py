"""What a store of events holds after a crash, and what is wrong with that."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from attrs import frozen

from sightline.adapters.sql.database import Database
from sightline.adapters.sql.event_log import SqlEventLog

from . import writer


@frozen
class Findings:
    """What was acknowledged, sent and found, compared.

    Args:
        acknowledged: How many were acknowledged.
        lost: Acknowledged, and not there.
        duplicated: There more than once.
        invented: There, and never sent.
        gaps: Positions without an event.
    """

    acknowledged: int
    lost: frozenset[str]
    duplicated: frozenset[str]
    invented: frozenset[str]
    gaps: frozenset[int]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.duplicated or self.invented or self.gaps)


def compared(
    acknowledged: Iterable[str], sent: Iterable[str], found: Iterable[tuple[int, str]]
) -> Findings:
    """Hold what is there against what was acknowledged and sent."""
    listed = list(found)
    counted = Counter(name for _, name in listed)
    positions = {position for position, _ in listed}
    told = set(acknowledged)
    return Findings(
        len(told),
        frozenset(told - counted.keys()),
        frozenset(name for name, times in counted.items() if times > 1),
        frozenset(counted.keys() - set(sent)),
        frozenset(set(range(1, max(positions, default=0) + 1)) - positions),
    )


async def events_in(file: Path) -> list[tuple[int, str]]:
    """Position and id of every event in a file, as the log reads them after its start.

    Raises:
        AssertionError: If the file is damaged, or ledger and blocks disagree.
    """
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        known = dict(connection.execute("SELECT event_id, position FROM event_ledger"))
    database = Database(f"sqlite:///{file}")
    try:
        log = SqlEventLog(database)
        events = (await log.read(writer.TENANT, 0, 1_000_000)).events
        assert {event.event_id: event.position for event in events} == known
        assert await log.position(writer.TENANT) == len(known)
    finally:
        await database.aclose()
    return [(event.position, event.event_id) for event in events]
