"""The file of issuers whose tokens an operator believes."""

import ipaddress
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from attrs import field, frozen

from ..domain.errors import InvalidInput
from ..domain.identifiers import TenantId
from ..domain.tenancy import Demands, PublicKey, Role, TrustedIssuer, public_key
from .structuring import from_json


@frozen
class _Entry:
    """One issuer as the file tells it; `docs/authentication.md` explains every field."""

    name: str
    issuer: str
    audience: str
    tenants: Mapping[str, str] | None
    jwks_url: str = ""
    tenant_claim: str = "org_id"
    scope_claim: str = "scope"
    role_claim: str = ""
    roles: Mapping[str, Role] = field(factory=dict)
    types: tuple[str, ...] = ("at+jwt",)


def read_issuers(content: bytes) -> tuple[TrustedIssuer, ...]:
    """The issuers of a file: a JSON array of objects.

    Raises:
        InvalidInput: If it is not that, an issuer is not fit to be trusted, or two have
            one name or one `iss`.
    """
    try:
        listed = json.loads(content)
    except (ValueError, RecursionError):
        raise InvalidInput("is not JSON") from None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise InvalidInput("must be a list of issuers")
    found = tuple(_issuer(one) for one in listed)
    for names in ([one.name for one in found], [one.demands.issuer for one in found]):
        if len(set(names)) != len(names):
            raise InvalidInput("two issuers have the same name or the same issuer")
    return found


def _issuer(document: Mapping[str, object]) -> TrustedIssuer:
    for name in ("tenants", "roles"):
        if not isinstance(document.get(name) or {}, dict):
            raise InvalidInput(f"{name} must be an object", path=(name,), code="type")
    # Keys are read by their own rules: what is not known in them is passed over.
    entry = from_json({name: value for name, value in document.items() if name != "keys"}, _Entry)
    if entry.jwks_url and not _is_safe(entry.jwks_url):
        raise InvalidInput("jwks_url must be an https address, or http on this machine")
    tenants = entry.tenants
    return TrustedIssuer(
        entry.name,
        Demands(
            entry.issuer,
            entry.audience,
            entry.tenant_claim,
            frozenset(kind.lower().removeprefix("application/") for kind in entry.types),
        ),
        entry.jwks_url,
        _keys(document.get("keys", [])),
        None if tenants is None else {value: TenantId(name) for value, name in tenants.items()},
        entry.role_claim,
        entry.roles,
        entry.scope_claim,
    )


def _keys(documents: object) -> tuple[PublicKey, ...]:
    found = [public_key(one) for one in documents] if isinstance(documents, list) else [None]
    keys = tuple(key for key in found if key is not None)
    if len(keys) != len(found):
        raise InvalidInput("keys must be public keys: EC P-256, Ed25519, or RSA of 2048 bits")
    return keys


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    if parts.username or parts.fragment or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname))


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
