"""From decoded JSON, query strings and environment variables to domain values, strictly.

Nothing is coerced, nothing unknown is dropped, and everything that is wrong is
reported at once, each flaw with its path (ADR 6).
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import attrs
from cattrs import Converter
from cattrs.cols import (
    homogenous_tuple_structure_factory,
    is_mapping,
    is_sequence,
    list_structure_factory,
    mapping_structure_factory,
)
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from cattrs.gen import make_dict_structure_fn

from ..domain.attributes import Json
from ..domain.errors import Flaw, InvalidFields, InvalidInput
from ..domain.events import Condition, condition
from ..domain.identifiers import LARGEST_INTEGER
from ..domain.questions import duration

T = TypeVar("T")
Path = tuple[str | int, ...]
Hook = Callable[[Any, Any], Any]

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII
)
_PLAIN_LENGTH, _PLAIN_SIGNS = 20, "--T::Z"  # 2025-09-01T00:00:00Z, as nearly all are
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,15})", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,30})(\.\d{1,30})?", re.ASCII)


class _Refused(ValueError):
    """A value of the wrong type or form."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def from_json(value: object, kind: type[T]) -> T:
    """A value of a type from decoded JSON.

    Raises:
        InvalidFields: With every flaw found.
    """
    return _structured(_JSON, value, kind)


def from_text(value: Mapping[str, str], kind: type[T]) -> T:
    """A value of an attrs class from texts: query parameters, CSV cells, variables.

    Numbers, instants and names are read from their text; a tuple is a list with
    commas between its items.

    Raises:
        InvalidFields: With every flaw found.
    """
    return _structured(_TEXT, value, kind)


def _structured(converter: Converter, value: object, kind: type[T]) -> T:
    try:
        return converter.structure(value, kind)
    except (
        Exception
    ) as error:  # cattrs raises groups and bare errors; `_flaws` raises what is neither
        raise InvalidFields(tuple(_flaws(error, ()))) from None


def _flaws(error: BaseException, path: Path) -> Iterator[Flaw]:
    if isinstance(error, ClassValidationError | IterableValidationError):
        yield from _inner_flaws(error, path)
    elif isinstance(error, ForbiddenExtraKeysError):
        for name in sorted(error.extra_fields):
            yield Flaw((*path, str(name)[:64]), "unknown_field", "unknown field")
    elif isinstance(error, InvalidInput):
        for flaw in error.flaws:
            # A validator may name its own attribute, where cattrs has named it already.
            own = flaw.path[1:] if flaw.path[:1] == path[-1:] else flaw.path
            yield Flaw((*path, *own), flaw.code, flaw.message)
    elif isinstance(error, _Refused):
        yield Flaw(path, error.code, str(error))
    elif isinstance(error, KeyError):
        yield Flaw(path, "missing", "required")
    elif isinstance(error, ValueError | TypeError):
        yield Flaw(path, "invalid", str(error)[:200])
    else:
        raise error


def _inner_flaws(
    error: ClassValidationError | IterableValidationError, path: Path
) -> Iterator[Flaw]:
    noted, bare = error.group_exceptions()
    for inner, note in noted:
        at = note.name if isinstance(note, AttributeValidationNote) else note.index
        at = at[:64] if isinstance(at, str) else at  # a name within a mapping has any length
        yield from _flaws(inner, (*path, at))
    for inner in bare:
        yield from _flaws(inner, path)


def _exactly(kind: type, name: str) -> Hook:
    def structure(value: object, _: object) -> object:
        if type(value) is not kind:
            raise _Refused("type", f"must be {name}")
        return value

    return structure


def _text(value: object, _: object) -> str:
    if not isinstance(value, str):
        raise _Refused("type", "must be a string")
    if "\x00" in value:
        raise _Refused("null_byte", "must not contain a null byte")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _Refused("encoding", "must be valid Unicode") from None
    return value


def _whole(value: object, _: object) -> int:
    if type(value) is not int:
        raise _Refused("type", "must be a whole number")
    if abs(value) > LARGEST_INTEGER:
        raise _Refused("out_of_range", "must lie within ±(2^53 - 1)")
    return value


def _number(value: object, _: object) -> float:
    if type(value) not in {int, float}:
        raise _Refused("type", "must be a number")
    assert isinstance(value, int | float)
    if abs(value) > 1e300 or not math.isfinite(value):
        raise _Refused("out_of_range", "must be a finite number")
    return float(value)


def _instant(value: object, _: object) -> datetime:
    return instant_of(_text(value, _))


