"""Columns for questions out of a DuckDB file, kept in memory as far as they were asked for."""

# ruff: noqa: S608  statements are joined from pieces of ours; what comes from outside is bound

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from attrs import define, field, frozen
from duckdb import DuckDBPyConnection as Connection

from ...domain.attributes import Attributes
from ...domain.events import Leaf
from ...domain.identifiers import TenantId
from ...domain.questions import Reach
from ..columns import UserColumns, Wanted
from ..columns.columns import Codes, Doubles, Longs
from ..columns.kept import KeptColumns
from ..columns.rows import Batch, checked_users
from ..columns.selecting import View, selected, view
from .conditions import Parameters, condition_sql, number_sql, text_sql
from .database import DuckDbDatabase
from .day_sums import DaySums, day_sums, events_within
from .tables import tenant_of

MOST_KEPT = 768 * 1024 * 1024
"""About so much memory is used for kept columns; the tenant asked of longest ago goes first."""


@define(eq=False)
class DuckDbColumns:
    """Columns out of a file.

    Args:
        database: The file.
        most_kept: About how much memory may be used. [bytes]
    """

    database: DuckDbDatabase
    most_kept: int = MOST_KEPT
    _tenants: dict[TenantId, "_Tenant"] = field(factory=dict, init=False)
    _forgotten: dict[TenantId, int] = field(factory=dict, init=False)
    _positions: dict[TenantId, int] = field(factory=dict, init=False)
    _moved: int = field(default=0, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    async def columns(
        self, tenant: TenantId, wanted: Wanted, users: Mapping[str, Attributes]
    ) -> UserColumns:
        """As `ColumnSource` says."""
        forgotten = self._forgotten.get(tenant, 0)
        through = await self.position(tenant)
        return await self.database.read(
            lambda cursor: selected(
                self._view(_Reader(cursor, tenant), wanted, through, forgotten), wanted, users
            )
        )

    async def position(self, tenant: TenantId) -> int:
        """As `ColumnSource` says; read anew after every load."""
        if (known := self._positions.get(tenant)) is not None:
            return known
        moved = self._moved
        found = await self.database.read(lambda cursor: tenant_of(cursor, tenant)[1])
        if moved == self._moved:  # else it may be from before a load that has ended
            self._positions[tenant] = found
        return found

    @contextmanager
    def moving(self) -> Iterator[None]:
        """While events are loaded: positions that were known are not, before and after it."""
        try:
            self._forget_positions()
            yield
        finally:
            self._forget_positions()

    def _forget_positions(self) -> None:
        self._moved += 1
        self._positions.clear()

    async def weight(self, tenant: TenantId, reach: Reach) -> int:
        """As `ColumnSource` says; out of the sums by day and type, kept where they are few."""
        forgotten, moved = self._forgotten.get(tenant, 0), self._moved
        kept = self._tenant(tenant, forgotten)
        if kept.days_moved != moved:
            sums = await self.database.read(lambda cursor: day_sums(cursor, tenant))
            if moved == self._moved:  # else they may be from before a load that has ended
                kept.days, kept.days_moved = sums, moved
        else:
            sums = kept.days
        if sums is not None:
            return sums.events(reach)
        return await self.database.read(lambda cursor: events_within(cursor, tenant, reach))

    def forget(self, tenant: TenantId) -> None:
        """Read everything of a tenant anew: some of it is no longer there."""
        with self._lock:
            self._forgotten[tenant] = self._forgotten.get(tenant, 0) + 1
            self._tenants.pop(tenant, None)

    def _view(self, reader: "_Reader", wanted: Wanted, through: int, forgotten: int) -> View:
        kept = self._tenant(reader.tenant, forgotten)
        with kept.lock:  # two that read the same would do it twice
            seen = view(kept.columns, reader, wanted, through)
        self._make_room(reader.tenant)
        return seen

    def _tenant(self, tenant: TenantId, forgotten: int) -> "_Tenant":
        with self._lock:
            if self._forgotten.get(tenant, 0) != forgotten:
                return _Tenant()  # a snapshot from before an erasure must not be kept after it
            kept = self._tenants.pop(tenant, None) or _Tenant()
            self._tenants[tenant] = kept  # stands last: the others go first
            return kept

    def _make_room(self, but: TenantId) -> None:
        with self._lock:
            sizes = {one: kept.size for one, kept in self._tenants.items()}
            for one in list(self._tenants):
                if sum(sizes.values()) <= self.most_kept:
                    return
                if one != but:
                    del self._tenants[one], sizes[one]


@define(eq=False)
class _Tenant:
    columns: KeptColumns = field(factory=KeptColumns)
    days: DaySums | None = None
    days_moved: int = -1
    lock: threading.Lock = field(factory=threading.Lock)

    @property
    def size(self) -> int:
        """About how much memory it takes. [bytes]"""
        return self.columns.size + (0 if self.days is None else self.days.size)


@frozen(eq=False)
class _Reader:
    """Reads columns of one tenant in one snapshot; what is kept already needs no reading."""

    cursor: Connection
    tenant: TenantId

    def rows(self, after: int, through: int) -> Batch:
        some = self._some(after, through)
        names = self._texts(some, "event_type")
        users = self.cursor.execute(
            f"select distinct user_key, user_id {some.rows}", some.values
        ).fetchall()
        found = self._arrays(
            some,
            "select position, user_key, micros, code from (select position, user_key, "
            f"epoch_us(happened_at) as micros, event_type {some.rows}) "
            f"join {some.coded(names)} on event_type = told",
        )
        order = np.argsort(found["position"])  # in half the time of the engine
        return Batch(
            found["position"][order],
            found["user_key"][order],
            found["micros"][order],
            found["code"][order],
            names,
            checked_users(users),
        )

    def fitting(self, leaf: Leaf, after: int, through: int) -> Longs:
        some = self._some(after, through)
        holds = condition_sql(leaf, some.parameters)
        found: Longs = self._arrays(some, f"select position {some.rows} and {holds}")["position"]
        return found

    def texts(self, name: str, after: int, through: int) -> tuple[Longs, Codes, Sequence[str]]:
        some = self._some(after, through)
        text = text_sql(name, some.parameters)
        different = self._texts(some, text)
        found = self._arrays(
            some,
            f"select position, code from (select position, {text} as said {some.rows}) "
            f"join {some.coded(different)} on said = told",
        )
        return found["position"], found["code"], different

    def numbers(self, name: str, after: int, through: int) -> tuple[Longs, Doubles]:
        some = self._some(after, through)
        number = number_sql(name, some.parameters)
        found = self._arrays(
            some,
            f"select * from (select position, {number} as number {some.rows}) "
            "where number is not null",
        )
        return found["position"], found["number"]

    def _some(self, after: int, through: int) -> "_Some":
        key, _ = tenant_of(self.cursor, self.tenant)
        return _Some(key, after, through)

    def _texts(self, some: "_Some", text: str) -> list[str]:
        """The different texts of an expression, those that are null left out."""
        statement = f"select distinct {text} as told {some.rows} and {text} is not null"
        return [told for (told,) in self.cursor.execute(statement, some.values).fetchall()]

    def _arrays(self, some: "_Some", statement: str) -> dict[str, Any]:
        found = self.cursor.execute(statement, some.values).fetchnumpy()
        return {name: np.ma.getdata(values) for name, values in found.items()}


class _Some:
    """Some rows of a tenant, as a piece of a statement with what it is bound to."""

    def __init__(self, tenant: int, after: int, through: int) -> None:
        self.parameters = Parameters()
        bound = [self.parameters.bound(one) for one in (tenant, after, through)]
        self.rows = (
            f"from any_event where tenant = {bound[0]} "
            f"and position > {bound[1]} and position <= {bound[2]}"
        )

    @property
    def values(self) -> dict[str, object]:
        return self.parameters.values

    def coded(self, texts: Sequence[str]) -> str:
        """A table of texts with their places in a list."""
        place = self.parameters.bound(list(texts))
        return (
            f"(select unnest({place}::varchar[]) as told, "
            f"unnest(range(len({place}::varchar[])))::integer as code) coded"
        )
