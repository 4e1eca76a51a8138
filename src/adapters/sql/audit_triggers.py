"""What keeps audit records from being changed by mistake; the chain shows what gets past it."""

from collections.abc import Iterator

from sqlalchemy import DDL, ExecutableDDLElement

_PERSONAL = ("actor_id", "actor_name", "peer", "salt")
_KEPT = (
    "tenant_id", "sequence", "at", "actor_kind", "action", "object_kind", "object_id", "outcome",
    "status", "problem", "request_id", "trace_id", "body_sha256", "commitment", "hash",
)  # fmt: skip
_REASON = "audit records are only ever added"
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION audit_record_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{_REASON}'; END $$
"""


def guards(*dialects: str) -> Iterator[ExecutableDDLElement]:
    """The statements that make the triggers, for `audit_record` as it was just created."""
    for dialect in dialects:
        for statement in _STATEMENTS[dialect]:
            made = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]  # SQLAlchemy's
            yield made.execute_if(dialect=dialect)


def _changed(same: str) -> str:
    kept = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in _KEPT)
    erased = " AND ".join(f"NEW.{name} IS NULL" for name in _PERSONAL)
    return f"NOT ({kept} AND {erased})"


_STATEMENTS = {
    "sqlite": (
        (
            "CREATE TRIGGER audit_record_update BEFORE UPDATE ON audit_record "
            f"WHEN {_changed('IS')} BEGIN SELECT RAISE(ABORT, '{_REASON}'); END"
        ),
        (
            "CREATE TRIGGER audit_record_delete BEFORE DELETE ON audit_record "
            f"BEGIN SELECT RAISE(ABORT, '{_REASON}'); END"
        ),
    ),
    "postgresql": (
        _FUNCTION,
        (
            "CREATE TRIGGER audit_record_update BEFORE UPDATE ON audit_record FOR EACH ROW "
            f"WHEN ({_changed('IS NOT DISTINCT FROM')}) EXECUTE FUNCTION audit_record_refuse()"
        ),
        (
            "CREATE TRIGGER audit_record_delete BEFORE DELETE ON audit_record FOR EACH ROW "
            "EXECUTE FUNCTION audit_record_refuse()"
        ),
        (
            "CREATE TRIGGER audit_record_truncate BEFORE TRUNCATE ON audit_record "
            "EXECUTE FUNCTION audit_record_refuse()"
        ),
    ),
}
