"""The filter grammar in a query parameter: JSON in its text."""

from ...domain.errors import InvalidInput
from ...domain.events import Condition, condition
from .inputs import decoded
from .problems import UnreadableBody

LONGEST_FILTERS = 2_500
"""Longest text of a `filters` parameter. [characters]"""


def read_condition(text: str | None, parameter: str = "filters") -> Condition | None:
    """The condition that a parameter holds; None if it is left out.

    Raises:
        InvalidInput: If it is not JSON or no condition.
    """
    if text is None:
        return None
    try:
        value = decoded(text.encode())
    except (UnreadableBody, InvalidInput):
        message = 'must be JSON such as {"property": "plan", "op": "eq", "value": "pro"}'
        raise InvalidInput(message, path=(parameter,), code="filters") from None
    return condition(value, (parameter,))
