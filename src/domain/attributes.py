"""JSON objects that callers attach to things: the limits they keep, and one form of each.

Numbers have one form, so that the same value is the same text everywhere: a whole
number within ±(2^53 - 1) is an integer, however it was written (``1.0`` is ``1`` and
``-0.0`` is ``0``); every other number is the nearest double.
"""

import json
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import NoneType
from typing import Any, TypeAlias

from .errors import Flaw
from .identifiers import LARGEST_INTEGER

#: Decoded JSON. Not defined by itself, because what reads annotations could not resolve it.
Json: TypeAlias = bool | int | float | str | list[Any] | dict[str, Any] | None
Attributes: TypeAlias = Mapping[str, Json]

MOST_NAMES = 200
"""Most names of one object and everything in it."""

LONGEST_NAME = 128
"""Longest name. [characters]"""

LONGEST_TEXT = 8_192
"""Longest text of a value. [characters]"""

DEEPEST = 8
"""How many objects and lists may lie in one another, the outermost included."""

MOST_ITEMS = 1_000
"""Most values of one object and everything in it."""

_AS_IT_IS = frozenset({str, int, bool, NoneType})  # has one form only
_SURROGATE = re.compile("[\ud800-\udfff]")


def attribute_flaws(attributes: object, path: tuple[str | int, ...]) -> list[Flaw]:
    """What is wrong with an object, at most twenty things; nothing if it may be kept.

    Refused are names that are empty or over 128 characters, texts over 8,192, whole
    numbers beyond ±(2^53 - 1), what is not finite, null bytes, lone surrogates, and
    more than 200 names, 1,000 values or 8 levels in all.

    Args:
        attributes: Decoded JSON.
        path: Where it stands in the input.
    """
    if type(attributes) is not dict:
        return [Flaw(path, "type", "must be an object")]
    if _plain(attributes):
        return []
    flaws: list[Flaw] = []
    counted = _Count()
    for flaw in _flaws(attributes, path, 1, counted):
        flaws.append(flaw)
        if len(flaws) == 20:
            return flaws
    if counted.names > MOST_NAMES:
        flaws.append(Flaw(path, "too_many", f"may hold at most {MOST_NAMES} names"))
    if counted.values > MOST_ITEMS:
        flaws.append(Flaw(path, "too_many", f"may hold at most {MOST_ITEMS} values"))
    return flaws


def may_all_be_kept(objects: Sequence[Attributes]) -> bool:
    """Whether nothing is wrong with any of these objects; see `attribute_flaws`.

    Many are looked at as one, which costs a third of looking at each.
    """
    return _plain_together(objects) or not any(attribute_flaws(one, ()) for one in objects)


def canonical(value: Json) -> Json:
    """The value with every number in its one form; what is not finite is an error of the caller.

    >>> canonical({"a": [1.0, -0.0, 0.5]})
    {'a': [1, 0, 0.5]}
    """
    kind = type(value)
    if kind is float:
        assert isinstance(value, float)
        whole = value.is_integer() and abs(value) <= LARGEST_INTEGER
        return int(value) if whole else value
    if kind is dict:
        assert isinstance(value, dict)
        return {
            name: inner if type(inner) in _AS_IT_IS else canonical(inner)
            for name, inner in value.items()
        }
    if kind is list:
        assert isinstance(value, list)
        return [inner if type(inner) in _AS_IT_IS else canonical(inner) for inner in value]
    return value


def canonical_text(value: Json) -> str:
    """The one text of a value: names in order, no spaces, numbers in their one form.

    >>> canonical_text({"b": 1.0, "a": "é"})
    '{"a":"é","b":1}'
    """
    return text_of_canonical(canonical(value))


#: The one text of a value that `canonical` made.
text_of_canonical: Callable[[Json], str] = json.JSONEncoder(
    ensure_ascii=False,
    check_circular=False,
    sort_keys=True,
    separators=(",", ":"),
    allow_nan=False,
).encode


def scalar_text(value: Json) -> str | None:
    """A value as text is compared: texts as they are, other values as their one JSON text.

    None and what is not there have no text.

    >>> scalar_text(True), scalar_text(2.0), scalar_text("2")
    ('true', '2', '2')
    """
    if value is None or isinstance(value, str):
        return value
    return canonical_text(value)


