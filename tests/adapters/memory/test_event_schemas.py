"""The checks that a process has at hand: how old they may be, what they cost."""

from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import define, field

from sightline.adapters.json_schema import OfflineSchemaChecker
from sightline.adapters.memory.event_schemas import (
    MemoryEventSchemaRepository,
    RecentSchemaChecks,
)
from sightline.domain.errors import Flaw, Unavailable
from sightline.domain.events.schema_verdicts import Consequence, PropertiesCheck, SchemaVerdict
from sightline.domain.events.schemas import (
    SchemaMode,
    SchemaRegistration,
    SchemaVersion,
    first_registration,
    next_registration,
)
from sightline.domain.identifiers import TenantId

ACME, RIVAL = TenantId("acme"), TenantId("rival")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PLAN: dict[str, Any] = {"type": "object", "required": ["plan"]}


@define
class CountingStore(MemoryEventSchemaRepository):
    """A store that knows how often it was asked, and may be out of reach."""

    asked: int = 0
    away: bool = False

    async def changed_since(
        self, tenant: TenantId, position: int
    ) -> tuple[SchemaRegistration, ...]:
        self.asked += 1
        if self.away:
            raise Unavailable("away")
        return await super().changed_since(tenant, position)


@define
class CountingChecker(OfflineSchemaChecker):
    compiled_count: int = 0

    def compiled(self, document: Any) -> PropertiesCheck:
        self.compiled_count += 1
        return super().compiled(document)


@define
class Scene:
    store: CountingStore = field(factory=CountingStore)
    checker: CountingChecker = field(factory=CountingChecker)
    now: float = 0.0
    checks: RecentSchemaChecks = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.checks = RecentSchemaChecks(self.store, self.checker, 1.0, lambda: self.now)

    async def register(self, event_type: str, mode: SchemaMode, **more: Any) -> SchemaRegistration:
        present = await self.store.get(ACME, event_type)
        document = {**PLAN, **more}
        if present is None:
            made = first_registration(event_type, document, mode, NOON)
            return await self.store.keep(ACME, made.registration, None)
        done = next_registration(present, document, mode, NOON)
        return await self.store.keep(ACME, done.registration, present.position)

    async def verdict(self, event_type: str, **properties: Any) -> SchemaVerdict | None:
        return (await self.checks.current(ACME)).verdict(event_type, properties)


@pytest.fixture
def scene() -> Scene:
    return Scene()


MISSING = (Flaw(("properties", "plan"), "missing", "required"),)


@pytest.mark.parametrize(
    ("mode", "consequence"),
    [
        (SchemaMode.ENFORCE, Consequence.REFUSE),
        (SchemaMode.QUARANTINE, Consequence.QUARANTINE),
        (SchemaMode.OBSERVE, Consequence.NOTE),
    ],
)
async def test_a_verdict_names_version_mode_and_what_becomes_of_the_event(
    scene: Scene, mode: SchemaMode, consequence: Consequence
) -> None:
    await scene.register("signup", mode)
    bad, good = await scene.verdict("signup"), await scene.verdict("signup", plan=1)
    assert bad == SchemaVerdict(SchemaVersion(1, 0), mode, MISSING)
    assert bad.consequence is consequence
    assert good is not None
    assert (good.flaws, good.consequence) == ((), Consequence.KEEP)


async def test_types_without_a_schema_have_no_verdict_and_retired_ones_no_more(
    scene: Scene,
) -> None:
    kept = await scene.register("signup", SchemaMode.ENFORCE)
    assert await scene.verdict("other") is None
    assert await scene.verdict("signup") is not None
    await scene.store.keep(ACME, kept.retired(NOON), kept.position)
    scene.checks.changed(ACME)
    assert await scene.verdict("signup") is None


async def test_at_most_twenty_flaws_are_told(scene: Scene) -> None:
    await scene.register(
        "signup", SchemaMode.ENFORCE, properties={"plan": {}}, additionalProperties=False
    )
    told = await scene.verdict("signup", **{f"p{n}": 1 for n in range(50)})
    assert told is not None
    assert len(told.flaws) == 20


async def test_what_another_process_changed_counts_a_second_later(scene: Scene) -> None:
    assert await scene.verdict("signup") is None
    await scene.register("signup", SchemaMode.ENFORCE)
    scene.now = 0.9
    assert await scene.verdict("signup") is None
    scene.now = 1.0
    assert await scene.verdict("signup") is not None


async def test_what_this_process_changed_counts_at_once(scene: Scene) -> None:
    assert await scene.verdict("signup") is None
    await scene.register("signup", SchemaMode.ENFORCE)
    scene.checks.changed(ACME)
    assert await scene.verdict("signup") is not None


async def test_nothing_is_asked_within_a_second_nor_compiled_twice(scene: Scene) -> None:
    await scene.register("signup", SchemaMode.ENFORCE)
    await scene.register("never seen", SchemaMode.ENFORCE)
    for _ in range(100):
        await scene.verdict("signup")
    assert (scene.store.asked, scene.checker.compiled_count) == (1, 1)
    for second in range(1, 5):
        scene.now = float(second)
        before = await scene.checks.current(ACME)
        assert await scene.checks.current(ACME) is before
        await scene.verdict("signup")
    assert (scene.store.asked, scene.checker.compiled_count) == (5, 1)
    await scene.register("signup", SchemaMode.OBSERVE)  # another mode of the same schema
    scene.now = 9.0
    told = await scene.verdict("signup")
    assert told is not None
    assert told.mode is SchemaMode.OBSERVE
    assert scene.checker.compiled_count == 1
    await scene.register("signup", SchemaMode.OBSERVE, title="other")
    scene.now = 12.0
    await scene.verdict("signup")
    assert scene.checker.compiled_count == 2


async def test_without_a_store_nothing_is_said(scene: Scene) -> None:
    scene.store.away = True
    with pytest.raises(Unavailable):
        await scene.verdict("signup")
    scene.store.away = False
    assert await scene.verdict("signup") is None


async def test_a_tenant_is_never_held_to_another_ones_schema(scene: Scene) -> None:
    await scene.register("signup", SchemaMode.ENFORCE)
    assert await scene.verdict("signup") is not None
    assert (await scene.checks.current(RIVAL)).verdict("signup", {}) is None
    theirs = first_registration("signup", {"type": "object"}, SchemaMode.OBSERVE, NOON)
    await scene.store.keep(RIVAL, theirs.registration, None)
    scene.checks.changed(RIVAL)
    told = (await scene.checks.current(RIVAL)).verdict("signup", {})
    assert told == SchemaVerdict(SchemaVersion(1, 0), SchemaMode.OBSERVE, ())
    assert (await scene.verdict("signup")) is not None
