"""Key sets of other issuers over HTTP."""

from .http_issuer_keys import HttpIssuerKeys

__all__ = ["HttpIssuerKeys"]
