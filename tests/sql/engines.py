"""The engines that `sql/` is written for, each loaded with the same rows."""

import csv
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from attrs import frozen

from ..contracts.stores import bare_postgres_database, postgres_url
from .rows import Event, Rows

SQL = Path(__file__).parents[2] / "sql"
COLUMNS = {
    "organizations": "org_id, name, plan, created_at",
    "users": "user_id, email, name, role, created_at, updated_at",
    "user_orgs": "org_id, user_id, role, joined_at",
    "metrics": "org_id, metric_name, date, value",
    "events": "org_id, event_date, event_time, event_id, user_id, event_type, properties",
}

Row = tuple[object, ...]

_PARAMETER = re.compile(r"(?<![\w:]):([a-z]\w*)")

_CSV = """format csv, header false, auto_detect false, quote '"', escape '"'"""


@frozen
class Engine:
    """A loaded engine: what it is called and how it is asked."""

    name: str
    ask: Callable[[str, Mapping[str, object]], list[Row]]
    run: Callable[[str], object]
    close: Callable[[], object]

    def answer(self, question: str, **given: object) -> list[Row]:
        """The answer to a question of ``queries.sql``, dates as text."""
        return [tuple(map(_plain, row)) for row in self.ask(QUERIES[question], given)]

    def plan(self, question: str, **given: object) -> str:
        """What EXPLAIN says of it."""
        kind = {"sqlite": "query plan", "clickhouse": "indexes = 1"}.get(self.name, "")
        rows = self.ask(f"explain {kind} {QUERIES[question]}", given)
        return "\n".join(str(row[-1]) for row in rows)


def named_queries(text: str) -> dict[str, str]:
    """The statements after ``-- name:`` marks, without comments."""
    parts = re.split(r"^-- name: (\w+)$", text, flags=re.MULTILINE)[1:]
    return {
        name: re.sub(r"--.*", "", body).strip().removesuffix(";")
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }


QUERIES = named_queries((SQL / "queries.sql").read_text(encoding="utf-8"))


def schema(dialect: str) -> str:
    """What is run to make the tables of a dialect."""
    return "\n".join((SQL / f"{name}.sql").read_text("utf-8") for name in ("schema", dialect))


def load(name: str, rows: Rows, folder: Path) -> Engine:
    """An engine by its name."""
    return {"sqlite": sqlite, "postgresql": postgres, "duckdb": duck, "clickhouse": clickhouse}[
        name
    ](rows, folder)


def empty(engine: Engine) -> None:
    """Take every event away."""
    engine.run("truncate table events" if engine.name == "clickhouse" else "delete from events")


def insert(engine: Engine, events: Iterable[Event]) -> None:
    """Add events as one statement, which every engine reads."""
    rows = [", ".join(f"'{value}'" for value in _event(event, _sqlite_time)) for event in events]
    if rows:
        values = ", ".join(f"({row})" for row in rows)
        engine.run(f"insert into events ({COLUMNS['events']}) values {values}")


def sqlite(rows: Rows, folder: Path) -> Engine:
    """In a file."""
    connection = sqlite3.connect(folder / "sample.sqlite")
    connection.executescript(schema("sqlite"))
    for table, records in _records(rows, _sqlite_time):
        marks = ", ".join("?" * len(COLUMNS[table].split(",")))
        connection.executemany(f"insert into {table} ({COLUMNS[table]}) values ({marks})", records)
    connection.commit()
    connection.execute("analyze")

    def ask(statement: str, given: Mapping[str, object]) -> list[Row]:
        plain = {name: _plain(value) for name, value in given.items()}
        return connection.execute(statement, plain).fetchall()

    return Engine("sqlite", ask, connection.executescript, connection.close)


