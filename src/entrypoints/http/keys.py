"""API keys: see, make, rotate, revoke; and who the caller is."""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

import re
from datetime import datetime, timedelta

from attrs import frozen
from litestar import Controller, Response, delete, get, post, put
from litestar.params import FromPath

from ...domain.errors import ApiKeyNotFound, InvalidInput
from ...domain.identifiers import KeyId
from ...domain.tenancy import (
    LONGEST_OVERLAP,
    ROLES,
    ApiKey,
    IssuedKey,
    KeyDraft,
    KeyKind,
    KeySigning,
    Permission,
    PrincipalKind,
    Role,
    SignatureAlgorithm,
    SigningDraft,
    read_public_key,
)
from .inputs import Call, described

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_PATH = "/api/v1/keys"
_LOCATION = {"Location": "The new key's address."}
_DAY = 86_400


@frozen
class SigningRequest:
    """How the requests of a key shall be signed (RFC 9421)."""

    algorithm: SignatureAlgorithm = described(
        "`ed25519` with a key pair of yours; `hmac-sha256` with a secret of ours, shown once.",
        example="hmac-sha256",
    )
    required: bool = described(
        "Whether every request must be signed; else a signature is checked where there is one.",
        default=True,
    )
    public_key: str | None = described(
        "For `ed25519`: your public key, 32 bytes in base64url, as `x` of a JSON Web Key.",
        default=None,
        max_length=64,
    )

    def draft(self) -> SigningDraft:
        """What the inside is asked for."""
        key = None if self.public_key is None else read_public_key(self.public_key)
        return SigningDraft(self.algorithm, self.required, key)


@frozen
class KeyRequest:
    """A key that is wanted: what it is called, what it may do, and for how long."""

    name: str = described("What you call it.", example="nightly import", max_length=100)
    role: Role | None = described(
        "A bundle of scopes; give this or `scopes`.", default=None, example="analyst"
    )
    scopes: tuple[Permission, ...] | None = described(
        "What it may do, none of it more than your own credential may.", default=None
    )
    expires_at: datetime | None = described(
        "When it ends; without one, only revoking ends it.", default=None
    )
    kind: KeyKind = described(
        "`live`, or `test` for demonstrations: the key's text says which.", default=KeyKind.LIVE
    )

    signing: SigningRequest | None = described(
        "How its requests shall be signed; without it they are not.", default=None
    )

    def __attrs_post_init__(self) -> None:
        if (self.role is None) is (self.scopes is None):
            raise InvalidInput(
                "give a role or a list of scopes, one of both",
                path=("role",),
                code="role_or_scopes",
            )

    def draft(self) -> KeyDraft:
        """What the inside is asked for."""
        scopes = frozenset(self.scopes or ()) if self.role is None else ROLES[self.role]
        signing = None if self.signing is None else self.signing.draft()
        return KeyDraft(self.name, scopes, self.expires_at, self.kind, signing)


@frozen
class RotationRequest:
    """How a key is handed over to its successor."""

    overlap_seconds: int = described(
        "How long the old key works beside the new one.",
        default=_DAY,
        unit="s",
        minimum=0,
        maximum=int(LONGEST_OVERLAP.total_seconds()),
    )
    kind: KeyKind = described("What the new key's text says it is for.", default=KeyKind.LIVE)


@frozen(slots=False)
class SigningReport:
    """How the requests of a key are signed.

    Args:
        algorithm: `ed25519` or `hmac-sha256`.
        required: Whether every request must be signed.
        public_key: What `ed25519` is checked with; null for a shared secret. [base64url]
    """

    algorithm: SignatureAlgorithm
    required: bool
    public_key: str | None


@frozen(slots=False)
class NewSigning(SigningReport):
    """How a key signs from now on, with its secret, which is shown this once.

    Args:
        signing_secret: For `hmac-sha256`: sign with the bytes of this text; null for `ed25519`.
    """

    signing_secret: str | None


