"""Columns for questions out of ClickHouse, read anew for every question.

Nothing is kept between questions: another process may have erased a user meanwhile. Only rows
within the question's reach are read, from all servers at once; users are disjoint among them.
"""

# ruff: noqa: S608  statements are joined from pieces of ours; what comes from outside is bound

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from ...domain.attributes import Attributes
from ...domain.events import Leaf, Scope
from ...domain.events.filters import leaves
from ...domain.identifiers import TenantId
from ...domain.questions import Reach
from ..columns import UserColumns, Wanted
from ..columns.columns import Codes, Doubles, Longs
from ..columns.kept import KeptColumns, told
from ..columns.rows import Batch, checked_users
from ..columns.selecting import selected, view
from .conditions import Parameters, condition_sql
from .node import ClickHouseNode

T = TypeVar("T")
Columns = Sequence[NDArray[Any]]

#: A day of UTC, as a number of days since 1970.
_DAY = "intDiv(toUnixTimestamp64Micro(timestamp), 86400000000)"


@frozen(eq=False)
class ClickHouseColumns:
    """Columns out of some servers.

    Args:
        nodes: The servers, each with users of its own.
        loaded: Tells the position up to which a tenant is there on all of them.
    """

    nodes: Sequence[ClickHouseNode]
    loaded: Callable[[TenantId], Awaitable[int]]

    async def columns(
        self, tenant: TenantId, wanted: Wanted, users: Mapping[str, Attributes]
    ) -> UserColumns:
        """As `ColumnSource` says."""
        through = await self.loaded(tenant)
        if wanted.through is not None:
            through = min(through, wanted.through)
        fetched = await self._fetched(_Those(tenant, wanted, through))
        return await asyncio.to_thread(
            lambda: selected(view(KeptColumns(), fetched, wanted, through), wanted, users)
        )

    async def position(self, tenant: TenantId) -> int:
        """As `ColumnSource` says."""
        return await self.loaded(tenant)

    async def weight(self, tenant: TenantId, reach: Reach) -> int:
        """As `ColumnSource` says."""
        statement, values = _weight(tenant, reach, await self.loaded(tenant))
        found = await _all(node.ask(statement, values) for node in self.nodes)
        return sum(int(count) for ((count,),) in found)

    async def _fetched(self, those: "_Those") -> "_Fetched":
        rows, users = await asyncio.gather(
            self._everywhere(*those.rows()), self._everywhere(*those.users())
        )
        fitting = await _each(
            {name: self._everywhere(*those.fitting(leaf)) for name, leaf in those.leaves().items()}
        )
        texts = await _each({n: self._everywhere(*those.texts(n)) for n in those.text_names()})
        numbers = await _each(
            {n: self._everywhere(*those.numbers(n)) for n in those.wanted.numbers}
        )
        return _Fetched(rows, users, fitting, texts, numbers)

    async def _everywhere(self, statement: str, values: dict[str, object]) -> Columns:
        """The columns of an answer, those of all servers one after the other."""
        found = await _all(node.ask_columns(statement, values) for node in self.nodes)
        some = [columns for columns in found if columns and len(columns[0])]
        return [np.concatenate(list(map(_array, parts))) for parts in zip(*some, strict=True)]


class _Those:
    """What a question looks at, as statements."""

    def __init__(self, tenant: TenantId, wanted: Wanted, through: int) -> None:
        self._tenant, self._through, self.wanted = tenant, through, wanted

    def leaves(self) -> Mapping[str, Leaf]:
        """The comparisons of properties of events, each once, by what `told` says of them."""
        filters = (one.filters for one in self.wanted.patterns if one.filters is not None)
        named = (leaf for one in filters for leaf in leaves(one) if leaf.scope is Scope.EVENT)
        return {told(leaf): leaf for leaf in named}

    def text_names(self) -> Iterable[str]:
        """The properties whose texts are read."""
        return {one.property for one in self.wanted.fields if one.scope is Scope.EVENT}

    def rows(self) -> tuple[str, dict[str, object]]:
        bound = Parameters()
        said = "position, sipHash64(user_id), toUnixTimestamp64Micro(timestamp), event_type"
        return f"select {said} {self._from(bound)} order by position", bound.values

    def users(self) -> tuple[str, dict[str, object]]:
        bound = Parameters()
        return f"select distinct sipHash64(user_id), user_id {self._from(bound)}", bound.values

    def fitting(self, leaf: Leaf) -> tuple[str, dict[str, object]]:
        bound = Parameters()
        holds = condition_sql(leaf, bound)
        return f"select position {self._from(bound)} and ({holds})", bound.values

    def texts(self, name: str) -> tuple[str, dict[str, object]]:
        bound = Parameters()
        fact = f"facts[{bound.text(name)}]"
        return (
            f"select position, substring({fact}, 2) {self._from(bound)} and {fact} != ''",
            bound.values,
        )

    def numbers(self, name: str) -> tuple[str, dict[str, object]]:
        bound = Parameters()
        fact = f"facts[{bound.text(name)}]"
        number = f"JSONExtractFloat(substring({fact}, 2))"
        where = f"{self._from(bound)} and startsWith({fact}, 'n')"
        return f"select position, {number} {where}", bound.values

    def _from(self, bound: Parameters) -> str:
        wanted = self.wanted
        parts = [
            f"tenant = {bound.text(self._tenant)}",
            f"position <= {bound.bound(self._through, 'UInt64')}",
        ]
        if wanted.start is not None:
            parts.append(f"timestamp >= {bound.instant(wanted.start)}")
        if wanted.end is not None:
            parts.append(f"timestamp < {bound.instant(wanted.end)}")
        types = [one.types for one in wanted.patterns]
        if None not in types:
            named = frozenset[str]().union(*(one for one in types if one))
            parts.append(bound.texts("event_type", sorted(named)))
        return f"from event final where {' and '.join(parts)}"


