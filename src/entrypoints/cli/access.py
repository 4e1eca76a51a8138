"""`sightline keys create|list|rotate|revoke`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

from cyclopts import Parameter

from ...bootstrap import UseCases, production, use_cases
from ...domain.errors import InvalidInput
from ...domain.identifiers import KeyId, TenantId
from ...domain.tenancy import (
    ROLES,
    IssuedKey,
    KeyDraft,
    KeyKind,
    Permission,
    Role,
    Scopes,
    SignatureAlgorithm,
    SigningDraft,
    holdable,
    read_public_key,
    scope_text,
)
from ..settings import read_settings


async def create_key(
    *,
    tenant: str,
    name: str | None = None,
    role: Role = Role.OPERATOR,
    scope: tuple[str, ...] = (),
    days: float | None = None,
    kind: KeyKind = KeyKind.LIVE,
    sign: SignatureAlgorithm | None = None,
    sign_optional: bool = False,
    public_key: str | None = None,
) -> None:
    """Make an API key and print it, this once; below it the secret that it signs with, if any.

    Args:
        tenant: Whose key it is.
        name: What its owner calls it; the role if left out.
        role: What it may do, as a bundle of scopes.
        scope: What it may do, such as energy:read, instead of a role; may be repeated.
        days: When it ends; without this only revoking ends it.
        kind: What its text says it is for.
        sign: How its requests must be signed; without this they are not.
        sign_optional: Check signatures where there are some, but let unsigned requests in.
        public_key: For ed25519: 32 bytes in base64url, as `x` of a JSON Web Key.
    """
    ends = None if days is None else datetime.now(UTC) + timedelta(days=days)
    signing = None
    if sign is not None:
        public = None if public_key is None else read_public_key(public_key)
        signing = SigningDraft(sign, not sign_optional, public)
    elif sign_optional or public_key is not None:
        raise InvalidInput("say with --sign how the key signs")
    draft = KeyDraft(name or role.value, _scopes(scope) or ROLES[role], ends, kind, signing)
    async with opened() as cases:
        issued = await cases.issue_api_key(TenantId(tenant), draft, holdable(TenantId(tenant)))
    _show(issued)


async def list_keys(*, tenant: str) -> None:
    """List a tenant's keys, without their secrets.

    Args:
        tenant: Whose keys.
    """
    async with opened() as cases:
        keys = await cases.list_api_keys(TenantId(tenant))
    for key in keys:
        ends = f"ends {key.expires_at:%Y-%m-%d %H:%M}Z" if key.expires_at else "does not end"
        used = f"used {key.last_used_at:%Y-%m-%d %H:%M}Z" if key.last_used_at else "never used"
        signs = f", signs by {key.signing.algorithm}" if key.signing else ""
        print(f"{key.id}  {key.name}  {ends}, {used}{signs}  {scope_text(key.scopes)}")


async def rotate_key(
    key: Annotated[str, Parameter(name="id")],
    /,
    *,
    tenant: str,
    overlap_hours: float = 24,
    kind: KeyKind = KeyKind.LIVE,
) -> None:
    """Put a new key in the place of one and print it, this once.

    Args:
        key: Id of the old key.
        tenant: Whose key it is.
        overlap_hours: How long the old key works beside it; 168 at most.
        kind: What the new key's text says it is for.
    """
    owner, overlap = TenantId(tenant), timedelta(hours=overlap_hours)
    async with opened() as cases:
        issued = await cases.rotate_api_key(owner, KeyId(key), overlap, kind, holdable(owner))
    _show(issued)


async def revoke_key(key: Annotated[str, Parameter(name="id")], /, *, tenant: str) -> None:
    """Revoke a key and every token made with it.

    Args:
        key: Id of the key.
        tenant: Whose key it is.
    """
    async with opened() as cases:
        await cases.revoke_api_key(TenantId(tenant), KeyId(key))
    print(f"Key {key} is revoked.")


def _show(issued: IssuedKey) -> None:
    print(issued.text)
    if issued.signing_secret is not None:
        print(issued.signing_secret)


def _scopes(names: tuple[str, ...]) -> Scopes:
    known = {scope.value: scope for scope in Permission}
    for name in names:
        if name not in known:
            raise InvalidInput(f"there is no scope {name[:64]!r}; known are {', '.join(known)}")
    return frozenset(known[name] for name in names)


@asynccontextmanager
async def opened() -> AsyncIterator[UseCases]:
    """The use cases of the deployment that the environment describes."""
    async with production(read_settings(os.environ)) as adapters:
        yield use_cases(adapters)
