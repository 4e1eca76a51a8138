"""Audit entries, chains of them and questions about them."""

from hypothesis import strategies as st

from ...domain.governance import (
    AuditEntry,
    AuditOutcome,
    AuditQuery,
    AuditRecord,
    Personal,
    Tip,
    chained,
)
from ...domain.identifiers import TenantId
from .tenancy import tenant_ids
from .time import instants

_ACTIONS = ("getProperty", "updateProperty")
_ACTORS = ("A1", "Zoë")
_OBJECTS = ((None, None), ("property", "1"), ("property", 'é\\"\u2019'))
_SALTS = tuple(bytes(15) + bytes([number]) for number in range(3))


@st.composite
def audit_entries(draw: st.DrawFn, tenant: TenantId | None = None) -> AuditEntry:
    """Entries of few actors and operations, so that filters often fit."""
    kind, identifier = draw(st.sampled_from(_OBJECTS))
    return AuditEntry(
        tenant=tenant or draw(tenant_ids()),
        at=draw(instants()),
        actor_kind="api_key",
        personal=Personal(draw(st.sampled_from(_ACTORS)), "night – CI", "ab12"),
        salt=draw(st.sampled_from(_SALTS)),
        action=draw(st.sampled_from(_ACTIONS)),
        object_kind=kind,
        object_id=identifier,
        outcome=draw(st.sampled_from(AuditOutcome)),
        status=draw(st.sampled_from((200, 404, 503))),
        problem=draw(st.sampled_from((None, "not-found"))),
        request_id="0af7651916cd43dd8448eb211c80319c",
        trace_id="0af7651916cd43dd8448eb211c80319c",
        body_sha256=draw(st.sampled_from((None, "00" * 32))),
    )


def audit_chains(least: int = 1, most: int = 6) -> st.SearchStrategy[tuple[AuditRecord, ...]]:
    """Whole chains of one tenant."""
    tenant = TenantId("acme")
    entries = st.lists(audit_entries(tenant), min_size=least, max_size=most)
    return entries.map(lambda some: chained(Tip(tenant), some))


def audit_queries() -> st.SearchStrategy[AuditQuery]:
    """Pages with any filter, from any place on."""
    return st.builds(
        AuditQuery,
        since=st.none() | instants(),
        until=st.none() | instants(),
        actor=st.none() | st.sampled_from((*_ACTORS, "nobody")),
        action=st.none() | st.sampled_from(_ACTIONS),
        outcome=st.none() | st.sampled_from(AuditOutcome),
        object_kind=st.none() | st.sampled_from(("property", "job")),
        object_id=st.none() | st.just("1"),
        limit=st.integers(1, 4),
        before=st.none() | st.integers(1, 5),
    )
