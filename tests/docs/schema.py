"""`make documents`: writes docs/schema.md from the tables as the adapters declare them.

What no table can say of itself stands here: one sentence each, and the subject it belongs to.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Dialect, ForeignKeyConstraint, Index, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql

from sightline.adapters.sql.database import metadata

from ..contracts.stores import load_every_table

DOCUMENT = Path(__file__).parents[2] / "docs" / "schema.md"

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "Tenants": {
        "tenant": "Whoever has data here, with plan, agreed limits, tier and status; the id is in "
        "every other row that belongs to somebody.",
        "api_key": "Keys as digests under the server's secret, found by the digest alone.",
        "signing_key": "The keys that sign access tokens, the private part encrypted, public ones "
        "kept as long as a token of theirs may live.",
        "refresh_family": "Refresh tokens of one sign-in: only the number of the newest is kept, "
        "for the tokens themselves are computed.",
        "revocation": "Access tokens that ended before their time, until they would have.",
        "request_nonce": "Nonces of signed requests, until they could not be used again anyway.",
        "usage": "Requests and units by tenant, day, operation and key: what is billed.",
    },
    "Audit": {
        "audit_record": "Who did what, chained record by record; triggers refuse changes but the "
        "erasure of what is personal (ADR 20).",
        "audit_intent": "Changes that were begun and not yet put on record.",
        "audit_head": "The end of each tenant's chain; writing locks it.",
    },
    "Events": {
        "event_head": "The position of a tenant's last event; writing locks it.",
        "event_ledger": "Every event id that was ever acknowledged, for good, with 32 bytes of "
        "what it said; they are null once the event was erased (ADR 27).",
        "event_block": "The events themselves, all new ones of a batch packed in one row; "
        "`received_at` is in microseconds since 1970.",
        "event_request": "What was answered to requests that carry a key, for 48 hours.",
    },
    "Portfolio": {
        "portfolio": "The position of a tenant's portfolio: every write that changes what answers "
        "are made of locks this row and moves it.",
        "property": "Properties with their present values; `version` is the portfolio's position "
        "at the last change of the property or its history.",
        "property_month": "A property's history, a row per month, null where nobody said.",
        "comparison_threshold": "Tolerances that a tenant set for calling a metric at market; "
        "those left alone have no row.",
    },
    "Event schemas": {
        "event_schema": "The schema in force for each event type of a tenant, or the last one "
        "before it was retired; `position` finds what changed.",
        "event_schema_version": "Every version of every schema with what made it another; rows "
        "are added and never changed.",
        "event_schema_position": "The position of a tenant's registry; every registration locks "
        "this row and moves it.",
    },
    "Health scores": {
        "health_model": "Every version of a tenant's numbers for the score; the built-in version "
        "0 has no row.",
        "health_score": "The score of a property with its parts and with what it was made of "
        "(`property_version`, `market_position`, `model_version`, `day`); names, area and class "
        "are repeated, so that a list needs no second table to filter and sort.",
        "health_standing": "A property's place in its portfolio, apart from its score because a "
        "ranking replaces all of them at once.",
        "health_history": "What a property's score history was made of, to know when it is "
        "outdated.",
        "health_bucket": "The score of a property in one month, quarter or year, with the change "
        "from the bucket before.",
        "health_summary": "What a whole portfolio comes to, by interval and grouping, as JSON; "
        "kept after each ranking so that no page adds up everything.",
        "health_state": "How far the kept scores of a tenant have come; writing locks it, so that "
        "one tenant's writers follow one another.",
    },
    "Market data": {
        "market_snapshot": "The last contents of each market as they were read; they belong to "
        "no tenant (ADR 11).",
    },
    "Questions": {
        "saved_cohort": "Definitions of cohorts as they were sent; who is a member is computed "
        "(ADR 34).",
    },
    "Users and metrics": {
        "users": "What a tenant said of its users, as JSON; `version` is the position of the "
        "tenant's users at the last change.",
        "user_attribute": "The same by attribute, to look for users by: `text` for equality, "
        "`lowered` for what is contained, `number` and `ordered_text` for order.",
        "metric_definition": "How the days of each metric add up; built-in metrics have no row.",
        "metric_value": "The figure of a metric on a day.",
        "kept_position": "The position of a tenant's users, of its metric definitions and of its "
        "cohorts; a write of any locks its row, so that one tenant's writers follow one another.",
    },
    "Energy": {
        "brands": "The top of the tree of what is metered.",
        "organizations": "Organizations of a brand.",
        "locations": "Locations of an organization.",
        "electric_sensors": "Sensors of a location, known to the older system by `duid`.",
        "circuits": "Circuits of a sensor; readings are theirs.",
        "power_position": "The position of a tenant's readings; it moves with every import.",
        "power_hour": "The readings of a circuit in one hour, packed: instants, then watts.",
        "power_day": "The figures of a circuit's UTC day and the energies of its quarter hours, "
        "from which long windows are answered.",
        "power_day_detail": "What else is known of those quarter hours, apart so that more days "
        "fit a page.",
    },
    "Work": {
        "job": "Work that nobody waits for, leased row by row (ADR 16).",
    },
}  # fmt: skip

_POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]

_INTRODUCTION = """\
# The database schema

