"""From filters to SQL. What comes from outside is a bound parameter, names of properties too.

Every comparison is true or false, never null, so that `not` means what it says. Values are
compared in the column `facts`, where objects and lists stand as their one text.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from attrs import define, field

from ...domain.attributes import scalar_text
from ...domain.events import (
    Condition,
    EventFilter,
    EventQuery,
    Leaf,
    Op,
)
from ..event_conditions import Truth, condition_text

_NOT_NUMBERS = "('VARCHAR', 'BOOL_TRUE', 'BOOL_FALSE', 'VARIANT_NULL')"
_MANY = 100
"""So many values are given as one list, which the engine joins with, instead of one by one."""

_ORDERS = {Op.GT: ">", Op.GE: ">=", Op.LT: "<", Op.LE: "<="}


@define
class Parameters:
    """What a statement is bound to; every value has a name of its own making."""

    values: dict[str, object] = field(factory=dict)

    def bound(self, value: object) -> str:
        """A value's place in the statement."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"${name}"


def events_of(key: int, query: EventQuery, parameters: Parameters) -> str:
    """Which rows belong to the answer of a query, the limit aside; `key` is the tenant's."""
    parts = [f"tenant = {parameters.bound(key)}", *_meant(query.where, parameters)]
    if query.through is not None:
        parts.append(f"position <= {parameters.bound(query.through)}")
    if query.after is not None:
        at = parameters.bound(naive(query.after.timestamp))
        position = parameters.bound(query.after.position)
        # The first half alone lets the engine skip whole blocks.
        parts.append(f"happened_at <= {at} and (happened_at < {at} or position < {position})")
    return " and ".join(parts)


def naive(at: datetime) -> datetime:
    """An instant as the engine keeps it: UTC without saying so."""
    return at.astimezone(UTC).replace(tzinfo=None)


def _meant(where: EventFilter, parameters: Parameters) -> Sequence[str]:
    parts = []
    if where.user_ids is not None:
        parts.append(_users(sorted(where.user_ids), parameters))
    if where.other_than:
        parts.append(f"not ({_users(sorted(where.other_than), parameters)})")
    if where.event_types is not None:
        parts.append(_among("event_type", sorted(where.event_types), parameters))
    if where.start is not None:
        parts.append(f"happened_at >= {parameters.bound(naive(where.start))}")
    if where.end is not None:
        parts.append(f"happened_at < {parameters.bound(naive(where.end))}")
    if where.condition is not None:
        parts.append(condition_sql(where.condition, parameters))
    return parts


def _users(user_ids: Sequence[str], parameters: Parameters) -> str:
    """By key first: eight bytes a row instead of a text; by id as well, for keys may collide."""
    if not user_ids:
        return "false"
    if len(user_ids) > _MANY:
        ids = f"select unnest({parameters.bound(user_ids)}::varchar[])"
        keys = f"select md5_number_lower(one) from ({ids}) t(one)"  # noqa: S608  bound above
        return f"user_key in ({keys}) and user_id in ({ids})"
    places = [parameters.bound(one) for one in user_ids]
    keys = ", ".join(f"md5_number_lower({place})" for place in places)
    return f"user_key in ({keys}) and user_id in ({', '.join(places)})"


def _among(column: str, texts: Sequence[str], parameters: Parameters) -> str:
    places = ", ".join(parameters.bound(one) for one in texts)
    return f"{column} in ({places})" if texts else "false"


def condition_sql(condition: Condition, parameters: Parameters) -> str:
    """A condition on properties of the event, as a boolean that is never null."""
    return condition_text(condition, lambda leaf: _leaf(leaf, parameters), Truth("true", "false"))


def text_sql(name: str, parameters: Parameters) -> str:
    """A property's text, as equality compares it; null where there is none."""
    return _Fact(name, parameters).text


def number_sql(name: str, parameters: Parameters) -> str:
    """A property's number; null where it is none."""
    fact = _Fact(name, parameters)
    return f"case when {fact.is_number} then try_cast({fact.value} as double) end"


