"""Definitions of cohorts from their wire form, everything that is wrong told at once."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from attrs import evolve

from ...attributes import Json
from ...errors import Flaw, InvalidFields
from ...events import AllOf, AnyOf, Condition, Leaf, Not, Scope, condition
from ..patterns import EventPattern
from .definition import (
    CohortDefinition,
    Did,
    Every,
    Except,
    FirstDid,
    Some,
    StoppedDoing,
    UserIs,
    predicates,
)

MOST_PREDICATES = 20
"""Most predicates of one definition."""

DEEPEST_DEFINITION = 8
"""How deep definitions may lie in one another."""

Path = tuple[str | int, ...]
T = TypeVar("T")

_NUMBERS: Mapping[str, tuple[str, ...]] = {
    "did": ("at_least", "within_days"),
    "first_did": ("within_days",),
    "stopped_doing": ("for_days",),
}
_BEHAVIOURS: Mapping[str, Callable[..., CohortDefinition]] = {
    "did": Did,
    "first_did": FirstDid,
    "stopped_doing": StoppedDoing,
}
_KINDS = ("and", "or", "not", "user", *_BEHAVIOURS)


def cohort_definition(value: Json, path: Path = ("definition",)) -> CohortDefinition:
    """A definition from its wire form.

    >>> cohort_definition({"did": {"event_type": "pay"}, "at_least": 3, "within_days": 7}).at_least
    3

    Raises:
        InvalidFields: With everything that is wrong with it.
    """
    flaws: list[Flaw] = []
    made = _definition(value, path, 1, flaws)
    if made is not None and len(list(predicates(made))) > MOST_PREDICATES:
        flaws.append(Flaw(path, "too_many", f"may hold at most {MOST_PREDICATES} predicates"))
    if flaws or made is None:
        raise InvalidFields(flaws[:20])
    return made


def _definition(value: Json, path: Path, depth: int, flaws: list[Flaw]) -> CohortDefinition | None:
    if depth > DEEPEST_DEFINITION:
        message = f"may be nested at most {DEEPEST_DEFINITION} levels deep"
        flaws.append(Flaw(path, "too_deep", message))
        return None
    kinds = [kind for kind in _KINDS if kind in value] if isinstance(value, dict) else []
    if len(kinds) != 1:
        flaws.append(Flaw(path, "kind", f"must be an object with one of {', '.join(_KINDS)}"))
        return None
    assert isinstance(value, dict)
    (kind,) = kinds
    allowed = {kind, *_NUMBERS.get(kind, ())}
    unknown = sorted(set(value) - allowed)
    flaws.extend(Flaw((*path, name[:64]), "unknown_field", "unknown field") for name in unknown)
    if kind in _BEHAVIOURS:
        return _behaviour(kind, value, path, flaws)
    return _joined(kind, value[kind], (*path, kind), depth, flaws)


def _joined(
    kind: str, inner: Json, path: Path, depth: int, flaws: list[Flaw]
) -> CohortDefinition | None:
    if kind == "user":
        filters = _caught(lambda: condition(inner, path), (), flaws)
        return None if filters is None else UserIs(_of_user(filters))
    if kind == "not":
        part = _definition(inner, path, depth + 1, flaws)
        return None if part is None else Except(part)
    if not isinstance(inner, list) or not inner:
        flaws.append(Flaw(path, "type", "must be a list of definitions, not empty"))
        return None
    found = [_definition(one, (*path, at), depth + 1, flaws) for at, one in enumerate(inner)]
    parts = tuple(one for one in found if one is not None)
    return Every(parts) if kind == "and" else Some(parts)


def _behaviour(
    kind: str, value: Mapping[str, Json], path: Path, flaws: list[Flaw]
) -> CohortDefinition | None:
    before = len(flaws)
    numbers = {
        name: _number(value[name], (*path, name), flaws)
        for name in _NUMBERS[kind]
        if value.get(name) is not None
    }
    missing = set(_NUMBERS[kind]) - set(numbers) if kind != "did" else set()
    flaws.extend(Flaw((*path, name), "missing", "required") for name in sorted(missing))
    event = _caught(lambda: event_pattern(value[kind], (*path, kind)), (), flaws)
    if event is None or len(flaws) > before:
        return None
    return _caught(lambda: _BEHAVIOURS[kind](event, **numbers), path, flaws)


def _number(value: Json, path: Path, flaws: list[Flaw]) -> int:
    if type(value) is int:
        return value
    flaws.append(Flaw(path, "type", "must be a whole number"))
    return 1


def event_pattern(value: Json, path: Path) -> EventPattern:
    """Which events are meant, from the wire form.

    Raises:
        InvalidFields: With everything that is wrong with it.
    """
    if not isinstance(value, dict):
        raise InvalidFields([Flaw(path, "type", "must be an object")])
    flaws = [
        Flaw((*path, name[:64]), "unknown_field", "unknown field")
        for name in sorted(set(value) - {"event_type", "filters"})
    ]
    named, given = value.get("event_type"), value.get("filters")
    if isinstance(named, list) and all(isinstance(one, str) for one in named):
        named = tuple(named)
    elif not (named is None or isinstance(named, str)):
        flaws.append(Flaw((*path, "event_type"), "type", "must be a name, several, or null"))
        named = None
    filters: Condition | None = None
    if given is not None:
        filters = _caught(lambda: condition(given, (*path, "filters")), (), flaws)
    made = _caught(lambda: EventPattern(named, filters), path, flaws)
    if flaws or made is None:
        raise InvalidFields(flaws)
    return made


def _caught(make: Callable[[], T], path: Path, flaws: list[Flaw]) -> T | None:
    """What is made; if it cannot be, None, with the flaws below a path."""
    try:
        return make()
    except InvalidFields as error:
        flaws.extend(Flaw((*path, *one.path), one.code, one.message) for one in error.flaws)
        return None


def _of_user(condition: Condition) -> Condition:
    """The same of attributes of the user, whatever scope its comparisons name."""
    match condition:
        case Leaf():
            return evolve(condition, scope=Scope.USER)
        case Not():
            return Not(_of_user(condition.condition))
        case AllOf():
            return AllOf(tuple(map(_of_user, condition.conditions)))
        case AnyOf():
            return AnyOf(tuple(map(_of_user, condition.conditions)))
