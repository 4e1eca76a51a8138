"""API10:2023 Unsafe consumption of APIs.

Control: the market API is believed only as far as its answers can be true: what is no
strict JSON or of another type refuses the whole answer, figures that cannot be are set aside
with a reason, and answers have a largest size and a deadline. The table of faults is in
tests/adapters/market_api/test_fault_table.py.
"""

import json
from datetime import timedelta
from typing import Any

import pytest

from sightline.adapters.market_api.decoding import MalformedAnswer, told
from sightline.adapters.market_api.stand_in import Fault
from sightline.domain.portfolio.benchmarks import Source
from sightline.domain.portfolio.market_validation import believed

from ..adapters.market_api.rig import EVERY, LOOP, facts, rigged, truth
from ..adapters.market_api.test_decoding import NOW, answer, body


@pytest.mark.parametrize("fault", [Fault.NAN, Fault.HUGE, Fault.MALFORMED, Fault.NOT_JSON])
async def test_nonsense_never_comes_through_and_what_was_kept_is_told_as_old(fault: Fault) -> None:
    async with rigged() as rig:
        good = await rig.gateway().read(LOOP, EVERY)
        rig.clock.move(timedelta(days=2))
        rig.stand_in.fault = fault
        reading = await rig.gateway().read(LOOP, EVERY)
        assert (reading.source, reading.degraded) == (Source.SNAPSHOT, True)
        assert facts(reading) == facts(good) <= truth()


@pytest.mark.parametrize(
    "changes",
    [{"market_id": "1"}, {"market_id": 2}, {"data_quality_score": "0.9"}, {"sample_size": 1e400},
     {"performance": {}}, {"performance": [[]]}, {"market_name": ["x"]}, {"last_updated": 1},
     {"performance": [{"date": "2025-01-01", "avg_rent_per_sqft": "32.5"}]},
     {"performance": [{"date": "2025-01-01", "avg_rent_per_sqft": True}]}],
    ids=str,
)  # fmt: skip
def test_a_field_of_another_type_refuses_the_whole_answer(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswer):
        told(body(**changes), LOOP, EVERY, NOW)


@pytest.mark.parametrize(
    ("value", "reason"),
    [(-1.0, "negative"), (250.0, "out_of_range"), (1e300, "out_of_range"), (0.8, "unit_suspect")],
)
def test_a_figure_that_cannot_be_is_set_aside_with_its_reason(value: float, reason: str) -> None:
    months = [dict(month) for month in answer()["performance"]]
    months[1]["avg_occupancy_rate"] = value
    sent = json.dumps({**answer(), "performance": months}).encode()
    found = believed(told(sent, LOOP, EVERY, NOW), NOW.date())
    assert [one.reason for one in found.quarantined] == [reason]
    kept = {entry for month in found.months for entry in month.values.values()}
    assert value not in kept
    assert 32.5 in kept
