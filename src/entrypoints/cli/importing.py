"""`sightline import`: all of a file, or none of it and every row that is wrong."""

import asyncio
import os
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import attrs
from attrs import frozen
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from ...bootstrap import UseCases, production, use_cases
from ...domain.energy import AddressedReading
from ...domain.errors import InvalidFields, PropertyNotFound
from ...domain.identifiers import PropertyId, TenantId
from ...domain.portfolio.property import MonthlyRecord, PropertyDraft
from ..settings import Settings, read_settings
from .readings_file import read_readings
from .rows import BadRow, BadRows, Parsed, parsed, read_head, read_text
from .site_rows import SiteRow, site_document

T = TypeVar("T")
Save = Callable[[UseCases], Awaitable[str]]

DEMO_TENANT = "demo"
#: More bad rows than anybody would read are counted, not shown.
MOST_SHOWN = 100
#: Readings that are kept in one transaction.
BATCH = 20_000


@frozen
class HistoryRow(MonthlyRecord):
    """One month of one property as a file tells it."""

    property_id: PropertyId = attrs.field(kw_only=True)

    def record(self) -> MonthlyRecord:
        """The month without its property."""
        names = (field.name for field in attrs.fields(MonthlyRecord))
        return MonthlyRecord(**{name: getattr(self, name) for name in names})


def properties(file: Path, /, *, tenant: str = DEMO_TENANT) -> int:
    """Take over properties, each in the place of one of the same id.

    Args:
        file: JSON array, NDJSON or CSV with the fields of a property.
        tenant: Whose properties they are.
    """

    def read() -> Save:
        rows = _rows(file, PropertyDraft)
        nameless = [BadRow(row.line, "id: required") for row in rows if row.value.id is None]
        _refuse(nameless)
        _refuse(_repeats(rows, lambda draft: draft.id, "id"))
        drafts = [row.value for row in rows]

        async def save(cases: UseCases) -> str:
            return f"{await cases.import_properties(TenantId(tenant), drafts):,} properties"

        return save

    return _import(file, tenant, read)


def history(file: Path, /, *, tenant: str = DEMO_TENANT) -> int:
    """Take over monthly histories; what a property had before is replaced.

    Args:
        file: JSON array, NDJSON or CSV with property_id, month and the month's metrics.
        tenant: Whose properties they are.
    """

    def read() -> Save:
        rows = _rows(file, HistoryRow)
        _refuse(_repeats(rows, lambda row: (row.property_id, row.month), "month"))
        months: dict[PropertyId, list[MonthlyRecord]] = defaultdict(list)
        lines: dict[object, int] = {}
        for row in rows:
            months[row.value.property_id].append(row.value.record())
            lines.setdefault(row.value.property_id, row.line)
        histories = {of: tuple(records) for of, records in months.items()}

        async def save(cases: UseCases) -> str:
            try:
                count = await cases.import_property_history(TenantId(tenant), histories)
            except PropertyNotFound as error:
                raise BadRows([BadRow(lines[error.identifier], str(error))]) from None
            except InvalidFields as error:
                raise BadRows(
                    BadRow(lines[flaw.path[0]], flaw.message) for flaw in error.flaws
                ) from None
            return f"{count:,} months of {len(histories):,} properties"

        return save

    return _import(file, tenant, read)


def sites(file: Path, /, *, tenant: str = DEMO_TENANT) -> int:
    """Take over brands, organizations, locations, sensors and circuits.

    Args:
        file: One JSON object with the five lists, or rows (JSON array, NDJSON or
            CSV) of one circuit each with everything above it.
        tenant: Whose sites they are.
    """

    def read() -> Save:
        document = site_document(file, read_text(file), lambda: _rows(file, SiteRow))

        async def save(cases: UseCases) -> str:
            return f"{await cases.import_sites(TenantId(tenant), document):,} circuits"

        return save

    return _import(file, tenant, read)


