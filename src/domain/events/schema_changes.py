"""What changed from one schema to the next, and whether it may refuse what was valid.

A schema is a conjunction of keywords. The new one takes everything that the old one took
if each of its keywords is implied by the old schema; each rule here proves that for one
keyword or a few that belong together. What no rule proves counts as breaking (ADR 30).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import inf
from typing import Any

from attrs import evolve, frozen

from .schema_documents import canonical, meaning, shortened

Path = tuple[str | int, ...]

MOST_CHANGES = 100
"""Changes that are told of one schema; breaking ones first."""

_LONGEST_VALUE = 60


@frozen
class SchemaChange:
    """One thing that changed.

    Args:
        path: Where, in the schema with its references put in place.
        breaking: Whether it may refuse what was valid, or cannot be proven not to.
        message: What it is, for a person.
    """

    path: Path
    breaking: bool
    message: str


def schema_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[SchemaChange, ...]:
    """What changed between two documents without flaws; empty if they are the same.

    If none is breaking, every instance that is valid under the old one is valid under the new.
    """
    if canonical(old) == canonical(new):
        return ()
    found = [
        evolve(one, path=shortened(one.path)) for one in _changes(meaning(old), meaning(new), ())
    ]
    if not found:
        return (SchemaChange((), False, "says the same in other words"),)
    found.sort(key=lambda one: not one.breaking)
    more = len(found) - MOST_CHANGES
    if more <= 0:
        return tuple(found)
    breaking = found[MOST_CHANGES].breaking
    rest = SchemaChange((), breaking, f"and {more} more changes")
    return (*found[:MOST_CHANGES], rest)


def _changes(old: Any, new: Any, path: Path) -> Iterator[SchemaChange]:
    if canonical(old) == canonical(new):
        return
    if old is False:
        yield SchemaChange(path, False, "allowed, where nothing was")
    elif new is False:
        yield SchemaChange(path, True, "nothing is allowed here any more")
    elif blind := [one for one in _UNEVALUATED if new.get(one, {}) != {}]:
        message = f"what {blind[0]} refuses depends on everything beside it: cannot be proven"
        yield SchemaChange((*path, blind[0]), True, message)
    else:
        yield from _of_keywords(old, new, path)


def _of_keywords(old: Any, new: Any, path: Path) -> Iterator[SchemaChange]:
    yield from _types(old, new, path)
    yield from _scalars(old, new, path)
    yield from _indivisible(old, new, path)
    yield from _every_branch(old, new, path)
    yield from _any_branch(old, new, path)
    kinds = _kinds(old)
    if "object" in kinds:
        yield from _properties(old, new, path)
        yield from _changes(
            old.get("propertyNames", {}), new.get("propertyNames", {}), (*path, "propertyNames")
        )
        yield from _dependents(old, new, path)
    if "array" in kinds:
        yield from _items(old, new, path)
    for keyword in _UNEVALUATED:
        if keyword in old and keyword not in new:
            yield SchemaChange((*path, keyword), False, f"{keyword} is gone")


_UNEVALUATED = ("unevaluatedProperties", "unevaluatedItems")
_KINDS = frozenset({"null", "boolean", "object", "array", "number", "integer", "string"})
_NUMBER = frozenset({"number", "integer"})


def _kinds(schema: Mapping[str, Any]) -> frozenset[str]:
    """The kinds of values that a schema may take; whole numbers are a kind of number."""
    listed = schema.get("type", list(_KINDS))
    kinds = frozenset([listed] if isinstance(listed, str) else listed)
    return kinds | _NUMBER if "number" in kinds else kinds


def _types(old: Any, new: Any, path: Path) -> Iterator[SchemaChange]:
    before, after = _kinds(old), _kinds(new)
    if before != after:
        yield SchemaChange((*path, "type"), not before <= after, _moved("type", before, after))


def _at_least(keyword: str) -> "_Implied":
    return lambda old, value: bool(old.get(keyword, 0) >= value)


def _at_most(keyword: str) -> "_Implied":
    return lambda old, value: bool(old.get(keyword, inf) <= value)


def _same_values(old: Any, values: Iterable[Any]) -> bool:
    allowed = set(map(canonical, values))
    listed = [old["enum"]] if "enum" in old else []
    alone = [[old["const"]]] if "const" in old else []
    return any(allowed >= set(map(canonical, known)) for known in (*listed, *alone))


def _divides(old: Any, value: Any) -> bool:
    # Of whole numbers only: 0.3 is no multiple of 0.1 in every arithmetic.
    known = old.get("multipleOf")
    return type(known) is int and type(value) is int and known % value == 0


def _dependent_names(old: Any, value: Mapping[str, list[str]]) -> bool:
    known, always = old.get("dependentRequired", {}), old.get("required", [])
    return all(set(names) <= {*known.get(name, ()), *always, name} for name, names in value.items())


_Implied = Callable[[Any, Any], bool]

#: Keyword -> the kinds that it looks at, and whether an old schema implies its new value.
_SCALARS: Mapping[str, tuple[frozenset[str], _Implied]] = {
    "enum": (_KINDS, _same_values),
    "const": (_KINDS, lambda old, value: _same_values(old, [value])),
    "minimum": (
        _NUMBER,
        lambda old, value: (
            max(old.get("minimum", -inf), old.get("exclusiveMinimum", -inf)) >= value
        ),
    ),
    "exclusiveMinimum": (
        _NUMBER,
        lambda old, value: (
            old.get("exclusiveMinimum", -inf) >= value or old.get("minimum", -inf) > value
        ),
    ),
    "maximum": (
        _NUMBER,
        lambda old, value: min(old.get("maximum", inf), old.get("exclusiveMaximum", inf)) <= value,
    ),
    "exclusiveMaximum": (
        _NUMBER,
        lambda old, value: (
            old.get("exclusiveMaximum", inf) <= value or old.get("maximum", inf) < value
        ),
    ),
    "multipleOf": (_NUMBER, _divides),
    "minLength": (frozenset({"string"}), _at_least("minLength")),
    "maxLength": (frozenset({"string"}), _at_most("maxLength")),
    "pattern": (frozenset({"string"}), lambda _, __: False),
    "format": (frozenset({"string"}), lambda _, __: False),
    "minItems": (frozenset({"array"}), _at_least("minItems")),
    "maxItems": (frozenset({"array"}), _at_most("maxItems")),
    "uniqueItems": (frozenset({"array"}), lambda old, value: old.get("uniqueItems") or not value),
    "minProperties": (frozenset({"object"}), _at_least("minProperties")),
    "maxProperties": (frozenset({"object"}), _at_most("maxProperties")),
    "required": (
        frozenset({"object"}),
        lambda old, value: set(value) <= set(old.get("required", ())),
    ),
    "dependentRequired": (frozenset({"object"}), _dependent_names),
}


def _scalars(old: Any, new: Any, path: Path) -> Iterator[SchemaChange]:
    kinds = _kinds(old)
    for keyword, (looked_at, implied) in _SCALARS.items():
        before, after = old.get(keyword), new.get(keyword)
        if keyword not in new:
            if keyword in old:
                message = f"{keyword} {_short(before)} is gone"
                yield SchemaChange((*path, keyword), False, message)
        elif keyword not in old or not _alike(keyword, before, after):
            breaking = bool(kinds & looked_at) and not implied(old, after)
            yield SchemaChange((*path, keyword), breaking, _turned(keyword, before, after))


def _alike(keyword: str, before: Any, after: Any) -> bool:
    if keyword in {"enum", "required"}:  # their order says nothing
        return set(map(canonical, before)) == set(map(canonical, after))
    return canonical(before) == canonical(after)


#: Keywords that are understood together or not at all.
_TOGETHER = (
    ("not",),
    ("oneOf",),
    ("if", "then", "else"),
    ("contains", "minContains", "maxContains"),
)


def _indivisible(old: Any, new: Any, path: Path) -> Iterator[SchemaChange]:
    for keywords in _TOGETHER:
        before = {one: old[one] for one in keywords if one in old}
        after = {one: new[one] for one in keywords if one in new}
        if canonical(before) == canonical(after):
            continue
        at = (*path, keywords[0])
        if after:
            message = f"{keywords[0]} changed: it cannot be proven to take all that was valid"
            yield SchemaChange(at, True, message)
        else:
            yield SchemaChange(at, False, f"{keywords[0]} is gone")


def _every_branch(old: Any, new: Any, path: Path) -> Iterator[SchemaChange]:
    before, after = old.get("allOf", []), new.get("allOf", [])
    kept = set(map(canonical, before))
    for index, branch in enumerate(after):
        at = (*path, "allOf", index)
        if canonical(branch) in kept or branch == {}:
            continue
        if index < len(before):
            yield from _changes(before[index], branch, at)
        else:
            yield SchemaChange(at, True, "one more thing that every value must keep to")
    if len(after) < len(before):
        yield SchemaChange((*path, "allOf"), False, f"{len(before) - len(after)} of allOf are gone")


def _any_branch(old: Any, new: Any, path: Path) -> Iterator[SchemaChange]:
    at = (*path, "anyOf")
    before, after = old.get("anyOf"), new.get("anyOf")
    if after is None:
        if before is not None:
            yield SchemaChange(at, False, "anyOf is gone")
        return
    if before is None:
        yield SchemaChange(at, True, "every value must keep to one of these, which it had not to")
        return
    kept = set(map(canonical, after))
    for index, branch in enumerate(before):
        if canonical(branch) in kept:
            continue
        if index < len(after):
            yield from _changes(branch, after[index], (*at, index))
        else:
            yield SchemaChange((*at, index), True, "this choice is gone")
    if len(after) > len(before):
        yield SchemaChange(at, False, f"{len(after) - len(before)} more to choose from")


def _properties(old: Any, new: Any, path: Path) -> Iterator[SchemaChange]:
    before, after = old.get("properties", {}), new.get("properties", {})
    others, other = old.get("additionalProperties", {}), new.get("additionalProperties", {})
    yield from _patterns(old, new, path)
    # A name that fits a pattern escapes `additionalProperties`; we do not ask which do.
    unnamed = {} if old.get("patternProperties") else others
    for name in sorted({*before, *after}):
        at = (*path, "properties", name)
        if name not in before:
            yield _added(unnamed, after[name], at)
        elif name not in after:
            yield _removed(before[name], other, at)
        else:
            yield from _changes(before[name], after[name], at)
    yield from _changes(others, other, (*path, "additionalProperties"))


def _added(unnamed: Any, schema: Any, at: Path) -> SchemaChange:
    if not any(one.breaking for one in _changes(unnamed, schema, at)):
        return SchemaChange(at, False, "added")
    message = (
        "added, but events could carry it with another value before: the old schema takes "
        "properties that it does not name; with additionalProperties false this would be minor"
    )
    return SchemaChange(at, True, message)


def _removed(schema: Any, other: Any, at: Path) -> SchemaChange:
    breaking = any(one.breaking for one in _changes(schema, other, at))
    why = "properties that are not named are refused" if breaking else "it is not looked at"
    return SchemaChange(at, breaking, f"removed: from now on {why}")


def _patterns(old: Any, new: Any, path: Path) -> Iterator[SchemaChange]:
    before, after = old.get("patternProperties", {}), new.get("patternProperties", {})
    if canonical(before) == canonical(after):
        return
    at = (*path, "patternProperties")
    if after or new.get("additionalProperties", {}) != {}:
        message = "changed: which names a pattern fits is not compared, so nothing is proven"
        yield SchemaChange(at, True, message)
    else:
        yield SchemaChange(at, False, "patternProperties is gone")


def _dependents(old: Any, new: Any, path: Path) -> Iterator[SchemaChange]:
    before, after = old.get("dependentSchemas", {}), new.get("dependentSchemas", {})
    for name in sorted({*before, *after}):
        at = (*path, "dependentSchemas", name)
        yield from _changes(before.get(name, {}), after.get(name, {}), at)


def _items(old: Any, new: Any, path: Path) -> Iterator[SchemaChange]:
    before, after = old.get("prefixItems", []), new.get("prefixItems", [])
    for index in range(max(len(before), len(after))):
        at = (*path, "prefixItems", index)
        yield from _changes(_item(old, before, index), _item(new, after, index), at)
    yield from _changes(old.get("items", {}), new.get("items", {}), (*path, "items"))


def _item(schema: Any, first: list[Any], index: int) -> Any:
    return first[index] if index < len(first) else schema.get("items", {})


def _turned(keyword: str, before: Any, after: Any) -> str:
    if keyword in {"enum", "required"}:
        return _moved(keyword, map(_short, before or ()), map(_short, after))
    was = "not there" if before is None else _short(before)
    return f"{keyword} is {_short(after)}, was {was}"


def _moved(keyword: str, before: Iterable[str], after: Iterable[str]) -> str:
    was, now = list(before), list(after)
    gained = [one for one in sorted(now) if one not in was][:10]
    lost = [one for one in sorted(was) if one not in now][:10]
    said = [f"now also {', '.join(gained)}"] if gained else []
    said += [f"no longer {', '.join(lost)}"] if lost else []
    return f"{keyword}: {'; '.join(said) or 'changed'}"


def _short(value: Any) -> str:
    text = canonical(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
