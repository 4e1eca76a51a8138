"""Signed heads in a file of JSON lines that is only ever added to."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from attrs import define, field

from ...domain.errors import InvalidInput, Unavailable
from ...domain.governance import Head, SignedHead
from ...domain.identifiers import TenantId


class _Line(msgspec.Struct):
    tenant: str
    sequence: int
    hash: str
    at: datetime
    key_id: str
    signature: str


_decoder = msgspec.json.Decoder(_Line)


@define
class FileHeadLedger:
    """Adds whole lines in one write and waits until they are on the disk.

    Several processes may add to one file. A line that a crash cut short is passed over;
    so is whatever else is no head: to take a head away is in the hands of whoever may
    write the file, which is why it belongs on a disk, or under an append-only attribute,
    that the record store's owner does not control.

    Args:
        path: The file; made when the first head is kept.
    """

    path: Path
    _longest: dict[TenantId, int] = field(factory=dict, init=False)
    _read_to: int = field(default=0, init=False)

    async def append(self, heads: Sequence[SignedHead]) -> None:
        if heads:
            await asyncio.to_thread(self._append, b"".join(map(_written, heads)))

    async def heads(self, tenant: TenantId) -> tuple[SignedHead, ...]:
        return await asyncio.to_thread(self._of, tenant)

    async def longest(self) -> dict[TenantId, int]:
        return await asyncio.to_thread(self._caught_up)

    def _append(self, lines: bytes) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
            file = os.open(self.path, flags, 0o600)
            try:
                size = os.fstat(file).st_size
                torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
                os.write(file, b"\n" + lines if torn else lines)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise _unreachable() from error

    def _of(self, tenant: TenantId) -> tuple[SignedHead, ...]:
        found = (signed for _, signed in self._lines(0) if signed is not None)
        return tuple(signed for signed in found if signed.head.tenant == tenant)

    def _caught_up(self) -> dict[TenantId, int]:
        """Read what was added since the last time; the file only grows."""
        for end, signed in self._lines(self._read_to):
            self._read_to = end
            if signed is not None:
                head = signed.head
                self._longest[head.tenant] = max(head.sequence, self._longest.get(head.tenant, 0))
        return dict(self._longest)

    def _lines(self, start: int) -> Iterator[tuple[int, SignedHead | None]]:
        """Where each line ends, and the head in it."""
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                for line in file:
                    if not line.endswith(b"\n"):
                        return  # still being written, or torn
                    start += len(line)
                    yield start, _read(line)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unreachable() from error


def _written(signed: SignedHead) -> bytes:
    head = signed.head
    line = _Line(
        head.tenant,
        head.sequence,
        head.hash.hex(),
        head.at,
        head.key_id,
        signed.signature.hex(),
    )
    return msgspec.json.encode(line) + b"\n"


def _read(text: bytes) -> SignedHead | None:
    try:
        line = _decoder.decode(text)
        own_hash, signature = bytes.fromhex(line.hash), bytes.fromhex(line.signature)
        head = Head(TenantId(line.tenant), line.sequence, own_hash, line.at, line.key_id)
    except (msgspec.MsgspecError, InvalidInput, ValueError):
        return None
    return SignedHead(head, signature)


def _unreachable() -> Unavailable:
    return Unavailable("the file of signed audit heads cannot be reached")
