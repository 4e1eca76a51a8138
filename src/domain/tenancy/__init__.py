"""Who asks, and whose data they may see."""

from .api_keys import ApiKey, checksum_fits, looks_like_ours, render_key
from .principals import Principal
from .tenants import Tenant

__all__ = ["ApiKey", "Principal", "Tenant", "checksum_fits", "looks_like_ours", "render_key"]
