"""Which JSON Schemas an event type may have, and what one means without its trimmings.

A schema is somebody's program that runs on every event: it may not reach outside
itself, may not call itself, and has a size. What these rules let through is finite,
so that it can be compared and costs a bounded time (ADR 30).
"""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from attrs import define, field

from ..errors import Flaw
from ..identifiers import LARGEST_INTEGER

#: The only dialect there is here.
DIALECT = "https://json-schema.org/draft/2020-12/schema"
LARGEST_DOCUMENT = 64 * 1024
"""Size of the document. [bytes of compact JSON]"""
DEEPEST = 24
"""Levels of JSON, and of schemas with their references put in place."""
MOST_PROPERTIES = 1000
"""Properties that one document may name, all its objects together."""
MOST_WORK = 3000
"""Checks that one event may cost; see `_Work`."""

_REPEATED_WORK = 20
_FLAWS_TOLD = 20
_LONGEST_NAME = 64

Path = tuple[str | int, ...]

#: Keywords whose value holds schemas, by how it holds them.
_NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
_LISTED = ("prefixItems", "allOf", "anyOf", "oneOf")
_SINGLE = (
    "items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else",
    "unevaluatedItems", "unevaluatedProperties", "contentSchema",
)  # fmt: skip
#: Schemas that meet an event only through a reference to them.
DEFINITIONS = frozenset({"$defs", "definitions"})
#: Schemas that meet an event once for each of its items or properties.
_REPEATED = frozenset({
    "items", "contains", "unevaluatedItems", "additionalProperties", "patternProperties",
    "propertyNames", "unevaluatedProperties",
})  # fmt: skip
_PLAIN = frozenset({
    "type", "enum", "const", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum",
    "multipleOf", "minLength", "maxLength", "pattern", "format", "minItems", "maxItems",
    "uniqueItems", "minContains", "maxContains", "required", "dependentRequired",
    "minProperties", "maxProperties", "$ref",
})  # fmt: skip
#: Keywords that refuse nothing.
_WORDS = frozenset({
    "$schema", "$comment", "title", "description", "default", "examples", "deprecated",
    "readOnly", "writeOnly", "contentEncoding", "contentMediaType", "contentSchema",
})  # fmt: skip
_KNOWN = _PLAIN | _WORDS | {*_NAMED, *_LISTED, *_SINGLE}
#: Where a reference could point that we cannot follow, or that names another place.
_ADDRESSES = frozenset({
    "$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor",
    "$vocabulary",
})  # fmt: skip
_INSTEAD = {
    "dependencies": "dependentRequired or dependentSchemas",
    "additionalItems": "items beside prefixItems",
    "nullable": 'a "type" that lists "null"',
    "example": "examples",
    "id": "nothing: a schema is named by its event type",
}