def instant_of(text: str) -> datetime:
    """The instant that a text tells. [UTC]

    Raises:
        ValueError: If it is not an RFC 3339 instant with an offset, or does not exist.
    """
    plain = len(text) == _PLAIN_LENGTH and text[4::3] == _PLAIN_SIGNS
    if not (plain or _INSTANT.fullmatch(text)):
        raise _Refused(
            "instant", "must be an RFC 3339 instant with an offset, such as 2025-09-01T00:00:00Z"
        )
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Refused("instant", "is not an instant that exists") from None


def _date(value: object, _: object) -> date:
    text = _text(value, _)
    if not _DATE.fullmatch(text):
        raise _Refused("date", "must be a date such as 2025-09-01")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _Refused("date", "is not a date that exists") from None


def _uuid(value: object, _: object) -> UUID:
    text = _text(value, _)
    try:
        return UUID(text)
    except ValueError:
        raise _Refused("uuid", "must be a UUID") from None


def _text_or_member(value: object, kind: Any) -> object:
    # cattrs looks up classes by inheritance first, so a StrEnum arrives here as a str.
    return _text(value, kind) if kind is str else _member(value, kind)


def _member(value: object, kind: type[Enum]) -> Enum:
    for member in kind:
        if type(member.value) is type(value) and member.value == value:
            return member
    known = ", ".join(repr(member.value) for member in kind)
    raise _Refused("unknown_value", f"must be one of {known}")


def _attrs_factory(kind: Any, converter: Converter) -> Hook:
    inner = make_dict_structure_fn(
        get_origin(kind) or kind,
        converter,
        _cattrs_forbid_extra_keys=True,
        _cattrs_detailed_validation=True,
    )

    def structure(value: object, _: object) -> object:
        if not isinstance(value, Mapping):
            raise _Refused("type", "must be an object")
        return inner(value, kind)

    return structure


def _mapping_factory(kind: Any, converter: Converter) -> Hook:
    inner: Hook = mapping_structure_factory(kind, converter)

    def structure(value: object, _: object) -> object:
        if not isinstance(value, Mapping):
            raise _Refused("type", "must be an object")
        return inner(value, kind)

    return structure


def _array_factory(
    make: Callable[[type, Converter], Any],
) -> Callable[[Any, Converter], Hook]:
    def factory(kind: Any, converter: Converter) -> Hook:
        inner = make(kind, converter)

        def structure(value: object, _: object) -> object:
            if not isinstance(value, list):
                raise _Refused("type", "must be an array")
            return inner(value, kind)

        return structure

    return factory


def _optional_factory(kind: Any, converter: Converter) -> Hook:
    (inner,) = (member for member in get_args(kind) if member is not type(None))

    def structure(value: object, _: object) -> object:
        return None if value is None else converter.structure(value, inner)

    return structure


def _is_optional(kind: Any) -> bool:
    members = get_args(kind)
    return get_origin(kind) in {Union, UnionType} and len(members) == 2 and type(None) in members


def _tag_of(kind: Any) -> tuple[str, dict[str, type]] | None:
    """The field that tells the members of a union apart, and the member per value."""
    if get_origin(kind) not in {Union, UnionType}:
        return None
    members = [member for member in get_args(kind) if member is not type(None)]
    if len(members) < 2 or not all(isinstance(m, type) and attrs.has(m) for m in members):
        return None
    hints = [get_type_hints(member) for member in members]
    for name in hints[0]:
        if all(get_origin(hint.get(name)) is Literal for hint in hints):
            pairs = zip(members, hints, strict=True)
            return name, {v: member for member, hint in pairs for v in get_args(hint[name])}
    return None


def _tagged_factory(kind: Any, converter: Converter) -> Hook:
    found = _tag_of(kind)
    assert found is not None
    name, members = found
    optional = type(None) in get_args(kind)

    def structure(value: object, _: object) -> object:
        if value is None and optional:
            return None
        if not isinstance(value, Mapping):
            raise _Refused("type", "must be an object")
        tag = value.get(name)
        if not isinstance(tag, str) or tag not in members:
            listed = ", ".join(repr(member) for member in members)
            raise InvalidInput(f"must be one of {listed}", path=(name,), code="unknown_value")
        return converter.structure(value, members[tag])

    return structure


def _literal(value: object, kind: Any) -> object:
    if not any(type(value) is type(known) and value == known for known in get_args(kind)):
        listed = ", ".join(repr(known) for known in get_args(kind))
        raise _Refused("unknown_value", f"must be one of {listed}")
    return value


