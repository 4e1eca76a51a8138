"""U2: whatever is done to the audit log of a real store, the check names the first bad record."""

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from . import Found
from .servers import environment, serving

Hand = Callable[[sqlite3.Connection, str], object]


def _flip(log: sqlite3.Connection, tenant: str) -> None:
    log.execute(
        "UPDATE audit_record SET status = 403 WHERE tenant_id = ? AND sequence = 4", [tenant]
    )


def _flip_hash(log: sqlite3.Connection, tenant: str) -> None:
    log.execute(
        "UPDATE audit_record SET hash = zeroblob(32) WHERE tenant_id = ? AND sequence = 6", [tenant]
    )


def _delete(log: sqlite3.Connection, tenant: str) -> None:
    log.execute("DELETE FROM audit_record WHERE tenant_id = ? AND sequence = 5", [tenant])


def _insert(log: sqlite3.Connection, tenant: str) -> None:
    """A copy of record 5 after it; what follows moves on by one."""
    names = [row[1] for row in log.execute("PRAGMA table_info(audit_record)")]
    taken = ", ".join("6" if name == "sequence" else name for name in names)
    log.execute(
        "UPDATE audit_record SET sequence = -sequence - 1 WHERE tenant_id = ? AND sequence > 5",
        [tenant],
    )
    log.execute("UPDATE audit_record SET sequence = -sequence WHERE sequence < 0")
    log.execute(
        f"INSERT INTO audit_record ({', '.join(names)}) SELECT {taken} FROM audit_record "
        "WHERE tenant_id = ? AND sequence = 5",
        [tenant],
    )


def _swap(log: sqlite3.Connection, tenant: str) -> None:
    for new, old in ((-1, 7), (7, 8), (8, -1)):
        log.execute(
            "UPDATE audit_record SET sequence = ? WHERE tenant_id = ? AND sequence = ?",
            [new, tenant, old],
        )


def _cut(log: sqlite3.Connection, tenant: str) -> None:
    log.execute("DELETE FROM audit_record WHERE tenant_id = ? AND sequence > 9", [tenant])


def _nothing(log: sqlite3.Connection, tenant: str) -> None:
    """As it was."""


#: What is done, and the first record that is then not as it was; None for none.
HANDS: tuple[tuple[str, Hand, int | None], ...] = (
    ("nothing done", _nothing, None),
    ("a field of record 4 changed", _flip, 4),
    ("the hash of record 6 changed", _flip_hash, 6),
    ("record 5 deleted", _delete, 5),
    ("a copy inserted after record 5", _insert, 6),
    ("records 7 and 8 swapped", _swap, 7),
    ("everything after record 9 cut off", _cut, 10),
)
ASKED = 12
_VERIFY = (sys.executable, "-m", "sightline.entrypoints.cli", "audit", "verify")
_BAD = re.compile(r": record (\d+): ")


async def run(controlled: bool) -> list[Found]:
    """A server's own log, and copies of it on which somebody laid hands."""
    async with serving() as server:
        async with server.client() as client:
            for _ in range(ASKED):
                (await client.get("/api/v1/me")).raise_for_status()
        server.process.terminate()
        server.process.wait(30)
        return [
            _checked(server.data, server.tenants[0], number, controlled)
            for number in range(len(HANDS))
        ]


def _checked(data: Path, tenant: str, number: int, controlled: bool) -> Found:
    what, hand, expected = HANDS[number]
    copy = data.parent / f"{data.name}-{number}"
    shutil.copytree(data, copy)
    try:
        with sqlite3.connect(copy / "sightline.sqlite") as log:
            triggers = log.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in triggers.fetchall():
                log.execute(f"DROP TRIGGER {name}")
            hand(log, tenant)
            if not controlled:  # without signed heads nothing says how long the log was
                log.execute("DELETE FROM audit_head")
                (copy / "audit-heads.jsonl").unlink(missing_ok=True)
        log.close()
        ended = subprocess.run(
            [*_VERIFY, "--tenant", tenant],
            env=environment(copy),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        shutil.rmtree(copy)
    named = _BAD.search(ended.stdout)
    first = int(named[1]) if named else None
    rightly = first == expected and ended.returncode == (expected is not None)
    told = ended.stdout.strip().removeprefix(f"{tenant}: ") or f"exit code {ended.returncode}"
    wanted = "OK" if expected is None else f"record {expected}"
    return Found("U2", what, told, wanted, rightly)
