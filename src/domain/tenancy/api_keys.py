"""API keys: ``sl_live_<id>_<secret><checksum>``, shown once, kept as a digest.

The checksum lets a typing error or a made-up key be refused without asking the
store, and lets scanners of leaked secrets recognise a key for certain.

References:
    Behind GitHub's new authentication token formats, 2021 (prefix, CRC-32 in base 62).
"""

import hashlib
import hmac
import re
import zlib
from datetime import datetime

from attrs import field, frozen

from ..errors import InvalidInput
from ..identifiers import KeyId, TenantId
from .tenants import check_name

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LONGEST_KEY = 256
_OURS = re.compile(r"sl_(?:live|test)_[0-9A-Za-z]{12}_[0-9A-Za-z]{36}", re.ASCII)


@frozen
class ApiKey:
    """A key as the store holds it: the secret itself is not in it.

    Args:
        id: Public part of the key, safe to show.
        tenant: Whose key it is.
        name: What its owner calls it.
        digest: HMAC-SHA-256 of the whole key under the server's secret. [32 bytes]
        created_at: When it was made. [UTC]

    Raises:
        InvalidInput: If the name is blank, longer than 100 characters or not printable.
    """

    id: KeyId
    tenant: TenantId
    name: str
    digest: bytes = field(repr=False)
    created_at: datetime

    def __attrs_post_init__(self) -> None:
        check_name(self.name)


@frozen
class IssuedKey:
    """A new key together with its text, which nobody can show again.

    Args:
        key: What the store keeps.
        text: What its owner sends as the credential.
    """

    key: ApiKey
    text: str = field(repr=False)


def key_digest(server_secret: bytes, text: str) -> bytes:
    """What a store keeps of a key: HMAC-SHA-256 under the server's secret. [32 bytes]"""
    return hmac.digest(server_secret, text.encode(), hashlib.sha256)


def fixed_key(text: str) -> str:
    """A key chosen by an operator, for scripts, if it is fit to be one.

    Raises:
        InvalidInput: If it is not 1 to 256 printable ASCII characters without
            spaces, or looks like a generated key and its checksum does not fit.
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
    return text


def render_key(identifier: str, secret: str) -> str:
    """The text of a live key.

    Args:
        identifier: Twelve characters of base 62.
        secret: Thirty characters of base 62 from a cryptographic source.
    """
    body = f"sl_live_{identifier}_{secret}"
    return body + _checksum(body)


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