def _converter() -> Converter:
    converter = Converter(detailed_validation=True)
    converter.register_structure_hook_factory(_is_attrs, _attrs_factory)
    converter.register_structure_hook_func(_is_enumeration, _member)
    converter.register_structure_hook_func(_is_literal, _literal)
    converter.register_structure_hook_func(lambda kind: kind == Json, lambda value, _: value)
    converter.register_structure_hook_factory(_is_optional, _optional_factory)
    converter.register_structure_hook_factory(
        lambda kind: _tag_of(kind) is not None, _tagged_factory
    )
    for kind, hook in {
        str: _text_or_member,
        int: _whole,
        float: _number,
        bool: _exactly(bool, "true or false"),
        datetime: _instant,
        date: _date,
        UUID: _uuid,
    }.items():
        converter.register_structure_hook(kind, hook)
    return converter


def _is_condition(kind: Any) -> bool:
    """A condition, or one that may be left out: a union of unions is one union."""
    return {*get_args(kind)} - {type(None)} == {*get_args(Condition)}


def _condition(value: Any, kind: Any) -> object:
    optional = value is None and type(None) in get_args(kind)
    return None if optional else condition(value, ())


def _is_text_or_texts(kind: Any) -> bool:
    return {*get_args(kind)} - {type(None)} == {str, tuple[str, ...]}


def _text_or_texts(value: Any, kind: Any) -> object:
    if value is None and type(None) in get_args(kind):
        return None
    if isinstance(value, list):
        return tuple(_text(one, str) for one in value)
    return _text(value, str)


def _word_or_object(kind: Any) -> tuple[Any, Any] | None:
    """The words and the class of a union of both, be it optional."""
    members = [one for one in get_args(kind) if one is not type(None)]
    words = [one for one in members if _is_literal(one) or _is_enumeration(one)]
    objects = [one for one in members if isinstance(one, type) and attrs.has(one)]
    if get_origin(kind) not in {Union, UnionType} or len(members) != 2:
        return None
    return (words[0], objects[0]) if words and objects else None


def _word_or_object_factory(kind: Any, converter: Converter) -> Hook:
    found = _word_or_object(kind)
    assert found is not None
    words, made = found

    def structure(value: object, _: object) -> object:
        if value is None and type(None) in get_args(kind):
            return None
        return converter.structure(value, made if isinstance(value, Mapping) else words)

    return structure


def _is_enumeration(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _is_literal(kind: Any) -> bool:
    return get_origin(kind) is Literal


def _is_attrs(kind: Any) -> bool:
    return attrs.has(get_origin(kind) or kind)


def _json_converter() -> Converter:
    converter = _converter()
    converter.register_structure_hook_factory(is_mapping, _mapping_factory)
    converter.register_structure_hook_factory(is_sequence, _array_factory(list_structure_factory))
    converter.register_structure_hook_func(_is_condition, _condition)
    converter.register_structure_hook_func(_is_text_or_texts, _text_or_texts)
    converter.register_structure_hook_factory(
        lambda kind: _word_or_object(kind) is not None, _word_or_object_factory
    )
    converter.register_structure_hook(timedelta, lambda value, _: duration(_text(value, str)))
    converter.register_structure_hook_factory(
        _is_tuple, _array_factory(homogenous_tuple_structure_factory)
    )
    return converter


def _is_tuple(kind: Any) -> bool:
    return get_args(kind)[1:] == (Ellipsis,)  # only tuple[T, ...] has one there


def _text_converter() -> Converter:
    converter = _converter()

    def whole(value: str, _: object) -> int:
        if not _WHOLE.fullmatch(value) or abs(int(value)) > LARGEST_INTEGER:
            raise _Refused("type", "must be a whole number within ±(2^53 - 1)")
        return int(value)

    def number(value: str, _: object) -> float:
        if not _NUMBER.fullmatch(value):
            raise _Refused("type", "must be a decimal number such as 12.5")
        return float(value)

    def truth(value: str, _: object) -> bool:
        if value not in {"true", "false"}:
            raise _Refused("type", "must be true or false")
        return value == "true"

    def seconds(value: str, _: object) -> timedelta:
        return timedelta(seconds=number(value, _))

    def items_factory(kind: Any, inner: Converter) -> Hook:
        structure_items = homogenous_tuple_structure_factory(kind, inner)

        def structure(value: str, _: object) -> object:
            return structure_items([item.strip() for item in value.split(",")], kind)

        return structure

    converter.register_structure_hook(int, whole)
    converter.register_structure_hook(float, number)
    converter.register_structure_hook(bool, truth)
    converter.register_structure_hook(timedelta, seconds)
    converter.register_structure_hook_factory(_is_tuple, items_factory)
    return converter


_JSON = _json_converter()
_TEXT = _text_converter()
