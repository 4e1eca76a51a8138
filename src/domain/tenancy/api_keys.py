"""API keys: ``sl_live_<id>_<secret><checksum>``, shown once, kept as a digest (ADR 21).

The checksum lets a typing error or a made-up key be refused without asking the
store, and lets scanners of leaked secrets recognise a key for certain.

References:
    Behind GitHub's new authentication token formats, 2021 (prefix, CRC-32 in base 62).
"""

import hashlib
import hmac
import re
import zlib
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from attrs import evolve, field, frozen

from ..errors import ApiKeyEnded, InvalidInput
from ..identifiers import KeyId, TenantId
from .key_signing import KeySigning, SigningDraft
from .permissions import Scopes, holdable
from .principals import Principal, PrincipalKind
from .signatures import SignatureAlgorithm
from .tenants import check_name

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LONGEST_KEY = 256
#: How long a key may work beside the one that replaced it.
LONGEST_OVERLAP = timedelta(days=7)
#: How old the time of last use may grow before it is written again.
USE_GRAIN = timedelta(minutes=1)
_OURS = re.compile(r"sl_(?:live|test)_[0-9A-Za-z]{12}_[0-9A-Za-z]{36}", re.ASCII)


class KeyKind(StrEnum):
    """What a key is for; only its text tells, so that a leaked one shows what it opens."""

    LIVE = "live"
    TEST = "test"


@frozen
class KeyDraft:
    """A key that is wanted.

    Args:
        name: What its owner will call it.
        scopes: What it shall allow.
        expires_at: When it shall end; None if only revocation ends it. [UTC]
        kind: For work, or for demonstrations and tests.
        signing: How its requests shall be signed; None if they shall not.
    """

    name: str
    scopes: Scopes
    expires_at: datetime | None = None
    kind: KeyKind = KeyKind.LIVE
    signing: SigningDraft | None = None


@frozen
class ApiKey:
    """A key as the store holds it: the secret itself is not in it.

    Args:
        id: Public part of the key, safe to show.
        tenant: Whose key it is.
        name: What its owner calls it.
        digest: HMAC-SHA-256 of the whole key under the server's secret. [32 bytes]
        created_at: When it was made. [UTC]
        scopes: What it allows.
        expires_at: When it ends; None if only revocation ends it. [UTC]
        last_used_at: When it last let somebody in, a minute or so behind; None if never. [UTC]
        replaced_by: The key that it was rotated to, if it was.
        signing: How its requests are signed; None if they are not.

    Raises:
        InvalidInput: If the name is blank, longer than 100 characters or not printable,
            or the key would end before it begins.
    """

    id: KeyId
    tenant: TenantId
    name: str
    digest: bytes = field(repr=False)
    created_at: datetime
    scopes: Scopes
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    replaced_by: KeyId | None = None
    signing: KeySigning | None = None

    def __attrs_post_init__(self) -> None:
        check_name(self.name)
        if self.expires_at is not None and self.expires_at < self.created_at:
            raise InvalidInput("must lie in the future", path=("expires_at",), code="in_the_past")

    @cached_property
    def principal(self) -> Principal:
        """Whoever comes in with it."""
        scopes = self.scopes & holdable(self.tenant)
        return Principal(
            self.tenant,
            PrincipalKind.API_KEY,
            self.id,
            self.name,
            scopes,
            self.expires_at,
            self.signing,
        )

    def is_valid(self, now: datetime) -> bool:
        """Whether it still opens; at the instant of its end it no longer does."""
        return self.expires_at is None or now < self.expires_at

    def was_seen(self, now: datetime) -> bool:
        """Whether its last use is on record as exactly as it is kept: to the minute."""
        return self.last_used_at is not None and now - self.last_used_at < USE_GRAIN


@frozen
class IssuedKey:
    """A new key together with its text, which nobody can show again.

    Args:
        key: What the store keeps.
        text: What its owner sends as the credential.
        signing_secret: What its owner signs with; None if nothing, or a private key of theirs.
    """

    key: ApiKey
    text: str = field(repr=False)
    signing_secret: str | None = field(default=None, repr=False)