def _plain(attributes: dict[str, Json]) -> bool:
    """Whether it is plainly in order; nearly all are: few names, short texts, small numbers."""
    if len(attributes) > MOST_NAMES:
        return False
    for name, value in attributes.items():
        if type(name) is not str or not 0 < len(name) <= LONGEST_NAME:
            return False
        if not (name.isascii() and name.isprintable()):
            return False
        if not _PLAIN.get(type(value), _never)(value):
            return False
    return True


def _plain_together(objects: Sequence[Mapping[str, Json]]) -> bool:
    """Whether all are plainly in order; unlike `_plain` it takes readable texts of any language."""
    if not set(map(type, objects)) <= {dict} or max(map(len, objects), default=0) > MOST_NAMES:
        return False
    texts: list[str] = []
    others: list[Any] = []
    for one in objects:
        for value in one.values():
            if type(value) is str:
                texts.append(value)
            elif value is not None:
                others.append(value)
    names: set[str] = set().union(*objects)
    return (
        "" not in names
        and set(map(type, names)) <= {str}
        and _readable(names, LONGEST_NAME)
        and _readable(texts, LONGEST_TEXT)
        and set(map(type, others)) <= _NUMBERS
        and _all_small(others)
    )


def _readable(texts: Collection[str], longest: int) -> bool:
    together = "".join(texts)
    return (
        (len(together) <= longest or max(map(len, texts)) <= longest)
        and "\x00" not in together
        and (together.isascii() or not _SURROGATE.search(together))
    )


def _all_small(numbers: Sequence[float]) -> bool:
    # No number is further from zero than all of them in as many dimensions; a NaN is not less.
    try:
        return math.hypot(*numbers) < LARGEST_INTEGER / 2
    except OverflowError:
        return False


def _short_ascii(value: str) -> bool:
    return len(value) <= LONGEST_TEXT and value.isascii() and value.isprintable()


def _small(value: int) -> bool:
    return -LARGEST_INTEGER <= value <= LARGEST_INTEGER


def _always(_: Any) -> bool:
    return True


def _never(_: Any) -> bool:
    return False


_PLAIN: Mapping[type, Callable[[Any], bool]] = {
    str: _short_ascii,
    int: _small,
    float: math.isfinite,
    bool: _always,
    type(None): _always,
}


_NUMBERS = frozenset({bool, int, float})


class _Count:
    """Names and values met so far."""

    def __init__(self) -> None:
        self.names = self.values = 0


def _flaws(
    value: object, path: tuple[str | int, ...], depth: int, counted: _Count
) -> Iterator[Flaw]:
    counted.values += 1
    if not isinstance(value, dict | list):
        yield from _scalar_flaws(value, path)
    elif depth > DEEPEST:
        yield Flaw(path, "too_deep", f"may be nested at most {DEEPEST} levels deep")
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _flaws(inner, (*path, at), depth + 1, counted)
    else:
        counted.names += len(value)
        for name, inner in value.items():
            yield from _name_flaws(name, path)
            yield from _flaws(inner, (*path, str(name)[:64]), depth + 1, counted)


def _scalar_flaws(value: object, path: tuple[str | int, ...]) -> Iterator[Flaw]:
    if isinstance(value, str):
        yield from _text_flaws(value, path, LONGEST_TEXT)
    elif isinstance(value, float) and not math.isfinite(value):
        yield Flaw(path, "out_of_range", "must be a finite number")
    elif isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        yield Flaw(path, "out_of_range", "must lie within ±(2^53 - 1)")
    elif value is not None and not isinstance(value, bool | int | float):
        yield Flaw(path, "type", "must be JSON")


def _name_flaws(name: object, path: tuple[str | int, ...]) -> Iterator[Flaw]:
    if not isinstance(name, str) or not name:
        yield Flaw(path, "name", "must not have an empty name")
        return
    yield from _text_flaws(name, (*path, name[:64]), LONGEST_NAME)


def _text_flaws(text: str, path: tuple[str | int, ...], longest: int) -> Iterator[Flaw]:
    if len(text) > longest:
        yield Flaw(path, "too_long", f"must have at most {longest} characters")
    if "\x00" in text:
        yield Flaw(path, "null_byte", "must not contain a null byte")
    elif _SURROGATE.search(text):
        yield Flaw(path, "encoding", "must be valid Unicode")