def canonical(document: object) -> str:
    """The compact text of a document, the same whatever the order of its members."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def document_flaws(document: Mapping[str, Any]) -> tuple[Flaw, ...]:
    """Everything that keeps a document from being an event type's schema, but for its grammar.

    Whether keywords have values that JSON Schema allows is for a `SchemaChecker` to say, to
    whom nothing should be given that has flaws here. Paths begin at the document; at most 20.
    """
    unreadable = unreadable_json(document)
    if unreadable:
        return unreadable
    if len(canonical(document).encode()) > LARGEST_DOCUMENT:
        message = f"must have at most {LARGEST_DOCUMENT} bytes as compact JSON"
        return (Flaw((), "too_large", message),)
    places = dict(_schemas(document, ()))
    flaws = [*_root_flaws(document), *_keyword_flaws(places)]
    return tuple(flaws[:_FLAWS_TOLD]) or _Work(places).flaws()


def unreadable_json(value: object, deepest: int = DEEPEST) -> tuple[Flaw, ...]:
    """The first thing in a JSON value that not every reader of JSON would take in, if any."""
    for path, part in _parts(value):
        if len(path) > deepest:
            return (Flaw(path[:deepest], "too_deep", f"nested more than {deepest} levels deep"),)
        for text in _texts(part):
            if "\x00" in text:
                return (Flaw(path, "null_byte", "must not contain a null byte"),)
            if not text.isascii() and not _is_unicode(text):
                return (Flaw(path, "encoding", "must be valid Unicode"),)
        if isinstance(part, int | float) and not _is_safe(part):
            message = "must be finite, and within ±(2^53 - 1) if it is whole"
            return (Flaw(path, "out_of_range", message),)
    return ()


def shortened(path: Path) -> Path:
    """A path to tell of: the names on it may have any length."""
    return tuple(step[:_LONGEST_NAME] if isinstance(step, str) else step for step in path)


def meaning(document: Any) -> Any:
    """A document without what refuses nothing, its references put in place.

    Only for documents without flaws. `true` and `{}` are both `{}`.
    """
    return _meaning(document, document)


def _meaning(schema: Any, root: Mapping[str, Any]) -> Any:
    if isinstance(schema, bool):
        return {} if schema else False
    made: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _WORDS:
            continue
        if keyword in _LISTED:
            made[keyword] = [_meaning(one, root) for one in value]
        elif keyword in _SINGLE:
            made[keyword] = _meaning(value, root)
        elif keyword in _NAMED and keyword not in DEFINITIONS:
            made[keyword] = {name: _meaning(one, root) for name, one in value.items()}
        elif keyword in _PLAIN:
            made[keyword] = value
    reference = made.pop("$ref", None)
    if reference is None:
        return made
    target = _meaning(_found(root, _pointed(reference)), root)
    return target if not made else {**made, "allOf": [*made.get("allOf", ()), target]}


def _root_flaws(document: Mapping[str, Any]) -> Iterator[Flaw]:
    if document.get("type") != "object":
        message = 'must be "object": the properties of an event are one'
        yield Flaw(("type",), "not_an_object", message)
    if document.get("$schema", DIALECT) not in {DIALECT, DIALECT + "#"}:
        yield Flaw(("$schema",), "foreign_schema", f"must be {DIALECT}, or left out")


def _keyword_flaws(places: Mapping[Path, Any]) -> Iterator[Flaw]:
    named = 0
    for path, schema in places.items():
        if isinstance(schema, bool):
            continue
        properties = schema.get("properties")
        named += len(properties) if isinstance(properties, Mapping) else 0
        if named > MOST_PROPERTIES:
            message = f"more than {MOST_PROPERTIES} properties in one document"
            yield Flaw((*path, "properties"), "too_many", message)
            return
        for keyword in schema:
            yield from _keyword_flaw((*path, keyword), keyword, root=not path)
        if "$ref" in schema:
            yield from _reference_flaws((*path, "$ref"), schema["$ref"], places)


def _keyword_flaw(path: Path, keyword: str, *, root: bool) -> Iterator[Flaw]:
    if keyword in _ADDRESSES:
        message = "is not taken: a schema here stands alone and refers by #/… only"
        yield Flaw(path, "foreign_reference", message)
    elif keyword == "$schema" and not root:
        yield Flaw(path, "foreign_schema", "may stand at the root only")
    elif keyword not in _KNOWN and not keyword.startswith("x-"):
        instead = f"; use {_INSTEAD[keyword]}" if keyword in _INSTEAD else ""
        message = f"no keyword of JSON Schema 2020-12{instead}; your own ones begin with x-"
        yield Flaw(path, "unknown_keyword", message)


def _reference_flaws(path: Path, reference: object, places: Mapping[Path, Any]) -> Iterator[Flaw]:
    if not isinstance(reference, str) or not reference.startswith("#/"):
        message = "must point into this document, such as #/$defs/address; nothing is ever fetched"
        yield Flaw(path, "foreign_reference", message)
    elif next(_candidates(reference, places), None) is None:
        yield Flaw(path, "dangling_reference", "points at no schema of this document")


def _candidates(reference: str, places: Mapping[Path, Any]) -> Iterator[Path]:
    # A path holds the indices of lists as numbers, a pointer as text.
    steps = _pointed(reference)
    guesses: list[Path] = [()]
    for step in steps:
        either = (step, int(step)) if step.isascii() and step.isdigit() else (step,)
        guesses = [(*guess, one) for guess in guesses for one in either][:64]
    return (guess for guess in guesses if guess in places)


def _pointed(reference: str) -> tuple[str, ...]:
    steps = unquote(reference[2:]).split("/")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def _found(root: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        root = root[int(step)] if isinstance(root, list) else root[step]
    return root


def _schemas(schema: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Every schema of a document with its path; what is of no right form is passed over."""
    if not isinstance(schema, bool | Mapping):
        return
    yield path, schema
    if isinstance(schema, Mapping):
        for keyword, step, inner in _inner(schema):
            yield from _schemas(inner, (*path, keyword, *step))


