"""The statements that append events: past the expression language, which takes as long again."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import frozen

from ...domain.events import NewEvent


@frozen
class Writing:
    """The statements of a dialect, and how it is given lists.

    A list is one parameter of one statement. Every step of SQLite gives up the lock of the
    interpreter: who steps once per event waits once per event to have it back.

    Args:
        head: Locks a tenant's head and gives its position.
        first_head: Makes one where there is none.
        known: What is known of ids.
        requests: What is known of request keys.
        ledger: Adds events to the ledger: tenant, position before them, then `columns`.
        block: Adds a block.
        moved: Moves the head.
        answer: Keeps an answer under its request key.
        texts: A list of texts as a parameter.
        columns: What the ledger keeps of events, as parameters.
    """

    head: str
    first_head: str
    known: str
    requests: str
    ledger: str
    block: str
    moved: str
    answer: str
    texts: Callable[[Iterable[str]], object]
    columns: Callable[[Sequence[NewEvent]], tuple[object, ...]]


def _json(texts: Iterable[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)


def _sqlite_columns(events: Sequence[NewEvent]) -> tuple[object, ...]:
    prints = b"".join(event.fingerprint.packed() for event in events)
    apart = bytes(bool(event.quarantine) for event in events)
    return prints, apart, _json(event.event_id for event in events)


def _postgresql_columns(events: Sequence[NewEvent]) -> tuple[object, ...]:
    prints = [event.fingerprint.packed() for event in events]
    apart = [bool(event.quarantine) for event in events]
    return [event.event_id for event in events], prints, apart


_SQLITE = Writing(
    head="SELECT position FROM event_head WHERE tenant_id = ?",
    first_head="INSERT INTO event_head (tenant_id, position) VALUES (?, 0)",
    known="""
        SELECT event_id, position, fingerprint FROM event_ledger
        WHERE tenant_id = ? AND event_id IN (SELECT value FROM json_each(?))
    """,
    requests="""
        SELECT key, digest, receipt FROM event_request
        WHERE tenant_id = ? AND key IN (SELECT value FROM json_each(?))
    """,
    ledger="""
        INSERT INTO event_ledger (tenant_id, event_id, position, fingerprint, quarantined)
        SELECT ?1, value, ?2 + 1 + key, substr(?3, key * 32 + 1, 32), substr(?4, key + 1, 1) = x'01'
        FROM json_each(?5)
    """,
    block="""
        INSERT INTO event_block (tenant_id, last_position, first_position, received_at, events)
        VALUES (?, ?, ?, ?, ?)
    """,
    moved="UPDATE event_head SET position = ? WHERE tenant_id = ?",
    answer="""
        INSERT INTO event_request (tenant_id, key, digest, receipt, received_at)
        VALUES (?, ?, ?, ?, ?)
    """,
    texts=_json,
    columns=_sqlite_columns,
)
_POSTGRESQL = Writing(
    head="SELECT position FROM event_head WHERE tenant_id = %s FOR UPDATE",
    first_head="INSERT INTO event_head (tenant_id, position) VALUES (%s, 0) ON CONFLICT DO NOTHING",
    known="""
        SELECT event_id, position, fingerprint FROM event_ledger
        WHERE tenant_id = %s AND event_id = ANY(%s)
    """,
    requests="""
        SELECT key, digest, receipt FROM event_request WHERE tenant_id = %s AND key = ANY(%s)
    """,
    ledger="""
        INSERT INTO event_ledger (tenant_id, event_id, position, fingerprint, quarantined)
        SELECT %s, event_id, %s + place, fingerprint, apart
        FROM unnest(%s::text[], %s::bytea[], %s::boolean[])
            WITH ORDINALITY AS kept(event_id, fingerprint, apart, place)
    """,
    block="""
        INSERT INTO event_block (tenant_id, last_position, first_position, received_at, events)
        VALUES (%s, %s, %s, %s, %s)
    """,
    moved="UPDATE event_head SET position = %s WHERE tenant_id = %s",
    answer="""
        INSERT INTO event_request (tenant_id, key, digest, receipt, received_at)
        VALUES (%s, %s, %s, %s, %s)
    """,
    texts=list,
    columns=_postgresql_columns,
)
WRITING: Mapping[str, Writing] = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
