"""What is asked of the token endpoint and what it gives (RFC 6749)."""

from attrs import field, frozen

from ..errors import TokenRefused
from .permissions import Permission, Scopes
from .refresh_tokens import OFFLINE_ACCESS


@frozen
class ClientCredentials:
    """Who asks the token endpoint: an API key, by its id and its text.

    Args:
        id: The key's id.
        secret: The key's whole text.
    """

    id: str
    secret: str = field(repr=False)


@frozen
class IssuedTokens:
    """Tokens that were just made; nobody can show them again.

    Args:
        access_token: Goes with every request.
        scopes: What it may do.
        expires_in: How long it is good. [s]
        refresh_token: Gets the next access token; None if none was asked for.
    """

    access_token: str = field(repr=False)
    scopes: Scopes
    expires_in: int
    refresh_token: str | None = field(repr=False)


def narrowed(scope: str | None, held: Scopes) -> tuple[Scopes, bool]:
    """The scopes that are asked for, and whether a refresh token is.

    Args:
        scope: Names with spaces between; None asks for everything that is held.
        held: What can be given at most.

    Raises:
        TokenRefused: If a name is not known or asks for more than is held.
    """
    names = set(scope.split(" ")) if scope is not None else set()
    offline = OFFLINE_ACCESS in names
    names.discard(OFFLINE_ACCESS)
    if not names:
        wanted = held
    elif names <= set(held):
        wanted = frozenset(map(Permission, names))
    else:
        raise TokenRefused("invalid_scope", "a scope is not known or not yours to ask for")
    if not wanted:
        raise TokenRefused("invalid_scope", "there is nothing that this token could do")
    return wanted, offline
