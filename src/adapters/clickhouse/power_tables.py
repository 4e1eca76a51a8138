"""The tables of power readings on each server, which are facts with the append that brought them.

docs/energy.md says what each is for.
"""

from collections.abc import Callable

from clickhouse_connect.driver.client import Client

from ...domain.identifiers import CircuitId, TenantId
from .tables import DURABLE, prepared, shard_of, user_key

#: About a year of 365.2425 days. [ms]
_YEAR_MS = 31_556_952_000

READING = f"""create table if not exists power_reading (
    tenant LowCardinality(String),
    circuit UUID,
    at_ms Int64 codec(DoubleDelta, ZSTD(1)),
    watts UInt32 codec(T64, ZSTD(1)),
    version UInt64 codec(Delta, ZSTD(1)),
    index version version type minmax granularity 1)
engine = ReplacingMergeTree
partition by intDiv(at_ms, {_YEAR_MS})
order by (tenant, circuit, at_ms, version)
settings {DURABLE}"""

QUARTER_HOUR = f"""create table if not exists power_quarter_hour (
    tenant LowCardinality(String),
    circuit UUID,
    number UInt32 codec(DoubleDelta, ZSTD(1)),
    energy_watt_ms UInt64 codec(T64, ZSTD(1)),
    covered_ms UInt32 codec(T64, ZSTD(1)),
    readings UInt32 codec(T64, ZSTD(1)),
    sum_of_readings_w UInt64 codec(T64, ZSTD(1)),
    peak_w UInt32 codec(T64, ZSTD(1)),
    version UInt64 codec(Delta, ZSTD(1)))
engine = ReplacingMergeTree
partition by intDiv(number, {_YEAR_MS // 900_000})
order by (tenant, circuit, number, version)
settings {DURABLE}"""

#: The last append that was begun for each tenant, on the first server alone.
BEGUN = f"""create table if not exists power_begun (
    tenant String,
    version SimpleAggregateFunction(max, UInt64))
engine = AggregatingMergeTree
order by tenant
settings {DURABLE}"""

#: The last append that came to its end, and those before it that did not; on the first server.
DONE = f"""create table if not exists power_done (
    tenant String,
    version UInt64,
    position UInt64,
    abandoned Array(UInt64))
engine = ReplacingMergeTree(version)
order by tenant
settings {DURABLE}"""

POWER_TABLES = (READING, QUARTER_HOUR, BEGUN, DONE)


def prepared_for_power(number: int, shards: int) -> Callable[[Client], None]:
    """What makes a server the one with a number, counted from 0, as for events."""
    check = prepared(number, shards)

    def prepare(client: Client) -> None:
        check(client)
        for statement in POWER_TABLES:
            client.command(statement)

    return prepare


def shard_of_circuit(tenant: TenantId, circuit: CircuitId, shards: int) -> int:
    """Which of so many servers has a circuit, counted from 0."""
    return shard_of(user_key(tenant, str(circuit)), shards)