`make documents` writes this page from the tables that `src/adapters/sql` declares; a test compares
it with them, and another holds the migrations equal to the same tables. Types are those of
PostgreSQL; SQLite has its own names for them. A column may be null only where it says so.

Keys begin with `tenant_id`, so that a foreign key cannot cross tenants; those of {others} do not.
On PostgreSQL row-level security shows a transaction the rows of its tenant only
([ADR 24](adr/0024-postgresql-shows-a-transaction-its-tenants-rows.md)).
What is read as a whole (`parts`, `outliers`, `content`, `arguments`, `result`) is JSON text; what
lists filter or sort by is a column. Tables without a line between them share no constraint:
readings, for one, come in bulk and are checked once, by their import.
"""


def main() -> None:
    """Write the page."""
    DOCUMENT.write_text(document(), encoding="utf-8")


def document() -> str:
    """The page as the tables would have it now.

    Raises:
        LookupError: If a table has no sentence, or a sentence no table.
    """
    load_every_table()
    told = {name for sentences in SENTENCES.values() for name in sentences}
    if unequal := told ^ set(metadata.tables):
        message = f"tables without a sentence, or sentences without a table: {sorted(unequal)}"
        raise LookupError(message)
    sections = (_section(subject, sentences) for subject, sentences in SENTENCES.items())
    others = [f"`{one.name}`" for one in metadata.sorted_tables if not _of_tenant(one)]
    introduction = _INTRODUCTION.format(others=" and ".join([", ".join(others[:-1]), others[-1]]))
    return "\n".join([introduction, *sections])


def _of_tenant(table: Table) -> bool:
    return next(iter(table.primary_key.columns)).name == "tenant_id"


def _section(subject: str, sentences: Mapping[str, str]) -> str:
    tables = [metadata.tables[name] for name in sentences]
    lines = [f"## {subject}", "", "```mermaid", "erDiagram"]
    for table in tables:
        lines += [f"    {relation}" for relation in _relations(table)]
    for table in tables:
        lines += [f"    {table.name} {{", *map(_attribute, table.columns), "    }"]
    lines += ["```", ""]
    for table in tables:
        lines += [f"- **`{table.name}`** – {sentences[table.name]}"]
        lines += [f"  - {constraint}" for constraint in _constraints(table)]
    return "\n".join([*lines, ""])


def _attribute(column: Column[Any]) -> str:
    unique = column.unique or any(
        isinstance(one, UniqueConstraint) and list(one.columns) == [column]
        for one in column.table.constraints
    )
    marks = [
        mark
        for mark, holds in (
            ("PK", column.primary_key),
            ("FK", bool(column.foreign_keys)),
            ("UK", unique),
        )
        if holds
    ]
    words = [_type(column), column.name]
    words += [", ".join(marks)] if marks else []
    words += ['"null"'] if column.nullable else []
    return f"        {' '.join(words)}"


def _type(column: Column[Any]) -> str:
    name = column.type.compile(dialect=_POSTGRESQL).lower().partition(" collate ")[0]
    return {"timestamp with time zone": "timestamptz", "double precision": "double"}.get(name, name)


def _relations(table: Table) -> Iterator[str]:
    for key in _foreign_keys(table):
        referred = key.referred_table
        one_each = set(key.columns) == set(table.primary_key.columns)
        many = "o|" if one_each else "o{"
        words = "has, removed with it" if key.ondelete == "CASCADE" else "has"
        yield f'{referred.name} ||--{many} {table.name} : "{words}"'


def _constraints(table: Table) -> Iterator[str]:
    yield f"key ({_names(table.primary_key.columns)})"
    for key in _foreign_keys(table):
        referred = ", ".join(element.column.name for element in key.elements)
        then = ", removed with it" if key.ondelete == "CASCADE" else ""
        yield f"({_names(key.columns)}) of `{key.referred_table.name}` ({referred}){then}"
    for unique in sorted(_unique(table), key=_names):
        yield f"unique ({_names(unique)})"
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        yield _index(index)


def _index(index: Index) -> str:
    kind = "unique index" if index.unique else "index"
    where = index.dialect_options["postgresql"]["where"]
    condition = "" if where is None else f", only where `{where}`"
    return f"{kind} ({', '.join(_bare(str(one)) for one in index.expressions)}){condition}"


def _bare(expression: str) -> str:
    return expression.rpartition(".")[2]


def _unique(table: Table) -> list[list[Column[Any]]]:
    return [list(one.columns) for one in table.constraints if isinstance(one, UniqueConstraint)]


def _foreign_keys(table: Table) -> list[ForeignKeyConstraint]:
    return sorted(table.foreign_key_constraints, key=lambda key: _names(key.columns))


def _names(columns: Iterable[Column[Any]]) -> str:
    return ", ".join(column.name for column in columns)


if __name__ == "__main__":
    main()