def postgres(rows: Rows, folder: Path, database: str | None = None) -> Engine:
    """In a database of its own, with the months that the rows need; skips without a server."""
    connection = psycopg.connect(
        postgres_url(database or bare_postgres_database()), autocommit=True
    )
    connection.execute(schema("postgresql").encode())
    connection.execute("call create_event_partitions('2026-06-01', 4)")
    for table, records in _records(rows, lambda at: at):
        with connection.cursor().copy(
            f"copy {table} ({COLUMNS[table]}) from stdin".encode()
        ) as copy:
            for record in records:
                copy.write_row(record)
    connection.execute("vacuum analyze")

    def ask(statement: str, given: Mapping[str, object]) -> list[Row]:
        return connection.execute(_marked(statement, "%({})s").encode(), given).fetchall()

    return Engine(
        "postgresql", ask, lambda text: connection.execute(text.encode()), connection.close
    )


def duck(rows: Rows, folder: Path) -> Engine:
    """In memory."""
    connection = duckdb.connect()
    connection.execute(schema("duckdb"))
    for table, records in _records(rows, _sqlite_time):
        path = folder / f"{table}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(records)
        connection.execute(f"copy {table} ({COLUMNS[table]}) from '{path}' ({_CSV})")

    def ask(statement: str, given: Mapping[str, object]) -> list[Row]:
        named = set(_PARAMETER.findall(statement))
        used = {name: value for name, value in given.items() if name in named}
        return connection.execute(_marked(statement, "${}"), used).fetchall()

    return Engine("duckdb", ask, connection.execute, connection.close)


class ClickHouseRefuses(Exception):
    """What ClickHouse says when it does not do as asked."""


def clickhouse(rows: Rows, folder: Path) -> Engine:
    """As chDB in a process that ends with this one, or when it is closed."""
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("chdb_process.py"), folder / "chdb"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    engine = Engine(
        "clickhouse", partial(_asked, process), partial(_told, process), partial(_end, process)
    )
    engine.run("set date_time_input_format = 'best_effort'")
    engine.run("set output_format_json_quote_64bit_integers = 0")
    engine.run(re.sub(r"--.*", "", (SQL / "clickhouse.sql").read_text("utf-8")))
    for table, records in _records(rows, _sqlite_time):
        path = folder / f"{table}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(records)
        if path.stat().st_size:
            engine.run(f"insert into {table} ({COLUMNS[table]}) from infile '{path}' format CSV")
    return engine


def _end(process: "subprocess.Popen[str]") -> None:
    process.communicate()  # nothing more to read, so it ends


def _told(process: "subprocess.Popen[str]", text: str) -> None:
    for statement in filter(str.strip, text.split(";")):
        _asked(process, statement, {})


def _asked(
    process: "subprocess.Popen[str]", statement: str, given: Mapping[str, object]
) -> list[Row]:
    assert process.stdin
    assert process.stdout
    literals = {
        name: f"toDate('{value}')" if isinstance(value, date) else f"'{value}'"
        for name, value in given.items()
    }
    text = _PARAMETER.sub(lambda found: literals[found[1]], statement)
    process.stdin.write(f"{json.dumps(text)}\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    if "error" in answer:
        raise ClickHouseRefuses(answer["error"])
    return [tuple(row) for row in answer["rows"]]


def _marked(statement: str, mark: str) -> str:
    return _PARAMETER.sub(lambda found: mark.format(found[1]), statement)


def _records(rows: Rows, time: Callable[[datetime], object]) -> Iterator[tuple[str, Iterable[Row]]]:
    def plain(records: Iterable[Sequence[object]]) -> Iterable[Row]:
        return (
            tuple(time(one) if isinstance(one, datetime) else _text(one) for one in record)
            for record in records
        )

    yield "organizations", plain(rows.organizations)
    yield "users", plain(rows.users)
    yield "user_orgs", plain(rows.user_orgs)
    yield "metrics", plain(rows.metrics)
    yield "events", (_event(event, time) for event in rows.events)


def _event(event: Event, time: Callable[[datetime], object]) -> Row:
    return (
        event.org_id,
        event.day.isoformat(),
        time(event.event_time),
        event.event_id,
        event.user_id,
        event.event_type,
        json.dumps(event.properties),
    )


def _sqlite_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(sep=" ", timespec="milliseconds")


def _text(value: object) -> object:
    return value if isinstance(value, str) else str(value)


def _plain(value: Any) -> object:
    return value.isoformat() if isinstance(value, date) else value
