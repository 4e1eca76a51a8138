"""ETags and preconditions (RFC 9110, section 13)."""

import re
from typing import Any, TypeVar

from litestar import Response

from ...domain.errors import InvalidInput
from .inputs import Call

T = TypeVar("T")

_TAG = re.compile(r'"v(\d{1,15})"')


def etag(version: int) -> str:
    """The strong tag of a version."""
    return f'"v{version}"'


def expected_version(call: Call) -> int | None:
    """The version that a change is meant for, from If-Match; None if any will do.

    Raises:
        InvalidInput: If the header is not a tag that this API gave out.
    """
    header = call.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    found = _TAG.fullmatch(header.strip())
    if found is None:
        raise InvalidInput(
            'If-Match must be the ETag of the last answer, such as "v3"',
            path=("If-Match",),
            code="if_match",
        )
    return int(found[1])


def versioned(call: Call, content: T, version: int, **headers: str) -> Response[T]:
    """An answer with its ETag; 304 without content if the client has it already."""
    tag = etag(version)
    named = {"etag": tag, **{name.replace("_", "-"): value for name, value in headers.items()}}
    wanted = [
        part.strip().removeprefix("W/") for part in call.headers.get("if-none-match", "").split(",")
    ]
    if call.method in {"GET", "HEAD"} and (tag in wanted or "*" in wanted):
        empty: Response[Any] = Response(b"", status_code=304, headers=named)
        return empty
    return Response(content, headers=named)
