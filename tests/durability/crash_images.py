"""Power cuts: files as a disk may hold them that lost what was not flushed.

strace tells what a writer wrote, flushed and acknowledged, in this order. An image is what
may be left after any prefix of that: every write before the last flush of its file, and
any of the others. So is found out what `kill -9` cannot, after which the page cache lives.
"""

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from attrs import field, frozen

ROOT = Path(__file__).parents[2]
_CALLS = "write,pwrite64,fsync,fdatasync,ftruncate,unlink"
_LINE = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_PATH = re.compile(r"<((?:\\x[0-9a-f]{2})+)>")


@frozen
class Wrote:
    """Bytes at a place of a file."""

    file: str
    at: int
    data: bytes = field(repr=False)


@frozen
class Cut:
    """A file was cut or grown to a length."""

    file: str
    length: int


@frozen
class Removed:
    """A file was removed."""

    file: str


@frozen
class Flushed:
    """All that was written to a file before is on the disk."""

    file: str


@frozen
class Acknowledged:
    """Events were acknowledged."""

    ids: tuple[str, ...]


Operation = Wrote | Cut | Removed | Flushed | Acknowledged


def traced(folder: Path, count: int, environment: Mapping[str, str]) -> list[Operation]:
    """What a writer does to the files of a folder that is there already."""
    live, trace = folder / "live", folder / "trace"
    command = [
        "strace",
        "-f",
        "-y",
        "-xx",
        "-s",
        "200000",
        "-e",
        f"trace={_CALLS}",
        "-o",
        str(trace),
    ]
    script = [sys.executable, "-m", "tests.durability.writer", str(live), "script", str(count), "3"]
    subprocess.run(
        [*command, *script], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    return list(_operations(trace, live))


def image(
    before: Mapping[str, bytes], operations: Sequence[Operation], chance: random.Random
) -> dict[str, bytearray]:
    """What a disk may hold after some operations.

    Args:
        before: The files before the first one.
        operations: What happened up to the cut.
        chance: Decides what of the rest had arrived.
    """
    flushed = {one.file: n for n, one in enumerate(operations) if isinstance(one, Flushed)}
    share = chance.choice([0, 0, 0.5, 1])
    files = {name: bytearray(data) for name, data in before.items()}
    for n, one in enumerate(operations):
        if isinstance(one, Acknowledged | Flushed):
            continue
        if n < flushed.get(one.file, -1) or chance.random() < share:
            _apply(files, one)
    return files


def written(folder: Path, files: Mapping[str, bytearray]) -> None:
    """Put an image where it can be opened."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, data in files.items():
        if not name.endswith("-shm"):  # memory shared by processes; none of it is on the disk
            (folder / name).write_bytes(data)


def _apply(files: dict[str, bytearray], one: Wrote | Cut | Removed) -> None:
    if isinstance(one, Removed):
        files.pop(one.file, None)
        return
    data = files.setdefault(one.file, bytearray())
    if isinstance(one, Cut):
        data[one.length :] = bytes(max(0, one.length - len(data)))
        return
    data.extend(bytes(max(0, one.at - len(data))))
    data[one.at : one.at + len(one.data)] = one.data


def _operations(trace: Path, live: Path) -> Iterator[Operation]:
    for line in _finished(trace.read_text(encoding="ascii", errors="replace").splitlines()):
        found = _LINE.match(line)
        if found and int(found[3]) >= 0:
            yield from _operation(found[1], found[2], live)


def _finished(lines: Sequence[str]) -> Iterator[str]:
    """Calls in the order in which they ended; threads interrupt one another."""
    begun: dict[str, str] = {}
    for line in lines:
        thread, _, rest = line.partition(" ")
        rest = rest.strip()
        if rest.endswith("<unfinished ...>"):
            begun[thread] = rest.removesuffix("<unfinished ...>").rstrip()
        elif rest.startswith("<... "):
            yield begun.pop(thread, "") + rest.partition(" resumed>")[2]
        else:
            yield rest


def _operation(call: str, arguments: str, live: Path) -> Iterator[Operation]:
    texts = [_bytes(text) for text in _TEXT.findall(arguments)]
    if call == "write" and arguments.startswith("1<"):
        word, *ids = texts[0].decode().split()
        if word == "ACK":
            yield Acknowledged(tuple(ids))
        return
    path = Path((_paths(arguments) or [text.decode() for text in texts] or [""])[0])
    if path.parent != live:
        return
    match call:
        case "pwrite64":
            yield Wrote(path.name, int(arguments.rpartition(", ")[2]), texts[0])
        case "fsync" | "fdatasync":
            yield Flushed(path.name)
        case "ftruncate":
            yield Cut(path.name, int(arguments.rpartition(", ")[2]))
        case "unlink":
            yield Removed(path.name)
        case _:
            message = f"{call} of {path.name} is not understood"
            raise AssertionError(message)


def _paths(arguments: str) -> list[str]:
    return [_bytes(text).decode() for text in _PATH.findall(arguments)]


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def acknowledged(operations: Sequence[Operation]) -> set[str]:
    """The ids that were acknowledged by then."""
    return {name for one in operations if isinstance(one, Acknowledged) for name in one.ids}
