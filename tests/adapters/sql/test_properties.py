"""SQLite beside memory: whatever is done to both, both say the same."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sightline.adapters.memory.properties import MemoryPropertyRepository
from sightline.adapters.sql.properties import SqlPropertyRepository
from sightline.domain.errors import SightlineError
from sightline.domain.identifiers import PropertyId, TenantId
from sightline.domain.portfolio.comparison import ComparisonPolicy
from sightline.domain.portfolio.property import MonthlyRecord, PropertyDraft
from sightline.domain.portfolio.selection import PropertyQuery
from sightline.testing.strategies import (
    comparison_policies,
    histories,
    property_drafts,
    property_ids,
    property_queries,
)

from ...contracts.stores import sqlite_database

NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)
tenants = st.sampled_from([TenantId("acme"), TenantId("rival")])
ids = property_ids()
versions = st.none() | st.integers(0, 8)


class SqliteBesideMemory(RuleBasedStateMachine):
    """Whatever is done to both, both say the same."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.memory = MemoryPropertyRepository()
        database = self.runner.run(self.stack.enter_async_context(sqlite_database()))
        self.sqlite = SqlPropertyRepository(database)

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()

    def both(self, call: str, *arguments: object) -> None:
        expected = self.runner.run(_outcome(getattr(self.memory, call)(*arguments)))
        assert self.runner.run(_outcome(getattr(self.sqlite, call)(*arguments))) == expected

    @rule(tenant=tenants, draft=property_drafts(st.none() | ids))
    def add(self, tenant: TenantId, draft: PropertyDraft) -> None:
        self.both("add", tenant, draft, NOON)

    @rule(tenant=tenants, drafts=st.lists(property_drafts(st.none() | ids), max_size=3))
    def put_all(self, tenant: TenantId, drafts: list[PropertyDraft]) -> None:
        self.both("put_all", tenant, drafts, NOON)

    @rule(tenant=tenants, draft=property_drafts(), identifier=ids, version=st.integers(0, 8))
    def replace(
        self, tenant: TenantId, draft: PropertyDraft, identifier: PropertyId, version: int
    ) -> None:
        self.both("replace", tenant, draft.kept(identifier, version, NOON), version)

    @rule(tenant=tenants, draft=property_drafts(), identifier=ids)
    def change_the_present(
        self, tenant: TenantId, draft: PropertyDraft, identifier: PropertyId
    ) -> None:
        present = self.runner.run(_outcome(self.memory.get(tenant, identifier)))
        if not isinstance(present, str):
            self.both("replace", tenant, evolve(present, name=draft.name), present.version)

    @rule(tenant=tenants, identifier=ids, version=versions)
    def remove(self, tenant: TenantId, identifier: PropertyId, version: int | None) -> None:
        self.both("remove", tenant, identifier, version)

    @rule(tenant=tenants, put=st.dictionaries(ids, histories(), max_size=2), version=versions)
    def replace_histories(
        self,
        tenant: TenantId,
        put: dict[PropertyId, tuple[MonthlyRecord, ...]],
        version: int | None,
    ) -> None:
        expected = {} if version is None else dict.fromkeys(put, version)
        self.both("replace_histories", tenant, put, expected, NOON)

    @rule(tenant=tenants, policy=comparison_policies(), version=versions)
    def set_comparison_policy(
        self, tenant: TenantId, policy: ComparisonPolicy, version: int | None
    ) -> None:
        self.both("set_comparison_policy", tenant, policy, version)

    @rule(tenant=tenants, query=property_queries())
    def page(self, tenant: TenantId, query: PropertyQuery) -> None:
        self.both("page", tenant, query)

    @invariant()
    def everything_is_the_same(self) -> None:
        for tenant in (TenantId("acme"), TenantId("rival")):
            self.both("comparison_policy", tenant)
            self.both("page", tenant, PropertyQuery())
            self.both("history", tenant, PropertyId(1))


async def _outcome(call: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await call
    except SightlineError as error:
        return f"{type(error).__name__}: {error}"


TestSqliteBesideMemory = SqliteBesideMemory.TestCase
TestSqliteBesideMemory.settings = settings(max_examples=8, stateful_step_count=12, deadline=None)
