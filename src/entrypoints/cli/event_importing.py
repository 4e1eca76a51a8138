"""`sightline import events`: a file of any size, kept as it is read."""

import asyncio
import hashlib
import os
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path

from ...application.import_events import ImportProgress, NumberedDraft
from ...bootstrap import fill_sample_organizations, production, use_cases
from ...domain.identifiers import TenantId
from ..settings import Settings, read_settings
from .events_file import check_there, read_events
from .importing import DEMO_TENANT, MOST_SHOWN, progress_bar


def events(file: Path, /, *, tenant: str = DEMO_TENANT) -> int:
    """Take over events; repeating an import that broke off completes it.

    Every thousand rows are kept as they are read. A row that is no event is told with its
    number; the others are kept. An event without an id gets one made of the file's content and
    the number of its row.

    Args:
        file: NDJSON, CSV or Parquet with user_id, event_type and what else is known.
        tenant: Whose events they are.
    """
    return asyncio.run(_import(read_settings(os.environ), file, TenantId(tenant)))


def samples(*, fraction: float = 1.0) -> int:
    """Set up twelve sample organizations as tenants, with a million events in ninety days.

    Repeating it on the same day completes what broke off.

    Args:
        fraction: Part of the people, greater than 0; 1 for all.
    """
    return asyncio.run(_import_samples(read_settings(os.environ), fraction))


async def _import_samples(settings: Settings, fraction: float) -> int:
    async with production(settings) as adapters:
        with progress_bar() as bar:
            task = bar.add_task("Sample events", total=None)

            def told(name: str, count: int) -> None:
                bar.update(task, description=f"Sample events of {name}", completed=count)

            now = adapters.clock.now()
            kept = await fill_sample_organizations(use_cases(adapters), now, fraction, told)
    print(f"Twelve sample organizations hold {kept:,} events.")
    return 0


async def _import(settings: Settings, file: Path, tenant: TenantId) -> int:
    check_there(file)
    rows = read_events(file)
    shown = 0
    progress = ImportProgress(0)
    async with production(settings) as adapters:
        cases = use_cases(adapters)
        await cases.get_tenant(tenant)
        kept = cases.import_events(tenant, _fingerprint(file), _one_by_one(rows))
        with progress_bar() as bar:
            task = bar.add_task(f"Importing {file.name}", total=None)
            async with aclosing(kept) as batches:
                async for progress in batches:
                    bar.update(task, completed=progress.line)
                    for one in progress.refusals[: max(0, MOST_SHOWN - shown)]:
                        told = "; ".join(
                            f"{'.'.join(map(str, flaw.path))}: {flaw.message}".removeprefix(": ")
                            for flaw in one.errors
                        )
                        print(f"{file}:{one.line}: {told}", file=sys.stderr)
                        shown += 1
    _report(file, progress, shown)
    return 1 if progress.refused else 0


def _report(file: Path, progress: ImportProgress, shown: int) -> None:
    if progress.refused > shown:
        print(f"… and {progress.refused - shown:,} more", file=sys.stderr)
    print(
        f"Imported {progress.accepted:,} events from {file}; "
        f"{progress.duplicates:,} were there already, {progress.refused:,} rows were refused."
    )


async def _one_by_one(rows: Iterator[NumberedDraft]) -> AsyncGenerator[NumberedDraft, None]:
    for row in rows:
        yield row


def _fingerprint(file: Path) -> str:
    """Names a file by what it holds."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
