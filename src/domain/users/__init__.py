"""Users: what is known of those whom events tell of, and which of them are meant."""

from .selection import (
    LARGEST_USER_PAGE,
    KnownUsers,
    UserPage,
    UserQuery,
    UserSelection,
    described,
    user_page,
)
from .user import (
    MOST_BYTES,
    MOST_USERS_AT_ONCE,
    User,
    UserChange,
    UserOutcome,
    Way,
    applied,
)

__all__ = [
    "LARGEST_USER_PAGE",
    "MOST_BYTES",
    "MOST_USERS_AT_ONCE",
    "KnownUsers",
    "User",
    "UserChange",
    "UserOutcome",
    "UserPage",
    "UserQuery",
    "UserSelection",
    "Way",
    "applied",
    "described",
    "user_page",
]
