"""What every store of revocations must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of an empty store.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from ...ports.revocations import Revocations
from ..strategies import instants

__all__ = ["test_what_is_revoked_stays_so_until_its_latest_end"]

Fresh = Callable[[], AbstractAsyncContextManager[Revocations]]

_IDS = ("jti-1", "Jti-1", "family", "")


@given(
    added=st.lists(st.tuples(st.sampled_from(_IDS), instants()), max_size=6),
    asked=st.frozensets(st.sampled_from(_IDS)),
    now=instants(),
)
async def test_what_is_revoked_stays_so_until_its_latest_end(
    fresh: Fresh, added: list[tuple[str, datetime]], asked: frozenset[str], now: datetime
) -> None:
    model: dict[str, datetime] = {}
    async with fresh() as revocations:
        assert not await revocations.any_of(asked)
        for identifier, until in added:
            await revocations.add(identifier, until)
            model[identifier] = max(until, model.get(identifier, until))
        assert await revocations.any_of(asked) is bool(asked & model.keys())
        over = {identifier for identifier, until in model.items() if until <= now}
        assert await revocations.prune(now) == len(over)
        for identifier in _IDS:
            kept = identifier in model and identifier not in over
            fresh_question = frozenset({identifier, f"never {now}"})
            assert await revocations.any_of(fresh_question) is kept