@frozen
class KeyUse:
    """That a key let somebody in.

    Args:
        tenant: Whose key.
        key: Which of them.
        at: When. [UTC]
    """

    tenant: TenantId
    key: KeyId
    at: datetime


def rotated(
    old: ApiKey, identifier: KeyId, digest: bytes, now: datetime, overlap: timedelta, *, salt: str
) -> tuple[ApiKey, ApiKey]:
    """A key that ends after the overlap, and its successor, which may do the same.

    The successor lives from now as long as the old key was made to live; the old
    key never ends later than it would have. The successor signs as the old key does:
    with the same private key, or with a shared secret of its own.

    Args:
        old: The key that ends.
        identifier: Of its successor.
        digest: Of its successor.
        now: The present instant. [UTC]
        overlap: How long both work.
        salt: A fresh random text for a shared secret.

    Raises:
        InvalidInput: If the overlap is negative or longer than 7 days.
        ApiKeyEnded: If the old key has ended, or has a successor already.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        most = int(LONGEST_OVERLAP.total_seconds())
        message = f"must lie between 0 and {most} seconds (7 days)"
        raise InvalidInput(message, path=("overlap_seconds",), code="out_of_range")
    if old.replaced_by is not None or not old.is_valid(now):
        raise ApiKeyEnded(old.id)
    end, until = now + overlap, None
    if old.expires_at is not None:
        end, until = min(end, old.expires_at), now + (old.expires_at - old.created_at)
    successor = ApiKey(identifier, old.tenant, old.name, digest, now, old.scopes, until)
    if old.signing is not None:
        kept = old.signing
        shared = kept.algorithm is SignatureAlgorithm.HMAC_SHA256
        signing = evolve(kept, material=salt.encode()) if shared else kept
        successor = evolve(successor, signing=signing)
    # Clocks of machines differ: no key may end before it began.
    end = max(end, old.created_at)
    return evolve(old, expires_at=end, replaced_by=identifier), successor


def key_digest(server_secret: bytes, text: str) -> bytes:
    """What a store keeps of a key: HMAC-SHA-256 under the server's secret. [32 bytes]"""
    return hmac.digest(server_secret, text.encode(), hashlib.sha256)


def fixed_key(text: str) -> str:
    """A key chosen by an operator, for scripts, if it is fit to be one.

    Raises:
        InvalidInput: If it is not 1 to 256 printable ASCII characters without
            spaces, or looks like a generated key and its checksum does not fit, or
            like a token.
    """
    if not 1 <= len(text) <= LONGEST_KEY or not all("!" <= character <= "~" for character in text):
        raise InvalidInput(
            f"a key is 1 to {LONGEST_KEY} printable ASCII characters without spaces",
            code="key_form",
        )
    if looks_like_ours(text) and not checksum_fits(text):
        raise InvalidInput(
            "a key that starts with sl_ must be a whole generated key; its checksum does not fit",
            code="key_checksum",
        )
    if looks_like_token(text):
        raise InvalidInput("a key must not look like a token", code="key_form")
    return text


def render_key(identifier: str, secret: str, kind: KeyKind = KeyKind.LIVE) -> str:
    """The text of a key.

    Args:
        identifier: Twelve characters of base 62.
        secret: Thirty characters of base 62 from a cryptographic source.
        kind: What it is for.
    """
    body = f"sl_{kind}_{identifier}_{secret}"
    return body + _checksum(body)


def looks_like_token(text: str) -> bool:
    """Whether a credential has the form of a signed token, so that it can be no key."""
    return text.startswith("eyJ") and text.count(".") == 2


def looks_like_ours(text: str) -> bool:
    """Whether a credential has the form of a key, so that its checksum must fit."""
    return text.startswith("sl_")


def checksum_fits(text: str) -> bool:
    """Whether a credential has the full form of a key and its checksum is right."""
    return bool(_OURS.fullmatch(text)) and _checksum(text[:-6]) == text[-6:]


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode("ascii"))
    digits = []
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))
