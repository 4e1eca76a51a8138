"""A user as a tenant describes it, and what a change makes of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from attrs import evolve, field, frozen

from ..attributes import Attributes, attribute_flaws, canonical, canonical_text
from ..errors import Flaw, InvalidFields, VersionMismatch
from ..events.event import LONGEST_ID, text_flaws
from ..identifiers import UserId
from ..outcomes import Outcome

MOST_USERS_AT_ONCE = 1_000
"""Most changes of one batch."""

MOST_BYTES = 64 * 1024
"""All attributes of one user together, as JSON. [bytes]"""


@frozen(slots=False)
class User:
    """Somebody whom events tell of, by what you said of them.

    Args:
        user_id: Your id, as events carry it.
        attributes: What is known; a name without a value is not in it.
        version: Grows with every change of any user of yours.
        created_at: When the first attribute was set. [UTC]
        updated_at: When an attribute last changed. [UTC]
    """

    user_id: UserId
    attributes: Attributes
    version: int
    created_at: datetime
    updated_at: datetime


class Way(StrEnum):
    """What a change does with the attributes that it does not name."""

    MERGE = "merge"
    REPLACE = "replace"


@frozen
class UserChange:
    """Attributes that are said of a user.

    A null says that there is no such attribute. Attributes are set whole: a list or an
    object takes the place of the one before. They keep the limits of `attribute_flaws`.

    Args:
        user_id: Of whom.
        attributes: What is said.
        way: Whether what is not named stays or goes.
        expected: The version that the user must have; None for whichever, or for nobody.

    Raises:
        InvalidFields: If the id or an attribute breaks a rule.
    """

    user_id: UserId
    attributes: Attributes
    way: Way = Way.MERGE
    expected: int | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        flaws = text_flaws("user_id", self.user_id, LONGEST_ID)
        flaws += _attribute_flaws(self.attributes, ("attributes",))
        if flaws:
            raise InvalidFields(flaws)

    def applied_to(self, present: Attributes) -> Attributes:
        """The attributes afterwards."""
        kept = present if self.way is Way.MERGE else {}
        made = {**kept, **self.attributes}
        return {name: canonical(value) for name, value in made.items() if value is not None}


@frozen
class UserOutcome:
    """What a change came to, and the user after it."""

    user: User
    outcome: Outcome


def applied(
    present: Mapping[UserId, User], changes: Sequence[UserChange], version: int, now: datetime
) -> tuple[UserOutcome, ...]:
    """What changes come to, one after the other.

    A change that says what is known already changes nothing, not even the version.

    Args:
        present: The users that the changes name, as far as they are there.
        changes: In the order in which they arrived.
        version: What whatever changes gets as its version.
        now: When it happens. [UTC]

    Raises:
        InvalidFields: If a user would have too many attributes; paths begin with the number of
            the change.
        VersionMismatch: If a user has another version than the expected one.
    """
    users, outcomes = dict(present), []
    flaws: list[Flaw] = []
    for index, change in enumerate(changes):
        before = users.get(change.user_id)
        actual = 0 if before is None else before.version
        if change.expected not in {None, actual}:
            raise VersionMismatch(change.expected or 0, actual)
        made = _changed(before, change, version, now)
        flaws += _attribute_flaws(made.user.attributes, (index, "attributes"))
        users[change.user_id] = made.user
        outcomes.append(made)
    if flaws:
        raise InvalidFields(flaws)
    return tuple(outcomes)


def _attribute_flaws(attributes: Attributes, path: tuple[str | int, ...]) -> list[Flaw]:
    flaws = attribute_flaws(attributes, path)
    if not flaws and len(_text(attributes).encode()) > MOST_BYTES:
        message = f"the attributes of a user have at most {MOST_BYTES} bytes as JSON together"
        flaws = [Flaw(path, "too_large", message)]
    return flaws


def _text(attributes: Attributes) -> str:
    """Equal for the same attributes only; Python takes 1 and true for one."""
    return canonical_text(dict(attributes))


def _changed(before: User | None, change: UserChange, version: int, now: datetime) -> UserOutcome:
    if before is None:
        new = User(change.user_id, change.applied_to({}), version, now, now)
        return UserOutcome(new, Outcome.CREATED)
    attributes = change.applied_to(before.attributes)
    if _text(attributes) == _text(before.attributes):
        return UserOutcome(before, Outcome.UNCHANGED)
    changed = evolve(before, attributes=attributes, version=version, updated_at=now)
    return UserOutcome(changed, Outcome.CHANGED)
