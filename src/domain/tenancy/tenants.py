"""A tenant: one customer, whose data nobody else sees."""

import re
from datetime import datetime

from attrs import frozen

from ..errors import InvalidInput
from ..identifiers import TenantId

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)
LONGEST_NAME = 100


@frozen
class Tenant:
    """One customer of the platform.

    Args:
        id: Stable name, lower-case, never empty.
        name: What people call it.
        created_at: When it was set up. [UTC]

    Raises:
        InvalidInput: If the id or the name is not fit to be one.
    """

    id: TenantId
    name: str
    created_at: datetime

    def __attrs_post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise InvalidInput(
                "a tenant's id is 1 to 63 of a-z, 0-9, - and _, not starting with - or _",
                path=("id",),
                code="tenant_id",
            )
        check_name(self.name)


def check_name(name: str) -> None:
    """Refuse what people could not tell from another name.

    Raises:
        InvalidInput: If it is blank, longer than 100 characters or not printable.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(
            f"a name is 1 to {LONGEST_NAME} printable characters, not all blank",
            path=("name",),
            code="name",
        )
