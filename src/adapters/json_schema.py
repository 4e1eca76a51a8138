"""JSON Schema by jsonschema-rs, shut off from the world.

By itself the library fetches references over HTTP and from files; a retriever that
refuses is given to every validator. Its plain regular expressions need linear time.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen
from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

from ..domain.errors import Flaw
from ..domain.events.schema_verdicts import PropertiesCheck

#: Values within properties, up to which every flaw is looked for; beyond it is the first one.
_SEARCHED = 2000
_LONGEST_MESSAGE = 200
_PATTERNS = RegexOptions(size_limit=1 << 20, dfa_size_limit=1 << 20)
#: Stands in messages for what was sent: it may be long, and is nobody else's business.
_MASK = "the value"

_CODES: Mapping[str, str] = {
    "required": "missing",
    "additionalProperties": "unknown_field",
    "unevaluatedProperties": "unknown_field",
    "falseSchema": "unknown_field",
    "type": "type",
    "enum": "unknown_value",
    "const": "unknown_value",
    "minimum": "too_small",
    "exclusiveMinimum": "too_small",
    "maximum": "too_large",
    "exclusiveMaximum": "too_large",
    "minLength": "too_short",
    "minItems": "too_few",
    "minProperties": "too_few",
    "maxLength": "too_long",
    "maxItems": "too_many",
    "maxProperties": "too_many",
    "multipleOf": "multiple",
    "uniqueItems": "repeated",
}


class OfflineSchemaChecker:
    """Checks schemas and properties without ever asking anybody."""

    def flaws(self, document: Mapping[str, Any]) -> tuple[Flaw, ...]:
        try:
            _validator(document)
        except ValidationError as error:
            message = error.message[:_LONGEST_MESSAGE]
            return (Flaw(tuple(error.instance_path), "json_schema", message),)
        except ValueError as error:
            return (Flaw((), "json_schema", str(error)[:_LONGEST_MESSAGE]),)
        return ()

    def compiled(self, document: Mapping[str, Any]) -> PropertiesCheck:
        return _CompiledCheck(_validator(document))


@frozen
class _CompiledCheck:
    validator: Draft202012Validator

    def __call__(self, properties: Mapping[str, Any]) -> tuple[Flaw, ...]:
        if self.validator.is_valid(properties):
            return ()
        if _size(properties) <= _SEARCHED:
            errors = self.validator.iter_errors(properties)
            return tuple(flaw for error in errors for flaw in _flaws(error))
        try:
            self.validator.validate(properties)
        except ValidationError as error:
            return tuple(_flaws(error))
        return ()  # cannot be: it is not valid


def _validator(document: Mapping[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(
        document if isinstance(document, dict) else dict(document),
        retriever=_refuse,
        validate_formats=True,
        ignore_unknown_formats=False,
        pattern_options=_PATTERNS,
        mask=_MASK,
    )


def _refuse(address: str) -> Any:
    message = f"nothing is fetched, and so not {address[:100]!r}"
    raise ValueError(message)


def _flaws(error: ValidationError) -> Iterator[Flaw]:
    path, keyword = tuple(error.instance_path), error.kind.name
    code = _CODES.get(keyword, keyword)
    if keyword == "required":
        yield Flaw((*path, error.kind.as_dict()["property"]), code, "required")
    elif keyword in {"additionalProperties", "unevaluatedProperties"}:
        unexpected = error.kind.as_dict()["unexpected"]
        yield from (Flaw((*path, name), code, "not in the schema") for name in unexpected)
    elif keyword == "falseSchema":
        beside = error.schema_path[-1] in {"additionalProperties", "unevaluatedProperties"}
        message = "holds what is not in the schema" if beside else "not allowed by the schema"
        yield Flaw(path, code, message)
    else:
        message = error.message[:_LONGEST_MESSAGE].replace(_MASK, "", 1).strip()
        yield Flaw(path, code, message)


def _size(value: object) -> int:
    """How many values there are within a value, counted no further than it matters."""
    waiting, count = [value], 0
    while waiting and count <= _SEARCHED:
        part = waiting.pop()
        count += 1
        if isinstance(part, Mapping):
            waiting.extend(part.values())
        elif isinstance(part, list | tuple):
            waiting.extend(part)
    return count
