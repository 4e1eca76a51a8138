from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sightline.adapters.files.head_ledger import FileHeadLedger
from sightline.adapters.memory.head_ledger import MemoryHeadLedger
from sightline.domain.errors import Unavailable
from sightline.domain.governance import Head, SignedHead
from sightline.domain.identifiers import TenantId
from sightline.ports.head_ledger import HeadLedger
from sightline.testing.contracts.head_ledger import *  # noqa: F403
from sightline.testing.contracts.head_ledger import Fresh

ACME = TenantId("acme")


@asynccontextmanager
async def memory() -> AsyncIterator[HeadLedger]:
    yield MemoryHeadLedger()


@asynccontextmanager
async def file() -> AsyncIterator[HeadLedger]:
    with TemporaryDirectory() as folder:
        yield FileHeadLedger(Path(folder) / "new" / "audit-heads.jsonl")


@pytest.fixture(params=[memory, file], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make


def signed(sequence: int) -> SignedHead:
    head = Head(ACME, sequence, bytes(32), datetime(2024, 1, 1, tzinfo=UTC), "k")
    return SignedHead(head, b"s")


async def test_another_process_finds_what_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "heads.jsonl"
    one, other = FileHeadLedger(path), FileHeadLedger(path)
    await one.append([signed(1)])
    await other.append([signed(2)])
    assert await one.heads(ACME) == (signed(1), signed(2))
    assert await FileHeadLedger(path).longest() == {ACME: 2}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("torn", [b'{"tenant":"acme"', b"nonsense\n", b"\xff\n", b"{}\n", b"\n"])
async def test_a_line_that_is_no_head_hides_no_other(tmp_path: Path, torn: bytes) -> None:
    ledger = FileHeadLedger(tmp_path / "heads.jsonl")
    await ledger.append([signed(1)])
    with ledger.path.open("ab") as file:
        file.write(torn)
    assert await ledger.heads(ACME) == (signed(1),)
    await ledger.append([signed(2)])
    assert await ledger.heads(ACME) == (signed(1), signed(2))
    assert await ledger.longest() == {ACME: 2}


async def test_a_file_out_of_reach_is_told(tmp_path: Path) -> None:
    ledger = FileHeadLedger(tmp_path)  # a folder
    with pytest.raises(Unavailable):
        await ledger.append([signed(1)])
    with pytest.raises(Unavailable):
        await ledger.heads(ACME)
