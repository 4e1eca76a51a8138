"""What every store of event schemas must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty stores.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.errors import EventSchemaNotFound, VersionMismatch
from ...domain.events.schema_listing import SchemaQuery
from ...domain.events.schemas import (
    SchemaMode,
    SchemaRegistration,
    SchemaVersion,
    first_registration,
    next_registration,
)
from ...domain.identifiers import TenantId
from ...ports.event_schemas import EventSchemaRepository
from ..strategies import schema_queries, schema_registrations

__all__ = [
    "test_a_page_is_what_the_query_picks",
    "test_a_registration_made_from_an_old_one_is_refused",
    "test_a_tenant_never_sees_another",
    "test_a_version_stays_what_it_was",
    "test_of_concurrent_registrations_of_one_type_one_wins",
    "test_registrations_of_many_types_at_once_all_arrive_each_at_its_position",
    "test_there_is_nothing_before_anything_is_registered",
    "test_what_changed_after_a_position_comes_in_its_order",
    "test_what_was_kept_comes_back_at_its_position",
]

Fresh = Callable[[], AbstractAsyncContextManager[EventSchemaRepository]]

ACME, RIVAL = TenantId("acme"), TenantId("rival")
NOON = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)


def document(number: int) -> dict[str, Any]:
    """Documents each of which is another major version."""
    return {"type": "object", "required": [f"né {number}"], "x-note": [1.5, None, "\u2028"]}


def first(event_type: str = "signup", number: int = 0) -> SchemaRegistration:
    """A registration of an event type that has none."""
    return first_registration(event_type, document(number), SchemaMode.ENFORCE, NOON).registration


def following(kept: SchemaRegistration, number: int) -> SchemaRegistration:
    """The registration of another document, a day later."""
    later = NOON + timedelta(days=number)
    return next_registration(kept, document(number), SchemaMode.OBSERVE, later).registration


async def test_there_is_nothing_before_anything_is_registered(fresh: Fresh) -> None:
    async with fresh() as schemas:
        assert await schemas.get(ACME, "signup") is None
        assert await schemas.versions(ACME, "signup") == ()
        assert await schemas.changed_since(ACME, 0) == ()
        assert await schemas.in_force(ACME) == 0
        page = await schemas.page(ACME, SchemaQuery())
        assert (page.items, page.next) == ((), None)
        with pytest.raises(EventSchemaNotFound):
            await schemas.version(ACME, "signup", SchemaVersion(1, 0))


@given(registration=schema_registrations())
async def test_what_was_kept_comes_back_at_its_position(
    fresh: Fresh, registration: SchemaRegistration
) -> None:
    async with fresh() as schemas:
        kept = await schemas.keep(ACME, registration, None)
        assert kept == evolve(registration, position=kept.position)
        assert kept.position > 0
        current, name = kept.current, kept.event_type
        assert await schemas.get(ACME, name) == kept
        assert await schemas.versions(ACME, name) == (current,)
        found = await schemas.version(ACME, name, current.version)
        assert found == current
        assert list(found.document) == list(current.document)
        assert await schemas.in_force(ACME) == (kept.retired_at is None)


async def test_a_version_stays_what_it_was(fresh: Fresh) -> None:
    async with fresh() as schemas:
        kept = [await schemas.keep(ACME, first(), None)]
        for number in range(1, 12):
            kept.append(await schemas.keep(ACME, following(kept[-1], number), kept[-1].position))
        retired = await schemas.keep(ACME, kept[-1].retired(NOON), kept[-1].position)
        assert retired.current == kept[-1].current
        # Numbers, not texts: 10.0 is after 9.0.
        newest_first = tuple(one.current for one in reversed(kept))
        assert await schemas.versions(ACME, "signup") == newest_first
        for one in newest_first:
            assert await schemas.version(ACME, "signup", one.version) == one
        assert await schemas.get(ACME, "signup") == retired


async def test_a_registration_made_from_an_old_one_is_refused(fresh: Fresh) -> None:
    async with fresh() as schemas:
        old = await schemas.keep(ACME, first(), None)
        new = await schemas.keep(ACME, following(old, 1), old.position)
        for replaces in (None, old.position, new.position + 1):
            with pytest.raises(VersionMismatch):
                await schemas.keep(ACME, following(new, 2), replaces)
        with pytest.raises(VersionMismatch):
            await schemas.keep(ACME, first("other"), new.position)
        assert await schemas.get(ACME, "signup") == new
        assert await schemas.get(ACME, "other") is None
        assert await schemas.versions(ACME, "signup") == (new.current, old.current)
        assert await schemas.changed_since(ACME, old.position) == (new,)


@given(
    registrations=st.lists(
        schema_registrations(), max_size=5, unique_by=lambda one: one.event_type
    ),
    query=schema_queries(),
)
async def test_a_page_is_what_the_query_picks(
    fresh: Fresh, registrations: Sequence[SchemaRegistration], query: SchemaQuery
) -> None:
    async with fresh() as schemas:
        kept = [await schemas.keep(ACME, one, None) for one in registrations]
        wanted = query.reference(kept)
        page = await schemas.page(ACME, query)
        assert page.items == wanted[: query.limit]
        more = len(wanted) > query.limit
        assert page.next == (page.items[-1].event_type if more else None)


async def test_what_changed_after_a_position_comes_in_its_order(fresh: Fresh) -> None:
    async with fresh() as schemas:
        b = await schemas.keep(ACME, first("b"), None)
        a = await schemas.keep(ACME, first("a"), None)
        assert await schemas.changed_since(ACME, 0) == (b, a)
        assert await schemas.changed_since(ACME, b.position) == (a,)
        retired = await schemas.keep(ACME, b.retired(NOON), b.position)
        assert await schemas.changed_since(ACME, a.position) == (retired,)
        assert await schemas.changed_since(ACME, 0) == (a, retired)
        assert await schemas.changed_since(ACME, retired.position) == ()
        assert await schemas.in_force(ACME) == 1


@given(ours=schema_registrations(), theirs=schema_registrations())
async def test_a_tenant_never_sees_another(
    fresh: Fresh, ours: SchemaRegistration, theirs: SchemaRegistration
) -> None:
    async with fresh() as schemas:
        kept = await schemas.keep(ACME, ours, None)
        name = kept.event_type
        assert await schemas.get(RIVAL, name) is None
        assert await schemas.versions(RIVAL, name) == ()
        assert await schemas.changed_since(RIVAL, 0) == ()
        assert await schemas.in_force(RIVAL) == 0
        assert (await schemas.page(RIVAL, SchemaQuery())).items == ()
        with pytest.raises(EventSchemaNotFound):
            await schemas.version(RIVAL, name, kept.current.version)
        other = await schemas.keep(RIVAL, theirs, None)
        assert await schemas.changed_since(RIVAL, 0) == (other,)
        assert await schemas.changed_since(ACME, 0) == (kept,)


async def test_of_concurrent_registrations_of_one_type_one_wins(fresh: Fresh) -> None:
    async with fresh() as schemas:
        asked = [schemas.keep(ACME, first(number=n), None) for n in range(8)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        won = [one for one in answers if isinstance(one, SchemaRegistration)]
        assert len(won) == 1
        assert sum(isinstance(one, VersionMismatch) for one in answers) == 7
        assert await schemas.get(ACME, "signup") == won[0]
        assert await schemas.versions(ACME, "signup") == (won[0].current,)


async def test_registrations_of_many_types_at_once_all_arrive_each_at_its_position(
    fresh: Fresh,
) -> None:
    async with fresh() as schemas:
        asked = [schemas.keep(ACME, first(f"type {n}"), None) for n in range(8)]
        kept = await asyncio.gather(*asked)
        in_order = tuple(sorted(kept, key=lambda one: one.position))
        assert len({one.position for one in kept}) == 8
        assert await schemas.changed_since(ACME, 0) == in_order