def readings(file: Path, /, *, tenant: str = DEMO_TENANT) -> int:
    """Take over power readings; repeats and disorder do no harm.

    The file is read twice: once to find everything that is wrong, once to import it.

    Args:
        file: JSON array, NDJSON or CSV with duid, circuit_number, timestamp, power_watts.
        tenant: Whose readings they are.
    """

    def read() -> Save:
        read_head(file)

        async def save(cases: UseCases) -> str:
            whose = TenantId(tenant)
            bad: list[BadRow] = []
            lines: dict[tuple[str, int], int] = {}
            with progress_bar() as bar:
                checked = _batches(bar, "Checking", file, bad, lines)
                for refused in await cases.check_readings(whose, checked):
                    address = (refused.duid, refused.circuit_number)
                    what = f"there is no circuit {address[1]} on sensor {address[0]}"
                    said = f"{what} ({refused.readings:,} readings)"
                    bad.append(BadRow(lines[address], said))
                _refuse(bad)
                imported = await cases.import_readings(
                    whose, _batches(bar, "Importing", file, [], {})
                )
            return f"{imported.kept:,} readings"

        return save

    return _import(file, tenant, read)


def _batches(
    bar: Progress, doing: str, file: Path, bad: list[BadRow], lines: dict[tuple[str, int], int]
) -> Iterator[Sequence[AddressedReading]]:
    """Readings by the batch; notes what is wrong and where each circuit is named first."""
    task = bar.add_task(f"{doing} {file.name}", total=None)
    batch: list[AddressedReading] = []
    for row in read_readings(file):
        if isinstance(row, BadRow):
            bad.append(row)
            continue
        lines.setdefault((row.reading.duid, row.reading.circuit_number), row.line)
        batch.append(row.reading)
        if len(batch) == BATCH:
            yield batch
            bar.advance(task, BATCH)
            batch = []
    yield batch


def _import(file: Path, tenant: str, read: Callable[[], Save]) -> int:
    settings = read_settings(os.environ)
    try:
        said = asyncio.run(_saved(settings, tenant, read()))
    except BadRows as error:
        _report(file, error.rows)
        return 1
    print(f"Imported {said} from {file}.")
    return 0


async def _saved(settings: Settings, tenant: str, save: Save) -> str:
    async with production(settings) as adapters:
        cases = use_cases(adapters)
        await cases.get_tenant(TenantId(tenant))
        return await save(cases)


def _rows(file: Path, kind: type[T]) -> list[Parsed[T]]:
    """Every row of a file as a value.

    Raises:
        UnreadableFile: If the file holds no rows at all.
        BadRows: If any row is wrong.
    """
    text = read_text(file)
    good: list[Parsed[T]] = []
    bad: list[BadRow] = []
    with progress_bar() as bar:
        task = bar.add_task(f"Reading {file.name}", total=text.count("\n") + 1)
        for row in parsed(file, text, kind):
            if isinstance(row, BadRow):
                bad.append(row)
            else:
                good.append(row)
            bar.update(task, completed=row.line)
    _refuse(bad)
    return good


def _refuse(rows: list[BadRow]) -> None:
    if rows:
        raise BadRows(rows)


def _repeats(
    rows: Iterable[Parsed[T]], identify: Callable[[T], Hashable], name: str
) -> list[BadRow]:
    first: dict[Hashable, Parsed[T]] = {}
    repeats = []
    for row in rows:
        earlier = first.setdefault(identify(row.value), row)
        if earlier is not row:
            repeats.append(BadRow(row.line, f"{name}: stands on line {earlier.line} already"))
    return repeats


def progress_bar() -> Progress:
    """A bar on a terminal; nothing where there is none."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _report(file: Path, rows: list[BadRow]) -> None:
    for row in rows[:MOST_SHOWN]:
        print(f"{file}:{row.line}: {row.reason}", file=sys.stderr)
    if len(rows) > MOST_SHOWN:
        print(f"… and {len(rows) - MOST_SHOWN:,} more", file=sys.stderr)
    lines = len({row.line for row in rows})
    print(
        f"sightline: nothing was imported: {lines:,} bad "
        f"{'row' if lines == 1 else 'rows'} in {file}",
        file=sys.stderr,
    )
