from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given

from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.event_log import MemoryEventLog
from sightline.application.prune_request_keys import KEPT, PruneRequestKeys
from sightline.domain.events import EventBatch, RequestKey
from sightline.domain.identifiers import TenantId
from sightline.testing.strategies import event_batches

ACME = TenantId("acme")
NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)
KEY = RequestKey("k1", bytes(32))


@pytest.mark.parametrize(("late", "known"), [(0, True), (1, False)])
@given(batch=event_batches())
async def test_a_key_is_known_for_48_hours(batch: EventBatch, late: int, known: bool) -> None:
    log = MemoryEventLog()
    batch = evolve(batch, lenient=True, request=KEY, received_at=NOON)
    await log.append(ACME, batch)
    await PruneRequestKeys(log, FixedClock(NOON + KEPT + timedelta(microseconds=late)))()
    assert (await log.append(ACME, batch)).replayed is known
