"""The tables of the columnar store, and how a file of an older layout becomes one of today's.

docs/events-store.md says what each is for.
"""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection as Connection

from ...domain.errors import Unavailable
from ...domain.identifiers import TenantId

_EVENT = """(
    tenant integer not null, happened_at timestamp not null, position bigint not null,
    user_key ubigint not null, user_id varchar not null, event_type varchar not null,
    event_id varchar not null, received_at timestamp not null, schema_version varchar,
    properties varchar not null, facts variant not null)"""
_USER_DAY = "(tenant integer not null, day date not null, user_key ubigint not null)"

#: One script per layout; a script that was ever released is never changed.
LAYOUTS = (
    f"""
    create table tenant (key integer not null, id varchar not null, loaded bigint not null);
    create table event {_EVENT};
    create table fresh_event {_EVENT};
    create view any_event as from event union all from fresh_event;
    create table user_day {_USER_DAY};
    create table fresh_user_day {_USER_DAY};
    create view any_user_day as from user_day union all from fresh_user_day;
    create table type_day (
        tenant integer not null, day date not null, event_type varchar not null,
        events bigint not null);
    """,
)


def prepare(connection: Connection, layouts: Sequence[str] = LAYOUTS) -> None:
    """Bring the tables of a file to today's layout, all steps or none.

    Args:
        connection: To the file.
        layouts: One script per layout of what is kept there.

    Raises:
        Unavailable: If the file is newer than this program.
    """
    connection.execute("begin transaction")
    connection.execute("create table if not exists layout (version integer not null)")
    found = connection.execute("select coalesce(max(version), 0) from layout").fetchone()
    version = int(found[0]) if found else 0
    if version > len(layouts):
        connection.execute("rollback")
        raise Unavailable(f"the columnar store has layout {version}, which is newer than ours")
    for script in layouts[version:]:
        connection.execute(script)
    if version < len(layouts):
        connection.execute("delete from layout")
        connection.execute("insert into layout values ($1)", [len(layouts)])
    connection.execute("commit")


def tenant_of(cursor: Connection, tenant: TenantId) -> tuple[int, int]:
    """A tenant's key in every table, and how far it is loaded; both 0 if it never was."""
    found = cursor.execute("select key, loaded from tenant where id = $1", [tenant]).fetchone()
    return (int(found[0]), int(found[1])) if found else (0, 0)