@define
class _Fact:
    """One property in SQL."""

    name: str
    parameters: Parameters

    @property
    def value(self) -> str:
        return f"variant_extract(facts, {self.parameters.bound(self.name)})"

    @property
    def text(self) -> str:
        return f"{self.value}::varchar"

    @property
    def is_text(self) -> str:
        """Whether it was a text; what looks like an object's or a list's is looked up."""
        pointer = "/" + self.name.replace("~", "~0").replace("/", "~1")
        kind = f"json_type(properties, {self.parameters.bound(pointer)})"
        return (
            f"variant_typeof({self.value}) = 'VARCHAR' "
            f"and (left({self.text}, 1) not in ('[', '{{') or {kind} = 'VARCHAR')"
        )

    @property
    def is_number(self) -> str:
        return f"variant_typeof({self.value}) not in {_NOT_NUMBERS}"


def _leaf(leaf: Leaf, parameters: Parameters) -> str:
    return _OPS[leaf.op](_Fact(leaf.property, parameters), leaf)


def _equals(fact: _Fact, leaf: Leaf) -> str:
    assert not isinstance(leaf.value, tuple)
    return _in(fact, Leaf(leaf.property, Op.IN, (leaf.value,)))


def _in(fact: _Fact, leaf: Leaf) -> str:
    assert isinstance(leaf.value, tuple)
    texts = [text for one in leaf.value if (text := scalar_text(one)) is not None]
    if not texts:
        return "false"
    return f"coalesce({_among(fact.text, texts, fact.parameters)}, false)"


def _contains(fact: _Fact, leaf: Leaf) -> str:
    assert not isinstance(leaf.value, tuple)
    part = scalar_text(leaf.value)
    if part is None:
        return "false"
    place = fact.parameters.bound(part)
    return f"coalesce(contains(lower({fact.text}), lower({place})), false)"


def _is_set(fact: _Fact, _: Leaf) -> str:
    return f"({fact.text} is not null)"


def _ordered(fact: _Fact, leaf: Leaf) -> str:
    value = leaf.value
    if isinstance(value, str):
        place = fact.parameters.bound(value)
        compared = f"{fact.text} {_ORDERS[leaf.op]} {place} and {fact.is_text}"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number, op = _as_double(value, leaf.op)
        place = fact.parameters.bound(number)
        compared = f"try_cast({fact.value} as double) {_ORDERS[op]} {place} and {fact.is_number}"
    else:
        return "false"
    return f"coalesce({compared}, false)"


def _as_double(value: float, op: Op) -> tuple[float, Op]:
    """The comparison among doubles that means the same, for an integer that is none.

    >>> _as_double(2**53 + 1, Op.GT)
    (9007199254740992.0, <Op.GT: 'gt'>)
    >>> _as_double(2**53 + 1, Op.GE)
    (9007199254740992.0, <Op.GT: 'gt'>)
    """
    largest = sys.float_info.max
    if value > largest:
        return largest, Op.GT if op in {Op.GT, Op.GE} else Op.LE
    if value < -largest:
        return -largest, Op.GE if op in {Op.GT, Op.GE} else Op.LT
    near = float(value)
    above, below = op in {Op.GT, Op.GE}, op in {Op.LT, Op.LE}
    if near > value:
        return near, Op.GE if above else Op.LT
    if near < value:
        return near, Op.GT if above else Op.LE
    assert above or below
    return near, op


def _not(made: Callable[[_Fact, Leaf], str]) -> Callable[[_Fact, Leaf], str]:
    return lambda fact, leaf: f"not {made(fact, leaf)}"


_OPS: Mapping[Op, Callable[[_Fact, Leaf], str]] = {
    Op.EQ: _equals,
    Op.NE: _not(_equals),
    Op.IN: _in,
    Op.NOT_IN: _not(_in),
    Op.GT: _ordered,
    Op.GE: _ordered,
    Op.LT: _ordered,
    Op.LE: _ordered,
    Op.CONTAINS: _contains,
    Op.NOT_CONTAINS: _not(_contains),
    Op.IS_SET: _is_set,
    Op.IS_NOT_SET: _not(_is_set),
}
