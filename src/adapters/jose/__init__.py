"""JSON Web Signatures by joserfc and cryptography."""

from .signatures import JoseSignatures

__all__ = ["JoseSignatures"]
