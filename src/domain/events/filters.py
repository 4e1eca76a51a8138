"""Conditions on events and users: the filter grammar of every list and question."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias, Union

from attrs import frozen

from ..attributes import LONGEST_NAME, Attributes, Json
from ..errors import Flaw, InvalidFields, InvalidInput
from .matching import Op, fits

MOST_LEAVES = 50
"""Most comparisons of one filter."""

DEEPEST_FILTER = 8
"""How deep conditions may lie in one another."""

MOST_ALTERNATIVES = 1_000
"""Most values of one `in`."""


class Scope(StrEnum):
    """Whose property is looked at."""

    EVENT = "event"
    USER = "user"


@frozen
class Leaf:
    """One comparison.

    Args:
        property: Name of the property, whole: dots are characters like any other.
        op: How it is compared.
        value: What with; a tuple for `in` and `not_in`, None for `is_set` and `is_not_set`.
        scope: Whose property.
    """

    property: str
    op: Op
    value: Json | tuple[Json, ...] = None
    scope: Scope = Scope.EVENT

    def holds(self, event: Attributes, user: Attributes) -> bool:
        """Whether it holds for an event of a user."""
        attributes = user if self.scope is Scope.USER else event
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return fits(self.op, attributes.get(self.property), value)


@frozen
class AllOf:
    """Every one of them holds; true of none."""

    conditions: tuple["Condition", ...]

    def holds(self, event: Attributes, user: Attributes) -> bool:
        """Whether it holds for an event of a user."""
        return all(one.holds(event, user) for one in self.conditions)


@frozen
class AnyOf:
    """At least one of them holds; false of none."""

    conditions: tuple["Condition", ...]

    def holds(self, event: Attributes, user: Attributes) -> bool:
        """Whether it holds for an event of a user."""
        return any(one.holds(event, user) for one in self.conditions)


@frozen
class Not:
    """It does not hold."""

    condition: "Condition"

    def holds(self, event: Attributes, user: Attributes) -> bool:
        """Whether it holds for an event of a user."""
        return not self.condition.holds(event, user)


Condition: TypeAlias = Union[Leaf, AllOf, AnyOf, Not]  # noqa: UP007

_NAMES = frozenset({"property", "op", "value", "scope"})
_ORDERED = frozenset({Op.GT, Op.GE, Op.LT, Op.LE})


def leaves(condition: Condition) -> tuple[Leaf, ...]:
    """Every comparison of a condition, in order."""
    match condition:
        case Leaf():
            return (condition,)
        case Not():
            return leaves(condition.condition)
        case AllOf() | AnyOf():
            return tuple(leaf for one in condition.conditions for leaf in leaves(one))


def by_scope(condition: Condition) -> tuple[Condition | None, Condition | None]:
    """What a condition says of events, and what it says of users; both must hold.

    Raises:
        InvalidInput: If the two are joined by `or`, or denied together: then neither can be
            asked without the other.
    """
    scopes = {leaf.scope for leaf in leaves(condition)}
    if len(scopes) < 2:
        return (None, condition) if scopes == {Scope.USER} else (condition, None)
    if not isinstance(condition, AllOf):
        message = "conditions on users can be joined to others by `and` only"
        raise InvalidInput(message, path=("filters",), code="mixed_scopes")
    events, users = zip(*map(by_scope, condition.conditions), strict=True)
    return _all(events), _all(users)


def _all(conditions: Sequence[Condition | None]) -> Condition | None:
    found = tuple(one for one in conditions if one is not None)
    return AllOf(found) if len(found) > 1 else (*found, None)[0]


def condition(value: Json, path: Sequence[str | int] = ("filters",)) -> Condition:
    """A condition from its wire form.

    >>> condition({"not": {"property": "plan", "op": "eq", "value": "pro"}}).condition.value
    'pro'

    Raises:
        InvalidFields: With everything that is wrong with it.
    """
    flaws: list[Flaw] = []
    made = _condition(value, tuple(path), 1, flaws)
    if made is not None and len(leaves(made)) > MOST_LEAVES:
        message = f"may hold at most {MOST_LEAVES} comparisons"
        flaws.append(Flaw(tuple(path), "too_many", message))
    if flaws or made is None:
        raise InvalidFields(flaws[:20])
    return made


def _condition(
    value: Json, path: tuple[str | int, ...], depth: int, flaws: list[Flaw]
) -> Condition | None:
    if depth > DEEPEST_FILTER:
        message = f"may be nested at most {DEEPEST_FILTER} levels deep"
        flaws.append(Flaw(path, "too_deep", message))
    elif not isinstance(value, dict):
        flaws.append(Flaw(path, "type", "must be an object"))
    elif joins := [name for name in ("and", "or", "not") if name in value]:
        if len(value) == 1:
            return _joined(joins[0], value[joins[0]], (*path, joins[0]), depth, flaws)
        flaws.append(Flaw(path, "ambiguous", f"must hold {joins[0]!r} alone"))
    else:
        return _leaf(value, path, flaws)
    return None


def _joined(
    name: str, inner: Json, path: tuple[str | int, ...], depth: int, flaws: list[Flaw]
) -> Condition | None:
    if name == "not":
        one = _condition(inner, path, depth + 1, flaws)
        return None if one is None else Not(one)
    if not isinstance(inner, list) or not inner:
        flaws.append(Flaw(path, "type", "must be a list of conditions, not empty"))
        return None
    found = [_condition(part, (*path, at), depth + 1, flaws) for at, part in enumerate(inner)]
    made = tuple(one for one in found if one is not None)
    return AllOf(made) if name == "and" else AnyOf(made)


def _leaf(value: Mapping[str, Json], path: tuple[str | int, ...], flaws: list[Flaw]) -> Leaf | None:
    before = len(flaws)
    unknown = sorted(set(value) - _NAMES)
    flaws.extend(Flaw((*path, name[:64]), "unknown_field", "unknown field") for name in unknown)
    named = value.get("property")
    if not isinstance(named, str) or not 0 < len(named) <= LONGEST_NAME or "\x00" in named:
        message = f"must be a name of 1 to {LONGEST_NAME} characters"
        flaws.append(Flaw((*path, "property"), "property", message))
    op, scope = _op(value, path, flaws), _scope(value, path, flaws)
    compared = None if op is None else _value(op, value, path, flaws)
    if len(flaws) > before:
        return None
    assert isinstance(named, str)
    assert op is not None
    return Leaf(named, op, compared, scope)


def _op(value: Mapping[str, Json], path: tuple[str | int, ...], flaws: list[Flaw]) -> Op | None:
    try:
        return Op(str(value.get("op")))
    except ValueError:
        message = f"must be one of {', '.join(Op)}"
        flaws.append(Flaw((*path, "op"), "unknown_value", message))
        return None


def _scope(value: Mapping[str, Json], path: tuple[str | int, ...], flaws: list[Flaw]) -> Scope:
    try:
        return Scope(str(value.get("scope", "event")))
    except ValueError:
        flaws.append(Flaw((*path, "scope"), "unknown_value", "must be one of event, user"))
        return Scope.EVENT


def _value(
    op: Op, leaf: Mapping[str, Json], path: tuple[str | int, ...], flaws: list[Flaw]
) -> Json | tuple[Json, ...]:
    at, value = (*path, "value"), leaf.get("value")
    if op in {Op.IS_SET, Op.IS_NOT_SET}:
        if value is not None:
            flaws.append(Flaw(at, "not_expected", f"{op} takes no value"))
        return None
    if op in {Op.IN, Op.NOT_IN}:
        if not isinstance(value, list) or not 0 < len(value) <= MOST_ALTERNATIVES:
            message = f"must be a list of 1 to {MOST_ALTERNATIVES} values"
            flaws.append(Flaw(at, "type", message))
            return None
        for index, one in enumerate(value):
            _check_scalar(one, (*at, index), flaws)
        return tuple(value)
    _check_scalar(value, at, flaws)
    if op in _ORDERED and isinstance(value, bool):
        flaws.append(Flaw(at, "type", "must be a number or a text"))
    if op in {Op.CONTAINS, Op.NOT_CONTAINS} and not (isinstance(value, str) and value):
        flaws.append(Flaw(at, "type", "must be a text, not empty"))
    return value


def _check_scalar(value: Json, path: tuple[str | int, ...], flaws: list[Flaw]) -> None:
    if value is None or isinstance(value, dict | list):
        flaws.append(Flaw(path, "type", "must be a text, a number, true or false"))
    elif isinstance(value, str) and ("\x00" in value or len(value) > 1_000):
        message = "must have at most 1000 characters and no null byte"
        flaws.append(Flaw(path, "text", message))
