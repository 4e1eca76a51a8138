"""Events as they come from the store: NDJSON, CSV, Excel, Arrow or Parquet, never held whole."""

import asyncio
import csv
import io
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from ...domain.attributes import canonical_text
from ...domain.events import Event
from .problems import NotAcceptable
from .sinks import Written
from .spreadsheets import CSV, NDJSON, harmless
from .workbooks import EXCEL, Value, Workbook

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
STREAMED = (NDJSON, CSV, EXCEL, ARROW, PARQUET)

COLUMNS = (
    "position",
    "event_id",
    "user_id",
    "event_type",
    "timestamp",
    "received_at",
    "schema_version",
    "properties",
)
#: Events that are written without a pause: some 10 ms of work.
_AT_ONCE = 1_000
#: A row group of a Parquet file is written once it has so many rows or bytes.
_GROUP_ROWS, _GROUP_BYTES = 20_000, 16 * 1024 * 1024

Portions = AsyncGenerator[tuple[Event, ...], None]
Writing = Callable[[Portions], AsyncGenerator[bytes, None]]


def writing(media: str) -> Writing:
    """What writes portions of events in a media type.

    Raises:
        NotAcceptable: If it is Arrow or Parquet, and Arrow is not installed.
    """
    if media in {ARROW, PARQUET} and not _has_arrow():
        message = "Arrow is not installed here; ask for application/x-ndjson or text/csv"
        raise NotAcceptable(message)
    write = _WRITERS[media]
    return lambda portions: write(_slices(portions))


async def _slices(portions: Portions) -> Portions:
    """The same in small portions, between which others who wait for this process get a turn."""
    async with aclosing(portions) as some:
        async for portion in some:
            for at in range(0, len(portion), _AT_ONCE):
                yield portion[at : at + _AT_ONCE]
                await asyncio.sleep(0)


async def _ndjson(portions: Portions) -> AsyncGenerator[bytes, None]:
    encode = msgspec.json.Encoder().encode_lines
    async with aclosing(portions) as some:
        async for portion in some:
            yield encode(portion)


async def _csv(portions: Portions) -> AsyncGenerator[bytes, None]:
    yield _rows([COLUMNS])
    async with aclosing(portions) as some:
        async for portion in some:
            yield _rows(_cells(event) for event in portion)


def _rows(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cells(event: Event) -> tuple[object, ...]:
    return (
        event.position,
        harmless(event.event_id),
        harmless(event.user_id),
        harmless(event.event_type),
        event.timestamp.isoformat().replace("+00:00", "Z"),
        event.received_at.isoformat().replace("+00:00", "Z"),
        event.schema_version or "",
        canonical_text(dict(event.properties)),
    )


async def _excel(portions: Portions) -> AsyncGenerator[bytes, None]:
    book = Workbook(COLUMNS)
    async with aclosing(portions) as some:
        async for portion in some:
            yield book.add(map(_values, portion))
    yield book.end()


def _values(event: Event) -> tuple[Value, ...]:
    return (
        event.position,
        event.event_id,
        event.user_id,
        event.event_type,
        event.timestamp,
        event.received_at,
        event.schema_version,
        canonical_text(dict(event.properties)),
    )


async def _arrow(portions: Portions) -> AsyncGenerator[bytes, None]:
    import pyarrow  # noqa: PLC0415  large, and of use to few

    schema, sink = _schema(), Written()
    with pyarrow.ipc.new_stream(sink, schema) as writer:
        async with aclosing(portions) as some:
            async for portion in some:
                writer.write_batch(_batch(portion, schema))
                yield sink.taken()
    yield sink.taken()


async def _parquet(portions: Portions) -> AsyncGenerator[bytes, None]:
    import pyarrow.parquet  # noqa: PLC0415  as above

    schema, sink = _schema(), Written()
    waiting: list[Any] = []
    with pyarrow.parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        async with aclosing(portions) as some:
            async for portion in some:
                waiting.append(_batch(portion, schema))
                if _enough(waiting):
                    _write_group(writer, waiting)
                    yield sink.taken()
        if waiting:
            _write_group(writer, waiting)
    yield sink.taken()


def _enough(batches: Sequence[Any]) -> bool:
    """Whether batches fill a row group: groups of a few rows make a file slow to read."""
    rows, size = sum(one.num_rows for one in batches), sum(one.nbytes for one in batches)
    return bool(rows >= _GROUP_ROWS or size >= _GROUP_BYTES)


def _write_group(writer: Any, waiting: list[Any]) -> None:
    import pyarrow  # noqa: PLC0415  as above

    table = pyarrow.Table.from_batches(waiting)
    writer.write_table(table, row_group_size=table.num_rows)
    waiting.clear()


def _schema() -> Any:
    import pyarrow  # noqa: PLC0415  as above

    instant = pyarrow.timestamp("us", "UTC")
    text, whole = pyarrow.string(), pyarrow.int64()
    kinds = (whole, text, text, text, instant, instant, text, text)
    return pyarrow.schema(list(zip(COLUMNS, kinds, strict=True)))


def _batch(portion: Sequence[Event], schema: Any) -> Any:
    import pyarrow  # noqa: PLC0415  as above

    columns: dict[str, list[Any]] = {
        name: [getattr(event, name) for event in portion] for name in COLUMNS
    }
    columns["properties"] = [canonical_text(dict(event.properties)) for event in portion]
    arrays = [pyarrow.array(columns[name], schema.field(name).type) for name in COLUMNS]
    return pyarrow.record_batch(arrays, schema=schema)


def _has_arrow() -> bool:
    try:
        import pyarrow  # noqa: F401, PLC0415  as above
    except ImportError:
        return False
    return True


_WRITERS: Mapping[str, Writing] = {
    NDJSON: _ndjson,
    CSV: _csv,
    EXCEL: _excel,
    ARROW: _arrow,
    PARQUET: _parquet,
}