@frozen(slots=False)
class KeyReport:
    """An API key as its tenant sees it; its secret is kept by nobody.

    Args:
        id: Its id, the middle part of its text.
        name: What it is called.
        scopes: What it may do.
        created_at: When it was made. [UTC]
        expires_at: When it ends or has ended; null if only revoking ends it. [UTC]
        last_used_at: When it last let somebody in, up to two minutes behind; null if never. [UTC]
        replaced_by: Id of the key that it was rotated to; null if it was not.
        signing: How its requests are signed; null if they are not.
    """

    id: str
    name: str
    scopes: tuple[Permission, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    replaced_by: str | None
    signing: SigningReport | None


@frozen(slots=False)
class NewKey(KeyReport):
    """A new API key with its text, which is shown this once.

    Args:
        key: What to send as `Authorization: Bearer …` or `X-API-Key: …`.
        signing_secret: What to sign with, if the key signs by `hmac-sha256`; else null.
    """

    key: str
    signing_secret: str | None


@frozen(slots=False)
class KeyList:
    """Every key of the tenant.

    Args:
        items: Oldest first.
    """

    items: tuple[KeyReport, ...]


@frozen(slots=False)
class Caller:
    """Who the credential of this request proves.

    Args:
        tenant: Whose data it sees.
        kind: `api_key`; `oauth_client` (a token of this API); `user` (a token of another issuer).
        id: Id of the key or client; of a user the issuer's name, a colon and the subject.
        name: What it is called.
        scopes: What it may do.
        expires_at: When the credential ends; null if it does not. [UTC]
    """

    tenant: str
    kind: PrincipalKind
    id: str
    name: str
    scopes: tuple[Permission, ...]
    expires_at: datetime | None


class CallerController(Controller):
    """You."""

    path = "/api/v1/me"
    tags = ("Access",)

    @get("/", operation_id="getMe", needs=None)
    async def me(self, request: Call) -> Caller:
        """Who you are: your tenant, your scopes, and when your credential ends."""
        who = request.principal
        return Caller(who.tenant, who.kind, who.id, who.name, _sorted(who.scopes), who.expires_at)


class KeyController(Controller):
    """Your API keys."""

    path = _PATH
    tags = ("Access",)

    @get("/", operation_id="listKeys", needs="keys:read")
    async def list_keys(self, request: Call) -> KeyList:
        """Every API key of yours, those that expired too."""
        return KeyList(tuple(map(reported, await request.cases.list_api_keys(request.tenant))))

    @post(
        "/",
        operation_id="createKey",
        needs="keys:write",
        takes=KeyRequest,
        answer_headers=_LOCATION,
    )
    async def create(self, request: Call) -> Response[NewKey]:
        """Make an API key.

        Its text is in this answer and nowhere else: it cannot be shown again.
        """
        asked = await request.payload(KeyRequest)
        issued = await request.cases.issue_api_key(
            request.tenant, asked.draft(), request.principal.scopes
        )
        return _shown_once(issued)

    @get("/{key_id:str}", operation_id="getKey", needs="keys:read")
    async def show(self, request: Call, key_id: FromPath[str]) -> KeyReport:
        """One API key."""
        return reported(await request.cases.show_api_key(request.tenant, _known(key_id)))

    @delete("/{key_id:str}", operation_id="revokeKey", needs="keys:write")
    async def revoke(self, request: Call, key_id: FromPath[str]) -> None:
        """Revoke an API key, and with it every token that was made with it.

        It stops within a second, and is no longer listed.
        """
        await request.cases.revoke_api_key(request.tenant, _known(key_id))

    @post(
        "/{key_id:str}/rotate",
        operation_id="rotateKey",
        needs="keys:write",
        takes=RotationRequest,
        may_fail=(409,),
        answer_headers=_LOCATION,
    )
    async def rotate(self, request: Call, key_id: FromPath[str]) -> Response[NewKey]:
        """Put a new key in the place of one, both working for a while.

        The new one may do the same, and lives as long as the old one was made to. You must hold
        every scope of the key, because you are shown its successor. A key that signs by
        `hmac-sha256` has a successor with a new secret; one that signs by `ed25519` keeps its key.
        """
        asked = await request.payload(RotationRequest)
        issued = await request.cases.rotate_api_key(
            request.tenant,
            _known(key_id),
            timedelta(seconds=asked.overlap_seconds),
            asked.kind,
            request.principal.scopes,
        )
        return _shown_once(issued)

    @put(
        "/{key_id:str}/signing",
        operation_id="setKeySigning",
        needs="keys:write",
        takes=SigningRequest,
    )
    async def sign(self, request: Call, key_id: FromPath[str]) -> Response[NewSigning]:
        """Make a key sign its requests, or sign them with something new.

        What it signed with before is of no use from now on, in other processes within a second;
        rotate the key instead to have both for a while. You must hold every scope of the key.
        """
        asked = await request.payload(SigningRequest)
        made, secret = await request.cases.set_key_signing(
            request.tenant, _known(key_id), asked.draft(), request.principal.scopes
        )
        told = _signing(made)
        assert told is not None
        answer = NewSigning(told.algorithm, told.required, told.public_key, secret)
        return Response(answer, headers={"cache-control": "no-store"})

    @delete("/{key_id:str}/signing", operation_id="removeKeySigning", needs="keys:write")
    async def stop_signing(self, request: Call, key_id: FromPath[str]) -> None:
        """Let a key be used without signatures. You must hold every scope of the key."""
        await request.cases.set_key_signing(
            request.tenant, _known(key_id), None, request.principal.scopes
        )


def reported(key: ApiKey) -> KeyReport:
    """What a key's tenant is told of it."""
    return KeyReport(*_parts(key))


def _parts(
    key: ApiKey,
) -> tuple[
    str,
    str,
    tuple[Permission, ...],
    datetime,
    datetime | None,
    datetime | None,
    str | None,
    SigningReport | None,
]:
    return (
        key.id,
        key.name,
        _sorted(key.scopes),
        key.created_at,
        key.expires_at,
        key.last_used_at,
        key.replaced_by,
        _signing(key.signing),
    )


def _signing(signing: KeySigning | None) -> SigningReport | None:
    if signing is None:
        return None
    return SigningReport(signing.algorithm, signing.required, signing.public_key)


def _shown_once(issued: IssuedKey) -> Response[NewKey]:
    headers = {"location": f"{_PATH}/{issued.key.id}", "cache-control": "no-store"}
    made = NewKey(*_parts(issued.key), issued.text, issued.signing_secret)
    return Response(made, status_code=201, headers=headers)


def _sorted(scopes: frozenset[Permission]) -> tuple[Permission, ...]:
    return tuple(sorted(scopes))


def _known(text: str) -> KeyId:
    if not _ID.fullmatch(text):
        raise ApiKeyNotFound(text)
    return KeyId(text)
