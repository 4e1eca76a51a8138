"""Who asks, and whose data they may see."""

from .api_keys import (
    ALPHABET,
    LONGEST_KEY,
    ApiKey,
    IssuedKey,
    checksum_fits,
    fixed_key,
    key_digest,
    looks_like_ours,
    render_key,
)
from .principals import Principal
from .tenants import Tenant

__all__ = [
    "ALPHABET",
    "LONGEST_KEY",
    "ApiKey",
    "IssuedKey",
    "Principal",
    "Tenant",
    "checksum_fits",
    "fixed_key",
    "key_digest",
    "looks_like_ours",
    "render_key",
]
