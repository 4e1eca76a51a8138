"""Refresh tokens: used once, in families that end when an old one comes back (RFC 9700, 4.14).

A token is a family, a number and a code that only this server can compute, so
nothing secret is stored: a family remembers the number of its newest token. Two
who present the same token at once get the same successor, because there is only
one that they can get (ADR 22).
"""

import base64
import hashlib
import hmac
import re
from datetime import datetime, timedelta
from enum import Enum

from attrs import evolve, frozen

from ..identifiers import FamilyId, KeyId, TenantId
from .permissions import Scopes

#: A family ends when its newest token was not used for so long.
IDLE = timedelta(days=14)
#: A family ends so long after it began, however busy it is.
ABSOLUTE = timedelta(days=30)
#: A token that has a successor still gets that successor for so long.
OVERLAP = timedelta(seconds=10)
#: What asks for a refresh token; it allows nothing itself.
OFFLINE_ACCESS = "offline_access"

_FORM = re.compile(r"sl_rt_([0-9A-Za-z]{22})_(0|[1-9]\d{0,8})_([0-9A-Za-z_-]{43})", re.ASCII)


@frozen
class RefreshFamily:
    """All refresh tokens that descend from one.

    Args:
        id: Its id, unguessable.
        tenant: Whose data its tokens open.
        client: The API key that it was begun with.
        scopes: What its access tokens may do at most.
        created_at: When it began. [UTC]
        generation: Number of its newest token, from 0.
        rotated_at: When that was made. [UTC]
        ended_at: When it ended before its time; None if it did not. [UTC]
    """

    id: FamilyId
    tenant: TenantId
    client: KeyId
    scopes: Scopes
    created_at: datetime
    generation: int
    rotated_at: datetime
    ended_at: datetime | None = None

    def next(self, now: datetime) -> "RefreshFamily":
        """The family after its newest token was used."""
        return evolve(self, generation=self.generation + 1, rotated_at=now)

    def is_over(self, now: datetime) -> bool:
        """Whether none of its tokens is good any more."""
        ends = min(self.created_at + ABSOLUTE, self.rotated_at + IDLE)
        return self.ended_at is not None or now >= ends


class Presented(Enum):
    """What a genuine refresh token is worth at an instant."""

    NEWEST = "newest"
    """Good: it gets a successor."""
    JUST_REPLACED = "just_replaced"
    """Its answer may have been lost, or two asked at once: it gets the same successor."""
    REUSED = "reused"
    """Somebody else has it too: the family must end."""
    WORTHLESS = "worthless"
    """The family is over, or never got that far."""


def presented(family: RefreshFamily, generation: int, now: datetime) -> Presented:
    """What it means that a family's token of this number is presented now."""
    if family.is_over(now) or generation > family.generation:
        return Presented.WORTHLESS
    if generation == family.generation:
        return Presented.NEWEST
    if generation == family.generation - 1 and now - family.rotated_at <= OVERLAP:
        return Presented.JUST_REPLACED
    return Presented.REUSED


def refresh_token(server_secret: bytes, family: FamilyId, generation: int) -> str:
    """The text of a family's token of a number: 256 bits that nobody else can compute."""
    return f"sl_rt_{family}_{generation}_{_code(server_secret, family, generation)}"


def read_refresh_token(server_secret: bytes, text: str) -> tuple[FamilyId, int] | None:
    """Family and number of a token that this server made; None for any other text."""
    form = _FORM.fullmatch(text)
    if form is None:
        return None
    family, generation = FamilyId(form[1]), int(form[2])
    if not hmac.compare_digest(form[3], _code(server_secret, family, generation)):
        return None
    return family, generation


def _code(server_secret: bytes, family: FamilyId, generation: int) -> str:
    message = f"refresh\0{family}\0{generation}".encode()
    code = hmac.digest(server_secret, message, hashlib.sha256)
    return base64.urlsafe_b64encode(code).decode().rstrip("=")