@frozen(eq=False)
class _Fetched:
    """What was read for one question: a reader of the stretch that it was read for alone."""

    row_columns: Columns
    user_columns: Columns
    fitting_columns: Mapping[str, Columns]
    text_columns: Mapping[str, Columns]
    number_columns: Mapping[str, Columns]

    def rows(self, after: int, through: int) -> Batch:
        if not self.row_columns:
            none = np.empty(0, np.int64)
            return Batch(none, none.astype(np.uint64), none, none.astype(np.int32), (), {})
        position, key, at, kinds = self.row_columns
        order = np.argsort(position, kind="stable")
        names, types = _coded(kinds[order])
        keys, ids = self.user_columns
        users = checked_users(list(zip(keys.tolist(), ids, strict=True)))
        return Batch(
            position[order].astype(np.int64),
            key[order].astype(np.uint64),
            at[order].astype(np.int64),
            types,
            names,
            users,
        )

    def fitting(self, leaf: Leaf, after: int, through: int) -> Longs:
        found = self.fitting_columns[told(leaf)]
        return found[0].astype(np.int64) if found else np.empty(0, np.int64)

    def texts(self, name: str, after: int, through: int) -> tuple[Longs, Codes, Sequence[str]]:
        found = self.text_columns[name]
        if not found:
            return np.empty(0, np.int64), np.empty(0, np.int32), ()
        names, codes = _coded(found[1])
        return found[0].astype(np.int64), codes, names

    def numbers(self, name: str, after: int, through: int) -> tuple[Longs, Doubles]:
        found = self.number_columns[name]
        if not found:
            return np.empty(0, np.int64), np.empty(0, np.float64)
        return found[0].astype(np.int64), found[1].astype(np.float64)


def _array(values: Sequence[Any]) -> NDArray[Any]:
    """A column as an array; texts stay what they are."""
    return np.array(values, object) if isinstance(values[0], str) else np.array(values)


def _coded(texts: NDArray[Any]) -> tuple[Sequence[str], Codes]:
    """Different texts, and the place of each one among them."""
    place: dict[str, int] = {}
    codes = [place.setdefault(text, len(place)) for text in texts.tolist()]
    return tuple(place), np.array(codes, np.int32)


def _weight(tenant: TenantId, reach: Reach, through: int) -> tuple[str, dict[str, object]]:
    bound = Parameters()
    parts = [
        f"tenant = {bound.text(tenant)}",
        f"position <= {bound.bound(through, 'UInt64')}",
    ]
    if reach.start is not None:
        start = reach.start.replace(hour=0, minute=0, second=0, microsecond=0)
        parts.append(f"timestamp >= {bound.instant(start)}")
    if reach.end is not None:
        parts.append(f"{_DAY} <= {bound.bound(reach.end.toordinal() - 719_163, 'Int64')}")
    if reach.types is not None:
        parts.append(bound.texts("event_type", sorted(reach.types)))
    return f"select count() from event final where {' and '.join(parts)}", bound.values


async def _all(asked: Iterable[Awaitable[T]]) -> Sequence[T]:
    return await asyncio.gather(*asked)


async def _each(asked: Mapping[str, Awaitable[T]]) -> Mapping[str, T]:
    return dict(zip(asked, await _all(asked.values()), strict=True))
