"""What it costs that every operation is on record: per read, per change, per record checked."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sightline import bootstrap
from sightline.adapters.ed25519 import Ed25519Signer
from sightline.adapters.sql.audit import SqlAuditLog
from sightline.adapters.sql.database import Database
from sightline.adapters.sql.migrate import migrate
from sightline.adapters.system_clock import SystemClock
from sightline.application.record_audit import RecordAudit
from sightline.domain.governance import AuditEntry, AuditOutcome, Personal, Tip, chained, verify
from sightline.domain.identifiers import TenantId
from sightline.domain.tenancy import Principal, PrincipalKind
from sightline.entrypoints.http.audit import Audited, Peers

from . import Figure

TENANT = TenantId("bench")
ROUNDS, CALLS = 9, 400


async def bare(_scope: Any, _receive: Any, send: Any) -> None:
    """The shortest answer."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


class Handler:
    """What the router puts into a scope."""

    opt: dict[str, Any] = {}  # noqa: RUF012  as Litestar has it
    operation_id = "getProperty"


async def run() -> list[Figure]:
    """The goal of the issue: under 20 µs for a read."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.sqlite'}")
        await migrate(database)
        store = SqlAuditLog(database)
        path, stored = recorder(store), recorder(store)
        path.most_waiting, path.batch_size = 10**6, 10**6  # nothing is written meanwhile
        us = dict.fromkeys(("bare", "path", "stored"), float("inf"))
        for _ in range(ROUNDS):
            us["bare"] = min(us["bare"], await reads(bare))
            us["path"] = min(us["path"], await reads(Audited(bare, path, Peers(bytes(32)))))
            whole = Audited(bare, stored, Peers(bytes(32)))
            us["stored"] = min(us["stored"], await reads(whole, stored.flush))
        alone = await changes(stored, 1)
        crowd = await changes(stored, 64)
        await path.flush()
        await database.aclose()
    records = chained(Tip(TENANT), [entry() for _ in range(10_000)])
    began = time.process_time()
    assert verify(records, (), Tip(TENANT)).checked == 10_000
    per_record = (time.process_time() - began) / 10_000 * 1e6
    signer = Ed25519Signer(bytes(32))
    began = time.process_time()
    for _ in range(1000):
        signer.sign(b"x" * 200)
    signing = (time.process_time() - began) * 1e3
    edge, batch = us["path"] - us["bare"], us["stored"] - us["path"]
    return [
        Figure("a read on record, while answered (CPU)", f"{edge:.1f} us", "20 us", edge <= 20),
        Figure("its share of a batch of 400 in SQLite (CPU)", f"{batch:.1f} us"),
        Figure("a change on record, one at a time (two commits)", f"{alone:.2f} ms"),
        Figure("a change on record, 64 at a time, each", f"{crowd:.2f} ms"),
        Figure("checking a record", f"{per_record:.1f} us"),
        Figure("signing a head", f"{signing:.1f} us"),
    ]


def recorder(log: Any) -> RecordAudit:
    """A recorder as the composition root makes it."""
    adapters = bootstrap.in_memory()
    made = bootstrap.use_cases(adapters).record_audit
    made.log, made.clock = log, SystemClock()
    return made


async def _flushed() -> None:
    pass


async def reads(app: Any, flush: Callable[[], Awaitable[None]] = _flushed) -> float:
    """CPU time of a read, whatever it leads to included. [µs]"""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None:
        pass

    scopes = [
        {
            "type": "http",
            "method": "GET",
            "client": ("192.0.2.1", 1),
            "user": Principal(TENANT, PrincipalKind.API_KEY, "bench", "key", frozenset()),
            "request_id": "0af7651916cd43dd8448eb211c80319c",
            "route_handler": Handler,
            "path_params": {"property_id": "1"},
        }
        for _ in range(CALLS)
    ]
    began = time.process_time()
    for scope in scopes:
        await app(scope, receive, send)
    await flush()
    return (time.process_time() - began) / CALLS * 1e6


async def changes(kept: RecordAudit, at_once: int) -> float:
    """Wall time that a change waits for its intent and its outcome. [ms]"""

    async def one(number: int) -> None:
        intent = f"{number}-{time.perf_counter_ns()}"
        await kept.begin(entry(intent))
        await kept.conclude(entry(intent))

    rounds = 30
    began = time.perf_counter()
    for _ in range(rounds):
        await asyncio.gather(*(one(number) for number in range(at_once)))
    return (time.perf_counter() - began) / rounds / at_once * 1e3


def entry(intent: str | None = None) -> AuditEntry:
    """An entry as the edge makes one."""
    return AuditEntry(
        TENANT,
        datetime.now(UTC),
        "api_key",
        Personal("bench", "", "0123456789abcdef"),
        bytes(16),
        "updateProperty",
        "property",
        "1",
        AuditOutcome.SUCCEEDED,
        200,
        None,
        "0af7651916cd43dd8448eb211c80319c",
        "0af7651916cd43dd8448eb211c80319c",
        None,
        intent,
    )


if __name__ == "__main__":
    for figure in asyncio.run(run()):
        print(figure)
