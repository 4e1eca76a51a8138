"""The file of trusted issuers, read strictly."""

import json
from pathlib import Path
from typing import Any

import pytest

from sightline.domain.errors import InvalidInput
from sightline.domain.tenancy import Role
from sightline.entrypoints.issuers_file import read_issuers
from sightline.entrypoints.settings import InvalidSettings, read_settings

ENTRY: dict[str, Any] = {
    "name": "okta",
    "issuer": "https://id.example.com",
    "audience": "sightline",
    "tenants": {"org_1": "acme"},
    "jwks_url": "https://id.example.com/keys",
}
KEY = {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "Ag", "kid": "k", "key_ops": ["verify"]}


def read(**changed: Any) -> Any:
    entry = {name: value for name, value in {**ENTRY, **changed}.items() if value != "left out"}
    return read_issuers(json.dumps([entry]).encode())


def test_an_issuer_is_read_whole() -> None:
    (issuer,) = read(
        role_claim="groups",
        roles={"Analysts": "analyst"},
        scope_claim="scp",
        tenant_claim="tid",
        types=["at+jwt", "application/JWT"],
    )
    assert issuer.demands.issuer == "https://id.example.com"
    assert (issuer.demands.tenant_claim, issuer.scope_claim) == ("tid", "scp")
    assert issuer.demands.types == {"at+jwt", "jwt"}
    assert issuer.tenants == {"org_1": "acme"}
    assert issuer.roles == {"Analysts": Role.ANALYST}


def test_keys_may_stand_in_the_file_and_every_customer_may_be_meant() -> None:
    (issuer,) = read(jwks_url="left out", keys=[KEY], tenants=None)
    assert [key.id for key in issuer.keys] == ["k"]
    assert issuer.tenants is None


@pytest.mark.parametrize(
    "changed",
    [
        {"tenants": "left out"},
        {"tenants": ["acme"]},
        {"jwks_url": "left out"},
        {"keys": [KEY]},
        {"jwks_url": "left out", "keys": [{**KEY, "d": "AQ"}]},
        {"jwks_url": "left out", "keys": "all"},
        {"jwks_url": "http://id.example.com/keys"},
        {"jwks_url": "file:///etc/passwd"},
        {"jwks_url": "https://user:secret@id.example.com/keys"},
        {"jwks_url": "https://"},
        {"roles": {"x": "root"}},
        {"roles": ["x"]},
        {"name": "O K T A"},
        {"isuer": "x"},
        {"audience": 7},
    ],
    ids=str,
)
def test_what_is_not_right_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        read(**changed)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/keys", "http://localhost/k", "http://[::1]/"])
def test_keys_on_this_machine_may_come_without_tls(url: str) -> None:
    assert read(jwks_url=url)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b"[" * 100_000])
def test_a_file_that_is_no_list_of_issuers_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_issuers(content)


def test_two_issuers_need_two_names_and_two_addresses() -> None:
    for other in ({**ENTRY, "issuer": "https://b"}, {**ENTRY, "name": "b"}):
        with pytest.raises(InvalidInput):
            read_issuers(json.dumps([ENTRY, other]).encode())


def test_a_wrong_file_stops_the_start_and_names_the_variable(tmp_path: Path) -> None:
    path = tmp_path / "issuers.json"
    settings = read_settings({"SIGHTLINE_ISSUERS_FILE": str(path)})
    with pytest.raises(InvalidSettings, match="SIGHTLINE_ISSUERS_FILE"):
        settings.trusted_issuers()
    path.write_text(json.dumps([{**ENTRY, "issuer": settings.public_url}]))
    with pytest.raises(InvalidSettings, match="own address"):
        settings.trusted_issuers()
    path.write_text(json.dumps([ENTRY]))
    assert [issuer.name for issuer in settings.trusted_issuers()] == ["okta"]
    assert read_settings({}).trusted_issuers() == ()


def test_the_public_address_follows_host_and_port() -> None:
    assert read_settings({}).public_url == "http://127.0.0.1:8000"
    here = {"SIGHTLINE_HOST": "::1", "SIGHTLINE_PORT": "9000"}
    assert read_settings(here).public_url == "http://[::1]:9000"
