"""How streams are written: as they come, and never held whole."""

import asyncio
import io
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pyarrow.parquet

from sightline.domain.events import Event
from sightline.entrypoints.http.event_streams import PARQUET, STREAMED, writing

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def event(position: int) -> Event:
    return Event(f"e{position}", "u1", "visit", NOON, {"n": position}, NOON, None, position)


class Portions:
    """Portions of events, and how many of them were taken already."""

    def __init__(self, many: int, length: int) -> None:
        self.many, self.length, self.taken = many, length, 0

    async def each(self) -> AsyncGenerator[tuple[Event, ...], None]:
        for at in range(self.many):
            self.taken += 1
            yield tuple(map(event, range(at * self.length, (at + 1) * self.length)))


async def test_what_is_written_goes_out_before_the_next_is_taken() -> None:
    for media in STREAMED:
        portions = Portions(many=8, length=10_000)
        sizes = [
            (portions.taken, len(part)) async for part in writing(media)(portions.each()) if part
        ]
        assert sizes[0][0] <= 2, media
        assert max(size for _, size in sizes) <= sum(size for _, size in sizes) / 3, media


async def take_turns(turns: list[int]) -> None:
    while True:
        await asyncio.sleep(0)
        turns.append(1)


async def test_others_get_a_turn_while_a_large_portion_is_written() -> None:
    for media in STREAMED:
        turns: list[int] = []
        waiting = asyncio.create_task(take_turns(turns))
        async for _ in writing(media)(Portions(many=1, length=20_000).each()):
            pass
        waiting.cancel()
        assert len(turns) >= 10, media


async def test_a_parquet_file_has_groups_that_are_quick_to_read() -> None:
    portions = Portions(many=90, length=500)
    parts = [part async for part in writing(PARQUET)(portions.each())]
    file = pyarrow.parquet.ParquetFile(io.BytesIO(b"".join(parts)))
    groups = [file.metadata.row_group(at).num_rows for at in range(file.metadata.num_row_groups)]
    assert groups == [20_000, 20_000, 5_000]
    assert file.read()["position"].to_pylist() == list(range(45_000))


async def test_a_parquet_file_without_events_can_be_read() -> None:
    parts = [part async for part in writing(PARQUET)(Portions(many=0, length=0).each())]
    table = pyarrow.parquet.read_table(io.BytesIO(b"".join(parts)))
    assert (table.num_rows, table.column_names[0]) == (0, "position")