def _inner(schema: Mapping[str, Any]) -> Iterator[tuple[str, Path, Any]]:
    """The schemas right inside one: keyword, path below it, schema."""
    for keyword, value in schema.items():
        if keyword in _SINGLE:
            yield keyword, (), value
        elif keyword in _LISTED and isinstance(value, list):
            yield from ((keyword, (index,), inner) for index, inner in enumerate(value))
        elif keyword in _NAMED and isinstance(value, Mapping):
            yield from ((keyword, (name,), inner) for name, inner in value.items())


class _Endless(Exception):
    """What one event is held to has no end, or one too far off."""


@define
class _Work:
    """How much one event is held to: schemas, with every reference put in place.

    What is asked of each item or property counts twenty times, and a hundred bytes of a
    schema's own values like one schema more: doubling references and long lists would
    otherwise make a small document that takes minutes.
    """

    places: Mapping[Path, Any]
    _known: dict[Path, tuple[int, int]] = field(factory=dict, init=False)
    _open: list[Path] = field(factory=list, init=False)

    def flaws(self) -> tuple[Flaw, ...]:
        try:
            work, _ = self._of((), 0)
        except _Endless:
            where = next(
                one for one in reversed(self._open) if "$ref" in _members(self.places[one])
            )
            message = (
                f"leads back to itself, or further than {DEEPEST} schemas deep; "
                "what an event may hold must have an end"
            )
            return (Flaw((*where, "$ref"), "endless_reference", message),)
        if work > MOST_WORK:
            message = f"asks too much of one event: {work} checks, at most {MOST_WORK}"
            return (Flaw((), "too_much_work", message),)
        return ()

    def _of(self, path: Path, depth: int) -> tuple[int, int]:
        """Work and height of the schema at a path."""
        known = self._known.get(path)
        if depth + (known[1] if known else 0) > DEEPEST or path in self._open:
            self._open.append(path)
            raise _Endless
        if known is None:
            self._open.append(path)
            known = self._known[path] = self._added_up(path, depth)
            self._open.pop()
        return known

    def _added_up(self, path: Path, depth: int) -> tuple[int, int]:
        schema = _members(self.places[path])
        work, height = 1 + _own_bytes(schema) // 100, 0
        for keyword, step, _ in _inner(schema):
            if keyword not in DEFINITIONS and (*path, keyword, *step) in self.places:
                inner, below = self._of((*path, keyword, *step), depth + 1)
                work += inner * (_REPEATED_WORK if keyword in _REPEATED else 1)
                height = max(height, below + 1)
        if "$ref" in schema:
            inner, below = self._of(next(_candidates(schema["$ref"], self.places)), depth + 1)
            work, height = work + inner, max(height, below + 1)
        return work, height


def _own_bytes(schema: Mapping[str, Any]) -> int:
    values = (canonical(value) for keyword, value in schema.items() if keyword in _PLAIN)
    names = (keyword + str(step) for keyword, step, _ in _inner(schema))
    return sum(map(len, values)) + sum(map(len, names))


def _members(schema: Any) -> Mapping[str, Any]:
    return {} if isinstance(schema, bool) else schema


def _parts(value: object) -> Iterator[tuple[Path, object]]:
    """Every value within a value, itself first; without recursion, for it may be deep."""
    waiting: list[tuple[Path, object]] = [((), value)]
    while waiting:
        path, part = waiting.pop()
        yield path, part
        if len(path) > 2 * DEEPEST:
            continue
        if isinstance(part, Mapping):
            waiting.extend(((*path, name), inner) for name, inner in part.items())
        elif isinstance(part, list):
            waiting.extend(((*path, index), inner) for index, inner in enumerate(part))


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        yield from part


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_safe(number: float) -> bool:
    return abs(number) <= LARGEST_INTEGER if isinstance(number, int) else math.isfinite(number)
