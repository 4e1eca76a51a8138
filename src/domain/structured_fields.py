"""Dictionaries of HTTP Structured Fields, as far as signatures and digests need them.

Read strictly and within bounds: whatever is not exactly of the form is refused, and so are
decimals, dates and display strings, which nothing here uses.

References:
    RFC 9651, sections 3.2 (dictionaries), 4.1 (writing), 4.2 (reading).
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence

from attrs import field, frozen

from .errors import InvalidInput

LONGEST_FIELD = 4096
"""Most characters of a field that are looked at."""
_MOST_MEMBERS = 16
_MOST_ITEMS = 32

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]{0,63}", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,15}(?![\d.])", re.ASCII)
_STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_TOKEN = re.compile(r"[A-Za-z*][0-9A-Za-z!#$%&'*+.^_`|~:/-]*", re.ASCII)
_BYTES = re.compile(r":([A-Za-z0-9+/]*={0,2}):", re.ASCII)
_SPACES = re.compile(r" *")
_BLANKS = re.compile(r"[ \t]*")


class Token(str):
    """A short text without quotes."""

    __slots__ = ()


Value = int | str | Token | bytes | bool


@frozen
class Item:
    """A value with parameters.

    Args:
        value: A `str` is a string; tokens are `Token`.
        parameters: In their order.
    """

    value: Value
    parameters: Mapping[str, Value] = field(factory=dict)

    def __str__(self) -> str:
        return _bare(self.value) + _written(self.parameters)


@frozen
class InnerList:
    """Items with parameters of their own, and parameters of the whole.

    Args:
        items: In their order.
        parameters: In their order.
    """

    items: Sequence[Item]
    parameters: Mapping[str, Value] = field(factory=dict)

    def __str__(self) -> str:
        return f"({' '.join(map(str, self.items))})" + _written(self.parameters)


Member = Item | InnerList


def dictionary(text: str) -> dict[str, Member]:
    """The members of a dictionary by name; of a repeated name the last one counts.

    Raises:
        InvalidInput: If it is none, holds what is not read here, or is too long.
    """
    return _read(text)[0]


def unrepeated(text: str) -> dict[str, Member]:
    """The members of a dictionary whose names must not be repeated.

    Where two readers could disagree which member counts, none does.

    Raises:
        InvalidInput: As `dictionary`, and if a name is repeated.
    """
    found, repeated = _read(text)
    if repeated:
        raise _refused("a name is repeated")
    return found


def _read(text: str) -> tuple[dict[str, Member], bool]:
    if len(text) > LONGEST_FIELD:
        raise _refused(f"longer than {LONGEST_FIELD} characters")
    reader = _Reader(text)
    found = reader.dictionary()
    if len(found) > _MOST_MEMBERS:
        raise _refused(f"more than {_MOST_MEMBERS} members")
    return found, reader.repeated


class _Reader:
    """Reads from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.repeated = False

    def dictionary(self) -> dict[str, Member]:
        self._take(_SPACES)
        found: dict[str, Member] = {}
        while self._at < len(self._text):
            name = self._must(_KEY, "a name")
            self.repeated |= found.pop(name, None) is not None
            found[name] = self._member()
            self._take(_BLANKS)
            if self._at == len(self._text):
                break
            if not self._skip(","):
                raise _refused("a comma is missing")
            self._take(_BLANKS)
            if self._at == len(self._text):
                raise _refused("nothing comes after the last comma")
        return found

    def _member(self) -> Member:
        if not self._skip("="):
            return Item(True, self._parameters())
        return self._inner_list() if self._skip("(") else self._item()

    def _inner_list(self) -> InnerList:
        items: list[Item] = []
        while True:
            spaces = self._take(_SPACES)
            if self._skip(")"):
                return InnerList(tuple(items), self._parameters())
            if items and not spaces:
                raise _refused("items of a list stand apart")
            if len(items) == _MOST_ITEMS:
                raise _refused(f"more than {_MOST_ITEMS} items")
            items.append(self._item())

    def _item(self) -> Item:
        value = self._bare()
        return Item(value, self._parameters())

    def _parameters(self) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while self._skip(";"):
            self._take(_SPACES)
            name = self._must(_KEY, "a name")
            if name in found:
                raise _refused("a parameter is repeated")
            found[name] = self._bare() if self._skip("=") else True
            if len(found) > _MOST_MEMBERS:
                raise _refused(f"more than {_MOST_MEMBERS} parameters")
        return found

    def _bare(self) -> Value:
        start = self._text[self._at : self._at + 1]
        if start == '"':
            return re.sub(r"\\(.)", r"\1", self._must(_STRING, "a string")[1:-1])
        if start == ":":
            return _decoded(self._must(_BYTES, "bytes")[1:-1])
        if start == "?":
            return self._must(re.compile(r"\?[01]"), "a truth value") == "?1"
        if start == "-" or start.isdigit():
            return int(self._must(_INTEGER, "a whole number"))
        return Token(self._must(_TOKEN, "a value"))

    def _skip(self, text: str) -> bool:
        if self._text.startswith(text, self._at):
            self._at += len(text)
            return True
        return False

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[0]

    def _must(self, pattern: re.Pattern[str], what: str) -> str:
        before = self._at
        found = self._take(pattern)
        if self._at == before:
            raise _refused(f"{what} is missing")
        return found


def _decoded(text: str) -> bytes:
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _refused("bytes are in base 64") from None
    if base64.b64encode(decoded).decode() != text:
        raise _refused("bytes are in base 64 of one form only")
    return decoded


def _bare(value: Value) -> str:
    match value:
        case bool():
            return "?1" if value else "?0"
        case bytes():
            return f":{base64.b64encode(value).decode()}:"
        case Token() | int():
            return str(value)
        case _:
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'


def _written(parameters: Mapping[str, Value]) -> str:
    return "".join(
        f";{name}" if value is True else f";{name}={_bare(value)}"
        for name, value in parameters.items()
    )


def _refused(reason: str) -> InvalidInput:
    return InvalidInput(f"not a dictionary of structured fields: {reason}", code="field_form")
