"""What a signed token must say before it is believed (RFC 7519, 8725, 9068).

Everything here is decided after the header was read and before or after the
signature was checked; which key may check it is decided by the issuer alone.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from attrs import frozen

from ..errors import Unauthenticated

#: How long a token of ours is good.
ACCESS_LIFE = timedelta(minutes=10)
#: No token is believed for longer than this, whoever issued it.
LONGEST_LIFE = timedelta(hours=1)
#: How far the clocks of issuers and this machine may be apart.
LEEWAY = timedelta(seconds=30)
#: Whole token, and its header alone. [characters]
LONGEST_TOKEN = 8_192
LONGEST_HEADER = 1_024
_LONGEST_NAME = 255

#: Header fields that would let a token choose its own key or rules.
_DANGEROUS = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc"})


@frozen
class Demands:
    """What the tokens of one issuer must say.

    Args:
        issuer: `iss`, exactly.
        audience: `aud`, or one of them.
        tenant_claim: Name of the claim that holds the tenant.
        types: Accepted `typ`, in lower case.
    """

    issuer: str
    audience: str
    tenant_claim: str = "org_id"
    types: frozenset[str] = frozenset({"at+jwt"})


@frozen
class Claims:
    """What a token says, once it is believed.

    Args:
        subject: Whom it is about.
        tenant: Value of the tenant's claim.
        issued_at: When it was made. [UTC]
        expires_at: When it ends. [UTC]
        every: All of its claims.
    """

    subject: str
    tenant: str
    issued_at: datetime
    expires_at: datetime
    every: Mapping[str, object]

    def text(self, name: str) -> str:
        """A claim that must be a text of 1 to 255 characters.

        Raises:
            Unauthenticated: If it is not.
        """
        return _text(self.every, name)


def check_header(header: Mapping[str, object], types: frozenset[str]) -> str:
    """The id of the key that a token says it was signed with, if it says nothing worse.

    Which algorithm is right the key decides, not the token.

    Raises:
        Unauthenticated: If it brings its own key or rules, names no key, or is of
            another type.
    """
    if _DANGEROUS & header.keys():
        raise Unauthenticated("the token's header asks for too much")
    kind = _text(header, "typ").lower().removeprefix("application/")
    if kind not in types:
        raise Unauthenticated("the token is not an access token")
    return _text(header, "kid")


def check_claims(claims: Mapping[str, object], demands: Demands, now: datetime) -> Claims:
    """What a token says, if its issuer may say it, to us, and now.

    Args:
        claims: Claims of a token whose signature was checked.
        demands: What its issuer's tokens must say.
        now: The present instant. [UTC]

    Raises:
        Unauthenticated: If a claim is missing, malformed or not what is demanded;
            expired for more than 30 s, issued more than 30 s ahead, or good for
            more than an hour.
    """
    if _text(claims, "iss") != demands.issuer:
        raise Unauthenticated("the token is from another issuer")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if demands.audience not in audiences:
        raise Unauthenticated("the token is for another audience")
    issued_at, expires_at = _instant(claims, "iat"), _instant(claims, "exp")
    if now >= expires_at + LEEWAY:
        raise Unauthenticated("the token has expired")
    if issued_at > now + LEEWAY:
        raise Unauthenticated("the token was issued in the future")
    if expires_at - issued_at > LONGEST_LIFE or expires_at > now + LONGEST_LIFE + LEEWAY:
        raise Unauthenticated("the token is good for too long")
    if "nbf" in claims and _instant(claims, "nbf") > now + LEEWAY:
        raise Unauthenticated("the token is not valid yet")
    tenant = _text(claims, demands.tenant_claim)
    return Claims(_text(claims, "sub"), tenant, issued_at, expires_at, claims)


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST_NAME:
        raise Unauthenticated(f"the token has no fitting {name[:20]}")
    return value


def _instant(claims: Mapping[str, object], name: str) -> datetime:
    value = claims.get(name)
    # Year 9999 and beyond are no instants of ours; True is a number only to Python.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unauthenticated(f"the token has no fitting {name}")
    if not math.isfinite(value) or not 0 <= value < 1e11:
        raise Unauthenticated(f"the token has no fitting {name}")
    return datetime.fromtimestamp(value, UTC)
