"""The tables of the columnar store on each server, and which share of the events a server holds."""

import hashlib
from collections.abc import Callable

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from ...domain.errors import Unavailable
from ...domain.identifiers import TenantId

#: A mark that survives a power cut promises that its events did, so both reach the disk.
DURABLE = "fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1"

#: One row per position, whatever was loaded twice; see `docs/deployment-clickhouse.md`.
EVENT = f"""create table if not exists event (
    tenant LowCardinality(String),
    timestamp DateTime64(6, 'UTC') codec(Delta, ZSTD(1)),
    position UInt64 codec(Delta, ZSTD(1)),
    user_id String codec(ZSTD(1)),
    event_type LowCardinality(String),
    event_id String codec(ZSTD(1)),
    received_at DateTime64(6, 'UTC') codec(Delta, ZSTD(1)),
    schema_version LowCardinality(Nullable(String)),
    properties String codec(ZSTD(1)),
    facts Map(LowCardinality(String), String) codec(ZSTD(1)),
    index user_id user_id type bloom_filter(0.01) granularity 1,
    index position position type minmax granularity 4)
engine = ReplacingMergeTree
partition by toYYYYMM(timestamp)
order by (tenant, timestamp, position)
settings {DURABLE}"""

#: Who was there on which day, and as of which position: a set, so adding again changes nothing.
USER_DAY = f"""create table if not exists user_day (
    tenant LowCardinality(String),
    day Date32,
    user_key UInt128,
    first_position SimpleAggregateFunction(min, UInt64))
engine = AggregatingMergeTree
partition by toYYYYMM(day)
order by (tenant, day, user_key)
settings {DURABLE}"""

#: How far each tenant is loaded: the largest of its rows.
LOAD_MARK = f"""create table if not exists load_mark (
    tenant String,
    loaded SimpleAggregateFunction(max, UInt64))
engine = AggregatingMergeTree
order by tenant
settings {DURABLE}"""

#: Which share of the events is here.
SHARD = f"""create table if not exists shard (number UInt32, shards UInt32)
engine = ReplacingMergeTree
order by (number, shards)
settings {DURABLE}"""

TABLES = (EVENT, USER_DAY, LOAD_MARK, SHARD)


def user_key(tenant: TenantId, user_id: str) -> int:
    """A user in 16 bytes: for 2^40 users the odds that two share a key are one in 2^49."""
    # Tenants have no null byte in their ids, so no two pairs make one text.
    text = f"{tenant}\x00{user_id}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=16).digest())


def shard_of(key: int, shards: int) -> int:
    """Which of so many servers has a user, counted from 0."""
    return key % shards


def prepared(number: int, shards: int) -> Callable[[Client], None]:
    """What makes a server the one with a number, counted from 0; again is harmless.

    What it raises: `Unavailable`, if it holds another share. Answers would be wrong, and nobody
    would see it.
    """

    def prepare(client: Client) -> None:
        if not _held(client):
            for statement in TABLES:
                client.command(statement)
            if not _held(client):
                line = b'{"number": %d, "shards": %d}' % (number, shards)
                client.raw_insert("shard", ["number", "shards"], line, fmt="JSONEachRow")
        for held in _held(client):
            if held != (number, shards):
                was = f"is {held[0] + 1} of {held[1]}"
                message = f"the server {was} by its own table, not {number + 1} of {shards}"
                raise Unavailable(message)

    return prepare


def _held(client: Client) -> set[tuple[int, int]]:
    """Every share that a server was ever told to hold: one, unless its address is wrong."""
    try:
        found = client.query("select number, shards from shard").result_rows
    except ClickHouseError as error:
        if getattr(error, "code", None) == _UNKNOWN_TABLE:
            return set()
        raise
    return {(int(number), int(shards)) for number, shards in found}


_UNKNOWN_TABLE = 60
