"""What is known of users: said, shown, listed."""

from typing import Any

from attrs import frozen
from litestar import Controller, Response, get, patch, post, put
from litestar.params import FromPath

from ...domain.attributes import Attributes
from ...domain.events import LONGEST_ID
from ...domain.identifiers import UserId
from ...domain.outcomes import Outcome
from ...domain.tenancy import CostClass
from ...domain.users import (
    LARGEST_USER_PAGE,
    User,
    UserChange,
    UserOutcome,
    UserQuery,
    Way,
)
from .conditional import expected_version, versioned
from .conditions import LONGEST_FILTERS, read_condition
from .inputs import Call, described
from .properties import ETAG, IF_MATCH


@frozen
class UserListParameters:
    """Which users, how many."""

    filters: str | None = described(
        "Only users whose attributes fit: the filter grammar as JSON, all of its comparisons "
        "being about the user, whatever `scope` says.",
        default=None,
        example='{"property": "plan", "op": "eq", "value": "pro"}',
        max_length=LONGEST_FILTERS,
    )
    user_id: str | None = described(
        "Only this user; for ids that no address can hold, such as those with a slash.",
        default=None,
        max_length=LONGEST_ID,
    )
    limit: int = described("Length of the page.", default=50, minimum=1, maximum=LARGEST_USER_PAGE)
    cursor: str | None = described(
        "`next_cursor` of the page before, with the same filters.", default=None, max_length=2000
    )


@frozen
class UserAttributes:
    """What is said of a user.

    Args:
        attributes: By name: at most 200 names in all, texts up to 8,192 characters, 8 levels,
            64 KiB together. Null says that there is no such attribute.
    """

    attributes: Attributes


@frozen
class UserDescription:
    """What is said of one of several users.

    Args:
        user_id: Your id, as events carry it: 1 to 200 printable characters.
        attributes: By name, beside those that are there; null takes one away.
    """

    user_id: str
    attributes: Attributes

    def __attrs_post_init__(self) -> None:
        self.change()  # so that what is wrong is told with its place in the body

    def change(self) -> UserChange:
        """What it comes to."""
        return UserChange(UserId(self.user_id), self.attributes, Way.MERGE)


@frozen
class UserDescriptions:
    """What is said of several users.

    Args:
        users: 1 to 1,000, taken in order; one user may come several times.
    """

    users: tuple[UserDescription, ...]


@frozen(slots=False)
class DescribedUser:
    """What became of one description.

    Args:
        user_id: Of whom.
        outcome: `created`, `changed`, or `unchanged` if all of it was known already.
        version: The version of the user afterwards.
    """

    user_id: str
    outcome: Outcome
    version: int


@frozen(slots=False)
class DescribedUsers:
    """What became of descriptions.

    Args:
        items: One per description, in the order sent.
    """

    items: tuple[DescribedUser, ...]


@frozen(slots=False)
class UserList:
    """A page of users.

    Args:
        items: By id.
        next_cursor: For the next page; null on the last.
        as_of_position: Position of your users that was seen; it grows with every change.
    """

    items: tuple[User, ...]
    next_cursor: str | None
    as_of_position: int


class UserController(Controller):
    """Your users."""

    path = "/api/v1/users"
    tags = ("Users",)

    @get("/", operation_id="listUsers", needs="users:read", asks=UserListParameters)
    async def list_users(self, request: Call) -> UserList:
        """List users of whom something was said, by id, page by page.

        A walk over the pages sees every user that was there all the while exactly once.
        """
        asked = request.parameters(UserListParameters)
        found = await request.cases.list_users(request.tenant, _query(request, asked))
        cursor = None
        if found.next is not None:
            cursor = request.cursors.seal(request.tenant, _question(asked), found.next)
        return UserList(found.items, cursor, found.position)

    @post(
        "/",
        operation_id="describeUsers",
        needs="users:write",
        takes=UserDescriptions,
        cost_class=CostClass.BULK,
        status_code=200,
    )
    async def describe_several(self, request: Call) -> DescribedUsers:
        """Say something of up to 1,000 users, all of it or none.

        Each description is merged: attributes that it does not name stay, null takes one away,
        a list or an object replaces the one before. Whoever is not known is created. Saying the
        same again changes nothing, so a batch may be sent again after a broken connection.
        """
        body = await request.payload(UserDescriptions)
        changes = [one.change() for one in body.users]
        outcomes = await request.cases.describe_users(request.tenant, changes)
        return DescribedUsers(
            tuple(
                DescribedUser(one.user.user_id, one.outcome, one.user.version) for one in outcomes
            )
        )

    @get(
        "/{user_id:str}",
        operation_id="getUser",
        needs="users:read",
        answer_headers=ETAG,
        cacheable=True,
    )
    async def show(self, request: Call, user_id: FromPath[str]) -> Response[User]:
        """What is known of one user."""
        found = await request.cases.show_user(request.tenant, UserId(user_id))
        return versioned(request, found, found.version)

    @put(
        "/{user_id:str}",
        operation_id="replaceUser",
        needs="users:write",
        takes=UserAttributes,
        answer_headers=ETAG,
        answers={201: User},
        may_fail=(412,),
        request_headers=IF_MATCH,
    )
    async def replace(self, request: Call, user_id: FromPath[str]) -> Response[User]:
        """Say everything that is known of a user; attributes that are not named go.

        Without If-Match the last one to say it counts, in the order in which we got it.
        """
        return await _described(request, user_id, Way.REPLACE)

    @patch(
        "/{user_id:str}",
        operation_id="updateUser",
        needs="users:write",
        takes=UserAttributes,
        answer_headers=ETAG,
        answers={201: User},
        may_fail=(412,),
        request_headers=IF_MATCH,
    )
    async def change(self, request: Call, user_id: FromPath[str]) -> Response[User]:
        """Say something of a user; attributes that are not named stay, null takes one away.

        Whoever is not known is created.
        """
        return await _described(request, user_id, Way.MERGE)


async def _described(call: Call, user_id: str, way: Way) -> Response[User]:
    expected = expected_version(call)
    body = await call.payload(UserAttributes)
    made: UserOutcome = await call.cases.describe_user(
        call.tenant, UserId(user_id), body.attributes, way, expected
    )
    answer = versioned(call, made.user, made.user.version)
    if made.outcome is Outcome.CREATED:
        answer.status_code = 201
    return answer


def _query(call: Call, asked: UserListParameters) -> UserQuery:
    after = None
    if asked.cursor is not None:
        after = UserId(call.cursors.open(call.tenant, _question(asked), asked.cursor))
    only = None if asked.user_id is None else UserId(asked.user_id)
    return UserQuery(read_condition(asked.filters), only, asked.limit, after)


def _question(asked: UserListParameters) -> list[Any]:
    return ["users", asked.filters, asked.user_id]
