"""Keys that sign and check tokens, and when one takes over from the last.

A new key is shown to everybody for an hour before it signs, and stays shown for
an hour after its last signature, so that nobody who reads the key set now and
then ever meets a key that is not in it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from attrs import field, frozen

#: How old the newest key may grow before another is made.
SIGNS_FOR = timedelta(days=30)
#: How long a key is shown before it signs.
AHEAD = timedelta(hours=1)
#: How long a key is shown after it has signed for the last time.
KEPT = timedelta(hours=1)

_PART = re.compile(r"[0-9A-Za-z_-]{1,2048}", re.ASCII)
#: Characters of a modulus of 2048 bits. [base64url]
_SHORTEST_MODULUS = 342
#: Per kind of key: the algorithms that may be named for it, and what a key of it is made of.
_KINDS: Mapping[tuple[str, str | None], tuple[frozenset[str], tuple[str, ...]]] = {
    ("EC", "P-256"): (frozenset({"ES256"}), ("kty", "crv", "x", "y")),
    ("OKP", "Ed25519"): (frozenset({"EdDSA", "Ed25519"}), ("kty", "crv", "x")),
    ("RSA", None): (frozenset({"RS256"}), ("kty", "n", "e")),
}


@frozen
class PublicKey:
    """A key that checks signatures; its kind fixes the algorithm, a token cannot.

    Args:
        id: `kid`.
        algorithms: Names under which a token may have been signed with it.
        parts: What it is made of, as names and values of a JSON Web Key.
    """

    id: str
    algorithms: frozenset[str]
    parts: tuple[tuple[str, str], ...]

    def document(self) -> Mapping[str, str]:
        """The key as others read it (RFC 7517)."""
        algorithm = sorted(self.algorithms)[0]
        return {**dict(self.parts), "kid": self.id, "use": "sig", "alg": algorithm}


@frozen
class SigningKey:
    """A key of ours, whose private half only the signer can open.

    Args:
        number: Counts the keys of a deployment, from 1.
        public: What checks its signatures.
        sealed: The private half, encrypted under the server's secret.
        created_at: When it was made. [UTC]
    """

    number: int
    public: PublicKey
    sealed: bytes = field(repr=False)
    created_at: datetime


def public_key(document: object) -> PublicKey | None:
    """The key of a JSON Web Key that may check our kind of tokens; None for any other.

    Symmetric and private keys, keys for encryption, keys without an id and RSA
    below 2048 bits are no such keys.
    """
    if not isinstance(document, Mapping) or "d" in document or "k" in document:
        return None
    texts = {name: value for name, value in document.items() if isinstance(value, str)}
    kind = _KINDS.get((texts.get("kty", ""), texts.get("crv")))
    if kind is None or not 1 <= len(texts.get("kid", "")) <= 255:
        return None
    algorithms, names = kind
    if texts.get("use", "sig") != "sig" or texts.get("alg", min(algorithms)) not in algorithms:
        return None
    parts = tuple((name, texts.get(name, "")) for name in names)
    if not all(_PART.fullmatch(value) for _, value in parts):
        return None
    if texts["kty"] == "RSA" and len(texts["n"]) < _SHORTEST_MODULUS:
        return None
    return PublicKey(texts["kid"], algorithms, parts)


def signing_key(keys: Sequence[SigningKey], now: datetime) -> SigningKey | None:
    """The key to sign with: the newest that has been shown long enough, else the oldest.

    Args:
        keys: By number.
        now: The present instant. [UTC]
    """
    shown = [key for key in keys if key.created_at + AHEAD <= now]
    return (shown[-1] if shown else keys[0]) if keys else None


def needs_another(keys: Sequence[SigningKey], now: datetime) -> bool:
    """Whether a new key is due."""
    return not keys or keys[-1].created_at + SIGNS_FOR <= now


def outlived(keys: Sequence[SigningKey], now: datetime) -> tuple[SigningKey, ...]:
    """Keys whose last signature is so long ago that nobody needs to check one any more."""
    return tuple(old for old, new in pairwise(keys) if new.created_at + AHEAD + KEPT <= now)
