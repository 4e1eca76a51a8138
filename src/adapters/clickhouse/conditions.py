"""Which rows belong to an answer, in ClickHouse's language; every value is a bound parameter.

A property is kept as a fact: its kind and its text, as in ``sAcme``, ``n1e-07`` or ``j[1,2]``.
Its text was made by the domain, so that numbers have their one form, which the engine's own
JSON functions would rewrite. A property that is not there reads as the empty text, which is
no fact.
"""

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from attrs import define, field

from ...domain.attributes import Json, canonical_text, scalar_text
from ...domain.events import (
    Condition,
    EventFilter,
    EventQuery,
    Leaf,
    Op,
    microseconds,
)
from ...domain.events.matching import lowered
from ...domain.identifiers import TenantId
from ..event_conditions import Truth, condition_text

_TEXT, _NUMBER, _JSON = "s", "n", "j"
_KINDS = (_TEXT, _NUMBER, _JSON)

#: The engine's own `lowerUTF8` goes by context (Σ at the end of a word is ς) and by a newer
#: Unicode than Python's, so what is large and its small letter are spelled out.
_CASED = (one for one in map(chr, range(128, sys.maxunicode + 1)) if one.lower() != one)
_LARGE = "".join(one for one in _CASED if lowered(one) != one)
_SMALL = lowered(_LARGE)


def fact(value: Json) -> str | None:
    """A property's value as it is kept; None for null, which is as if it were not there."""
    if value is None:
        return None
    if isinstance(value, str):
        return _TEXT + value
    if type(value) is int:
        return f"{_NUMBER}{value}"
    return (_NUMBER if type(value) is float else _JSON) + canonical_text(value)


@define
class Parameters:
    """Values bound to a statement, which never become part of its text."""

    values: dict[str, object] = field(factory=dict)

    def bound(self, value: object, kind: str) -> str:
        """A value's place in the statement, with its type there."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"{{{name}:{kind}}}"

    def text(self, value: str) -> str:
        """The place of a text."""
        return self.bound(value, "String")

    def instant(self, at: datetime) -> str:
        """The place of an instant."""
        return f"fromUnixTimestamp64Micro({self.bound(microseconds(at), 'Int64')}, 'UTC')"

    def texts(self, column: str, values: Sequence[str]) -> str:
        """Whether a column is one of some texts."""
        return f"{column} in {self.bound(list(values), 'Array(String)')}" if values else "0"


def events_of(tenant: TenantId, query: EventQuery, through: int, parameters: Parameters) -> str:
    """Which rows belong to the answer of a query, the limit aside.

    Args:
        tenant: Whose.
        query: Which; its own `through` is not looked at.
        through: The last position that exists.
        parameters: Where its values go.
    """
    parts = [
        f"tenant = {parameters.text(tenant)}",
        f"position <= {parameters.bound(through, 'UInt64')}",
        *_meant(query.where, parameters),
    ]
    if query.after is not None:
        at = parameters.instant(query.after.timestamp)
        position = parameters.bound(query.after.position, "UInt64")
        # The first half alone lets the engine skip what lies after.
        parts.append(f"timestamp <= {at} and (timestamp < {at} or position < {position})")
    return " and ".join(parts)


def _meant(where: EventFilter, parameters: Parameters) -> Sequence[str]:
    parts = []
    if where.user_ids is not None:
        parts.append(parameters.texts("user_id", sorted(where.user_ids)))
    if where.other_than:
        parts.append(f"not ({parameters.texts('user_id', sorted(where.other_than))})")
    if where.event_types is not None:
        parts.append(parameters.texts("event_type", sorted(where.event_types)))
    if where.start is not None:
        parts.append(f"timestamp >= {parameters.instant(where.start)}")
    if where.end is not None:
        parts.append(f"timestamp < {parameters.instant(where.end)}")
    if where.condition is not None:
        parts.append(condition_sql(where.condition, parameters))
    return parts


def condition_sql(condition: Condition, parameters: Parameters) -> str:
    """A condition on properties of the event, 0 or 1 and never null."""
    return condition_text(condition, lambda leaf: _OPS[leaf.op](leaf, parameters), Truth("1", "0"))


def _fact(leaf: Leaf, parameters: Parameters) -> str:
    return f"facts[{parameters.text(leaf.property)}]"


def _is_set(leaf: Leaf, parameters: Parameters) -> str:
    return f"{_fact(leaf, parameters)} != ''"


def _among(leaf: Leaf, parameters: Parameters) -> str:
    """Equality is that of texts, whatever the kinds."""
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    texts = (text for one in values if (text := scalar_text(one)) is not None)
    kept = [kind + text for text in texts for kind in _KINDS]
    return parameters.texts(_fact(leaf, parameters), kept)


def _contains(leaf: Leaf, parameters: Parameters) -> str:
    assert not isinstance(leaf.value, tuple)
    part = scalar_text(leaf.value)
    if part is None:
        return "0"
    found = _fact(leaf, parameters)
    text = f"lower(substring({found}, 2))"
    large, small = parameters.text(_LARGE), parameters.text(_SMALL)
    other = f"translateUTF8({text}, {large}, {small})"
    # Most texts are ASCII, for which the engine's own function is right, and six times as fast.
    folded = f"if(length({found}) = lengthUTF8({found}), {text}, {other})"
    small_part = parameters.text(lowered(part))
    return f"{found} != '' and position({folded}, {small_part}) > 0"


def _ordered(leaf: Leaf, parameters: Parameters) -> str:
    value, found = leaf.value, _fact(leaf, parameters)
    if isinstance(value, str):
        # Texts are compared by their bytes, which in UTF-8 is the order of code points.
        kept = parameters.text(_TEXT + value)
        return f"startsWith({found}, '{_TEXT}') and {found} {_ORDERS[leaf.op]} {kept}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        bound = parameters.bound(_nearest(value, leaf.op), "Float64")
        number = f"JSONExtractFloat(substring({found}, 2))"
        return f"startsWith({found}, '{_NUMBER}') and {number} {_ORDERS[leaf.op]} {bound}"
    return "0"


def _nearest(value: float, op: Op) -> float:
    """The double that compares with every double as the value does, which may be no double.

    >>> _nearest(2**53 + 1, Op.GT), _nearest(2**53 + 1, Op.GE)
    (9007199254740992.0, 9007199254740994.0)
    """
    down = op in {Op.GT, Op.LE}
    try:
        near = float(value)
    except OverflowError:
        far = math.inf if value > 0 else -math.inf
        return math.nextafter(far, -far) if down == (value > 0) else far
    if down and near > value:
        return math.nextafter(near, -math.inf)
    if not down and near < value:
        return math.nextafter(near, math.inf)
    return near


def _not(made: Callable[[Leaf, Parameters], str]) -> Callable[[Leaf, Parameters], str]:
    return lambda leaf, parameters: f"not ({made(leaf, parameters)})"


_ORDERS: Mapping[Op, str] = {Op.GT: ">", Op.GE: ">=", Op.LT: "<", Op.LE: "<="}

_OPS: Mapping[Op, Callable[[Leaf, Parameters], str]] = {
    Op.EQ: _among,
    Op.NE: _not(_among),
    Op.IN: _among,
    Op.NOT_IN: _not(_among),
    Op.GT: _ordered,
    Op.GE: _ordered,
    Op.LT: _ordered,
    Op.LE: _ordered,
    Op.CONTAINS: _contains,
    Op.NOT_CONTAINS: _not(_contains),
    Op.IS_SET: _is_set,
    Op.IS_NOT_SET: _not(_is_set),
}
