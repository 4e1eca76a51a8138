"""The tables of the event log: who knows which ids, and the events in blocks."""

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table

from .database import PLAIN_TEXT, metadata

#: The last position of every tenant; whoever appends for a tenant holds its row until the commit.
event_head = Table(
    "event_head",
    metadata,
    Column("tenant_id", PLAIN_TEXT, primary_key=True),
    Column("position", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

#: Every id that was ever kept, for good. The fingerprint is null once the event was erased.
event_ledger = Table(
    "event_ledger",
    metadata,
    Column("tenant_id", PLAIN_TEXT, primary_key=True),
    Column("event_id", PLAIN_TEXT, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("fingerprint", LargeBinary),
    Column("quarantined", Boolean, nullable=False),
    sqlite_with_rowid=False,  # one tree to write instead of two
)
Index(
    "ix_event_ledger_quarantined",
    event_ledger.c.tenant_id,
    event_ledger.c.position,
    sqlite_where=event_ledger.c.quarantined,
    postgresql_where=event_ledger.c.quarantined,
)

#: The new events of a batch under the last of their positions. They have no gap, so a position
#: lies in the first block that ends at it or later.
event_block = Table(
    "event_block",
    metadata,
    Column("tenant_id", PLAIN_TEXT, primary_key=True),
    Column("last_position", BigInteger, primary_key=True, autoincrement=False),
    Column("first_position", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("events", LargeBinary, nullable=False),
)

#: What was answered to requests that carry a key.
event_request = Table(
    "event_request",
    metadata,
    Column("tenant_id", PLAIN_TEXT, primary_key=True),
    Column("key", PLAIN_TEXT, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("receipt", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Index("ix_event_request_received_at", "received_at"),
)
