"""Signing keys and families of refresh tokens."""

from datetime import datetime, timedelta

from hypothesis import strategies as st

from ...domain.identifiers import FamilyId, KeyId
from ...domain.tenancy import PublicKey, RefreshFamily, SigningKey
from .tenancy import scope_sets, tenant_ids
from .time import instants


def public_keys() -> st.SearchStrategy[PublicKey]:
    """Keys of two kinds that look right; nobody can sign for them."""
    elliptic = (("kty", "EC"), ("crv", "P-256"), ("x", "AQ"), ("y", "Ag"))
    edwards = (("kty", "OKP"), ("crv", "Ed25519"), ("x", "Aw"))
    kinds = st.sampled_from(
        ((frozenset({"ES256"}), elliptic), (frozenset({"EdDSA", "Ed25519"}), edwards))
    )
    ids = st.sampled_from(("k1", "k2", "k3"))
    return st.builds(lambda key_id, kind: PublicKey(key_id, *kind), ids, kinds)


def signing_keys() -> st.SearchStrategy[SigningKey]:
    """Keys whose numbers often collide."""
    sealed = st.sampled_from((b"", b"\0sealed\xff"))
    return st.builds(SigningKey, st.integers(1, 4), public_keys(), sealed, instants())


def refresh_families() -> st.SearchStrategy[RefreshFamily]:
    """Families in every state, rotated some hours after they began."""
    ids = st.sampled_from(("A" * 22, "b" * 22)).map(FamilyId)
    clients = st.sampled_from(("laptop", "Z9")).map(KeyId)

    def family(began: datetime) -> st.SearchStrategy[RefreshFamily]:
        later = st.integers(0, 40 * 24).map(lambda hours: began + timedelta(hours=hours))
        return st.builds(
            RefreshFamily,
            ids,
            tenant_ids(),
            clients,
            scope_sets(),
            st.just(began),
            st.integers(0, 5),
            later,
            st.none() | later,
        )

    return instants().flatmap(family)
