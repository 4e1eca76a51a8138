from datetime import UTC, datetime

import pytest
from hypothesis import given

from sightline.domain.errors import InvalidInput
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.tenancy import ApiKey, Tenant
from sightline.testing.strategies import tenants

AT = datetime(2026, 1, 1, tzinfo=UTC)


@given(tenant=tenants())
def test_a_tenants_id_is_never_empty_and_lower_case(tenant: Tenant) -> None:
    assert tenant.id
    assert tenant.id == tenant.id.lower()


@pytest.mark.parametrize("wrong", ["", "Acme", "a b", "-a", "_a", "a" * 64, "ä", "a\n", "a/b"])
def test_an_id_that_people_could_mistake_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Tenant(TenantId(wrong), "Acme", AT)
    assert caught.value.flaws[0].path == ("id",)


@pytest.mark.parametrize("wrong", ["", "   ", "a\nb", "a\x00", "x" * 101])
def test_a_name_that_people_could_not_read_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput) as of_tenant:
        Tenant(TenantId("acme"), wrong, AT)
    with pytest.raises(InvalidInput) as of_key:
        ApiKey(KeyId("k"), TenantId("acme"), wrong, bytes(32), AT, frozenset())
    assert of_tenant.value.flaws == of_key.value.flaws


def test_showing_a_key_does_not_show_its_digest() -> None:
    assert "digest" not in repr(
        ApiKey(KeyId("k"), TenantId("acme"), "n", b"d" * 32, AT, frozenset())
    )
