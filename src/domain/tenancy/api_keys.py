"""API keys: ``sl_live_<id>_<secret><checksum>``, shown once, kept as a digest.

The checksum lets a typing error or a made-up key be refused without asking the
store, and lets scanners of leaked secrets recognise a key for certain.

References:
    Behind GitHub's new authentication token formats, 2021 (prefix, CRC-32 in base 62).
"""

import re
import zlib
from datetime import datetime

from attrs import frozen

from ..identifiers import KeyId, TenantId

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
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
    """

    id: KeyId
    tenant: TenantId
    name: str
    digest: bytes
    created_at: datetime


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
