"""Which users are meant: as a page of a list, or as a set of ids.

A condition looks at a user's attributes, whatever scope its comparisons name.

The functions here are the meaning; stores answer the same in their own language.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from attrs import frozen

from ..attributes import Attributes
from ..errors import Flaw, InvalidFields
from ..events.filters import Condition
from ..identifiers import UserId
from .user import User

LARGEST_USER_PAGE = 200
"""Most users of one page; each may have 64 KiB of attributes."""


def described(condition: Condition, attributes: Attributes) -> bool:
    """Whether a condition holds for a user of these attributes; none, if nobody knows them."""
    return condition.holds(attributes, attributes)


@frozen
class UserSelection:
    """Some users: the listed ones, or everybody but them, known or not.

    Selections combine as the filters do that they come from::

        (plan_is_pro | ~has_left) & in_europe

    Args:
        ids: Who is listed.
        everybody_but: Whether those are the ones that are not meant.
    """

    ids: frozenset[UserId]
    everybody_but: bool = False

    def __contains__(self, user: UserId) -> bool:
        return (user in self.ids) is not self.everybody_but

    def __invert__(self) -> "UserSelection":
        return UserSelection(self.ids, not self.everybody_but)

    def __and__(self, other: "UserSelection") -> "UserSelection":
        match self.everybody_but, other.everybody_but:
            case False, False:
                return UserSelection(self.ids & other.ids)
            case False, True:
                return UserSelection(self.ids - other.ids)
            case True, False:
                return UserSelection(other.ids - self.ids)
            case _:
                return UserSelection(self.ids | other.ids, True)

    def __or__(self, other: "UserSelection") -> "UserSelection":
        return ~(~self & ~other)


@frozen
class KnownUsers:
    """What is known of all users, as far as somebody asked.

    Args:
        attributes: The attributes that were asked for, of every user who has any of them.
        position: Position of the tenant's users that was seen.
    """

    attributes: Mapping[str, Attributes]
    position: int

    @staticmethod
    def of(users: Iterable[User], names: Collection[str], position: int) -> "KnownUsers":
        """Some attributes of users."""
        found = (
            (one.user_id, {name: one.attributes[name] for name in names if name in one.attributes})
            for one in users
        )
        return KnownUsers({user: attributes for user, attributes in found if attributes}, position)


@frozen
class UserQuery:
    """Users by id, by code point.

    Args:
        condition: On their attributes; None for everybody.
        user_id: Only this one.
        limit: Most users of the page.
        after: The last user of the page before; None for the first page.

    Raises:
        InvalidFields: If the limit is out of range.
    """

    condition: Condition | None = None
    user_id: UserId | None = None
    limit: int = 50
    after: UserId | None = None

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.limit <= LARGEST_USER_PAGE:
            message = f"must lie in 1 to {LARGEST_USER_PAGE}"
            raise InvalidFields([Flaw(("limit",), "out_of_range", message)])

    def reference(self, users: Iterable[User]) -> tuple[User, ...]:
        """The users of the page and, if there is one, the first of the next."""
        found = sorted(filter(self._fits, users), key=lambda user: user.user_id)
        return tuple(found[: self.limit + 1])

    def _fits(self, user: User) -> bool:
        return (
            self.user_id in {None, user.user_id}
            and (self.after is None or user.user_id > self.after)
            and (self.condition is None or described(self.condition, user.attributes))
        )


@frozen
class UserPage:
    """Some users of a list.

    Args:
        items: The users, by id.
        next: The last of them, if there are more behind it.
        position: Position of the tenant's users that was seen.
    """

    items: tuple[User, ...]
    next: UserId | None
    position: int


def user_page(query: UserQuery, found: Sequence[User], position: int) -> UserPage:
    """A page from one user more than fit on it, if there are so many."""
    items = tuple(found[: query.limit])
    last = items[-1].user_id if len(found) > query.limit else None
    return UserPage(items, last, position)
