"""The OpenAPI document, from the routes and the classes they read and answer with.

The words come from docstrings: a class explains itself in its first paragraph
and its fields in `Args`, so that library users and API users read the same
(ADR 7).
"""

import re
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from http import HTTPStatus
from inspect import cleandoc
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import attrs
import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from ... import __version__
from ...domain.events import Condition
from ...domain.events.schemas import LONGEST_EVENT_TYPE
from ...domain.identifiers import LARGEST_INTEGER
from ...domain.tenancy import MEANINGS
from .oauth import FORM, TokenAnswer
from .openapi_texts import INTRODUCTION, TAGS, problem_example
from .problems import MEDIA_TYPE, Problem

Schema = dict[str, Any]

_ARGUMENT = re.compile(r"^ {4}(\w+): (.*)$")
_UNIT = re.compile(r"\s*\[([^\]]+)\]$")

_PLAIN: Mapping[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "format": "int64"},
    float: {"type": "number", "format": "double"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    timedelta: {"type": "string", "format": "duration"},
    UUID: {"type": "string", "format": "uuid"},
    bytes: {"type": "string"},
    Any: {},
    object: {},
}

#: Fields of answers that are left out where they would say nothing.
_LEFT_OUT: Mapping[type, frozenset[str]] = {
    Problem: frozenset({"errors"}),
    TokenAnswer: frozenset({"refresh_token"}),
}

#: Path parameters by name: schema, meaning, an example of the sample data.
PATH_PARAMETERS: Mapping[str, tuple[Schema, str, Any]] = {
    "property_id": ({"type": "integer"}, "A property of yours.", 1),
    "circuit_id": ({"type": "string"}, "A circuit of yours.", None),
    "sensor_id": (
        {"type": "string"},
        "An electric sensor of yours: its id or its device id.",
        "785097c8-2b34-410a-a8ea-bcaf10791c45",
    ),
    "location_id": (
        {"type": "string"},
        "A location of yours.",
        "ea125f67-6b94-4992-8eb9-d832ae026106",
    ),
    "organization_id": (
        {"type": "string"},
        "An organization of yours.",
        "955c3c4d-3a03-4d79-9655-3871f5ad999d",
    ),
    "brand_id": ({"type": "string"}, "A brand of yours.", "11111111-1111-1111-1111-111111111111"),
    "job_id": ({"type": "string"}, "A job of yours.", None),
    "version": ({"type": "integer"}, "A version of your health model; 0 is the built-in one.", 0),
    "event_id": ({"type": "string"}, "An event of yours.", None),
    "user_id": ({"type": "string"}, "A user of yours, by your own id.", "u-1001"),
    "cohort_id": ({"type": "string"}, "A cohort of yours.", None),
    "metric_name": ({"type": "string"}, "A metric of yours.", "revenue"),
    "event_type": (
        {"type": "string", "maxLength": LONGEST_EVENT_TYPE},
        "An event type of yours.",
        "subscription_started",
    ),
    "schema_version": ({"type": "string"}, "A version of an event schema.", "1.0"),
    "key_id": ({"type": "string"}, "An API key of yours.", None),
    "tenant_id": ({"type": "string"}, "A tenant.", None),
    "slug": ({"type": "string"}, "The last part of a problem's address.", "invalid-input"),
    "name": ({"type": "string"}, "Name of a file.", "swagger-ui.css"),
}


def document(app: Litestar) -> bytes:
    """The OpenAPI 3.1 document of an application. [JSON]"""
    return msgspec.json.encode(_Writer().document(app))


def name_parameters(app: Litestar) -> None:
    """Tell every route the names of its query parameters, once at start."""
    for _, _, handler in operations(app):
        asks = handler.opt.get("asks")
        fields = attrs.fields(asks) if asks else ()
        names = tuple(field.name for field in fields)
        handler.opt["parameter_names"] = names
        handler.opt["repeatable_names"] = frozenset(
            field.name for field in fields if field.metadata.get("repeatable")
        )


def methods(app: Litestar) -> Mapping[str, tuple[str, ...]]:
    """The methods of every path, OPTIONS among them."""
    found: dict[str, set[str]] = {}
    for path, method, _ in operations(app):
        found.setdefault(path, {"OPTIONS"}).add(method)
    return {path: tuple(sorted(names)) for path, names in found.items()}


def operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Path template, method and handler of every operation."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in sorted(route.route_handler_map.items()):
                if method != "OPTIONS":
                    yield route.path_format, str(method), handler


_FLOW: Schema = {
    "tokenUrl": "/oauth/token",
    "refreshUrl": "/oauth/token",
    "scopes": {str(scope): meaning for scope, meaning in MEANINGS.items()},
}


class _Writer:
    """Writes one document; named classes become components, each once."""

    def __init__(self) -> None:
        self._components: dict[str, Schema] = {}
        self._names: dict[tuple[type, bool], str] = {}

    def document(self, app: Litestar) -> Schema:
        paths: dict[str, Schema] = {}
        for path, method, handler in sorted(operations(app), key=lambda o: (o[0], o[1])):
            if not handler.opt.get("hidden"):
                paths.setdefault(path, {})[method.lower()] = self._operation(path, handler)
        return {
            "openapi": "3.1.0",
            "info": {
                "title": "Sightline",
                "version": __version__,
                "summary": "How what you run compares, adds up, and how healthy it is.",
                "description": INTRODUCTION,
                "license": {"name": "MIT", "identifier": "MIT"},
            },
            "servers": [{"url": "/", "description": "This server."}],
            "security": [{"bearer": []}, {"apiKey": []}],
            "tags": TAGS,
            "paths": paths,
            "components": {
                "securitySchemes": {
                    "bearer": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "An API key or a token: `Authorization: Bearer sl_live_…`.",
                    },
                    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                    "oauth2": {"type": "oauth2", "flows": {"clientCredentials": _FLOW}},
                },
                "schemas": dict(sorted(self._components.items())),
            },
        }

    def _operation(self, path: str, handler: HTTPRouteHandler) -> Schema:
        words = cleandoc(handler.fn.__doc__ or "")
        summary, _, rest = words.partition("\n\n")
        operation: Schema = {
            "operationId": handler.operation_id,
            "summary": _joined(summary).rstrip("."),
            "description": (rest or _joined(summary)) + _needed(handler),
            "tags": sorted(handler.resolve_tags()),
            "parameters": [*self._path(path), *self._query(handler)],
            "responses": self._responses(path, handler),
        }
        for name, meaning in handler.opt.get("request_headers", {}).items():
            operation["parameters"].append(
                {"name": name, "in": "header", "description": meaning, "schema": {"type": "string"}}
            )
        if takes := handler.opt.get("takes"):
            operation["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": self.schema(takes, taken=True)}},
            }
        if media := handler.opt.get("reads"):
            content = {media: {"schema": {"type": "string"}}}
            operation["requestBody"] = {"required": True, "content": content}
        if form := handler.opt.get("form"):
            # Closed like every body we read, though a form may hold more than it must.
            schema = {"schema": self.schema(form, taken=True)}
            operation["requestBody"] = {"required": True, "content": {FORM: schema}}
        operation["security"] = _security(handler)
        if handler.deprecated:
            operation["deprecated"] = True
        return operation

    def _path(self, path: str) -> Iterator[Schema]:
        for name in re.findall(r"\{(\w+)\}", path):
            schema, meaning, example = PATH_PARAMETERS[name]
            parameter = {
                "name": name,
                "in": "path",
                "required": True,
                "description": meaning,
                "schema": schema,
            }
            yield parameter if example is None else {**parameter, "example": example}

    def _query(self, handler: HTTPRouteHandler) -> Iterator[Schema]:
        asks = handler.opt.get("asks")
        if asks is None:
            return
        for field in attrs.fields(asks):
            schema = self._taken(asks, field)
            parameter: Schema = {
                "name": field.name,
                "in": "query",
                "required": field.default is attrs.NOTHING,
                "description": schema.pop("description", ""),
                "schema": schema,
            }
            if schema.get("type") == "array":
                parameter |= {"style": "form", "explode": "repeatable" in field.metadata}
            if examples := schema.pop("examples", None):
                parameter["example"] = examples[0]
            yield parameter

    def _responses(self, path: str, handler: HTTPRouteHandler) -> Schema:
        made = handler.parsed_fn_signature.return_type.annotation
        if (get_origin(made) or made) is Response:
            made = (*get_args(made), Any)[0]
        success: Schema = {"description": HTTPStatus(handler.status_code).phrase}
        if made not in {None, type(None)}:
            media = handler.opt.get("makes", "application/json")
            success["content"] = {media: {"schema": self.schema(made)}}
            for other in handler.opt.get("also_makes", ()):
                success["content"][other] = {"schema": {"type": "string"}}
        if headers := handler.opt.get("answer_headers"):
            success["headers"] = {
                name: {"description": meaning, "schema": {"type": "string"}}
                for name, meaning in headers.items()
            }
        responses = {str(int(handler.status_code)): success}
        if handler.opt.get("cacheable"):
            responses["304"] = {"description": "Not changed since the ETag in If-None-Match"}
        for status, kind in handler.opt.get("answers", {}).items():
            content = {"application/json": {"schema": self.schema(kind)}}
            responses[str(status)] = {
                "description": HTTPStatus(status).phrase,
                "content": content,
            }
        for status in _failures(path, handler):
            responses.setdefault(str(status), self._problem(status))
        return responses

    def _problem(self, status: int) -> Schema:
        return {
            "description": HTTPStatus(status).phrase,
            "content": {
                MEDIA_TYPE: {"schema": self.schema(Problem), "example": problem_example(status)}
            },
        }

    def schema(self, kind: Any, *, taken: bool = False) -> Schema:  # noqa: C901, PLR0911  one case each
        """The schema of a type; of what is taken from a caller, or of what is given out."""
        if isinstance(kind, type) and attrs.has(kind):
            return self._named(kind, self._object, taken)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return self._named(kind, self._enumeration, False)
        if hasattr(kind, "__supertype__"):
            return self.schema(kind.__supertype__, taken=taken)
        if kind in _PLAIN:
            return dict(_PLAIN[kind])
        origin, inner = get_origin(kind), get_args(kind)
        if {*inner} - {type(None)} == {*get_args(Condition)}:
            return {"type": ["object", "null"] if type(None) in inner else "object"}
        if origin is Literal:
            return {"type": "string", "enum": list(inner)}
        if any(get_origin(member) is dict for member in inner):
            return {}  # any JSON, of which a dict is one kind
        if origin in {Union, types.UnionType}:
            return self._union(inner, taken)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.schema(inner[1], taken=taken)}
        if isinstance(origin, type) and issubclass(origin, Iterable):
            return {"type": "array", "items": self.schema(inner[0], taken=taken)}
        message = f"no schema for {kind!r}"
        raise TypeError(message)

    def _union(self, members: Sequence[Any], taken: bool) -> Schema:
        schemas = [self.schema(m, taken=taken) for m in members if m is not type(None)]
        if type(None) not in members:
            return {"oneOf": schemas}
        (schema, *others) = schemas
        if not others and isinstance(schema.get("type"), str) and "enum" not in schema:
            return {**schema, "type": [schema["type"], "null"]}
        return {"oneOf": [*schemas, {"type": "null"}]}

    def _named(self, kind: type, write: Any, taken: bool) -> Schema:
        name = self._names.get((kind, taken))
        if name is None:
            name = kind.__name__
            if name in self._components:  # the same class, on its way in the other direction
                name += "Input" if taken else "Output"
            self._names[kind, taken] = name
            self._components[name] = {}  # a class may hold itself
            self._components[name] = write(kind, taken)
        return {"$ref": f"#/components/schemas/{name}"}

    def _enumeration(self, kind: type[Enum], _taken: bool) -> Schema:
        values = [member.value for member in kind]
        return {"type": "string", "enum": values, "description": explained(kind)[0]}

    def _object(self, kind: type, taken: bool) -> Schema:
        fields = [one for one in attrs.fields(kind) if one.init]
        meaning, meanings = explained(kind)
        hints = get_type_hints(kind)
        properties = {}
        for field in fields:
            if taken:
                properties[field.name] = self._taken(kind, field)
            else:
                schema = self.schema(hints[field.name])
                properties[field.name] = _with_words(schema, meanings.get(field.name, ""))
        left_out = _LEFT_OUT.get(kind, frozenset())
        required = [
            field.name
            for field in fields
            if field.name not in left_out and (not taken or field.default is attrs.NOTHING)
        ]
        written: Schema = {"type": "object", "description": meaning, "properties": properties}
        if required:
            written["required"] = required
        if taken:
            written["additionalProperties"] = False
        return written

    def _taken(self, owner: type, field: "attrs.Attribute[Any]") -> Schema:
        """A field that a caller fills in: with its limits, its default and an example."""
        schema = self.schema(get_type_hints(owner)[field.name], taken=True)
        metadata = field.metadata
        meaning = metadata.get("description") or explained(owner)[1].get(field.name, "")
        if unit := metadata.get("unit"):
            meaning = f"{meaning} [{unit}]"
        schema = _with_words(schema, meaning)
        for ours, theirs in _LIMITS:
            if metadata.get(ours) is not None:
                schema[theirs] = metadata[ours]
        if schema.get("type") in ("integer", ["integer", "null"]):
            schema.setdefault("minimum", -LARGEST_INTEGER)
            schema.setdefault("maximum", LARGEST_INTEGER)
        if field.default is not attrs.NOTHING and not isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
            default = msgspec.to_builtins(field.default)
            if default not in (None, []):
                schema["default"] = default
        if "example" in metadata:
            schema["examples"] = [metadata["example"]]
        return schema


_LIMITS = (
    ("minimum", "minimum"),
    ("maximum", "maximum"),
    ("max_length", "maxLength"),
    ("min_items", "minItems"),
    ("max_items", "maxItems"),
)


def explained(kind: type) -> tuple[str, dict[str, str]]:
    """What a class's docstring says of it and, with those of its bases, of each field."""
    fields: dict[str, str] = {}
    for base in reversed(kind.__mro__[1:]):
        if attrs.has(base):
            fields |= explained(base)[1]
    text = cleandoc(kind.__dict__.get("__doc__") or "")
    head, _, arguments = text.partition("\nArgs:\n")
    name = ""
    for line in arguments.split("\n"):
        if found := _ARGUMENT.match(line):
            name = found[1]
            fields[name] = found[2]
        elif line.startswith(" " * 8) and name:
            fields[name] += " " + line.strip()
        elif line.strip():
            break
    return _joined(head.split("\n\n")[0]), fields


def _with_words(schema: Schema, meaning: str) -> Schema:
    if not meaning:
        return schema
    if "$ref" in schema:
        schema = {"allOf": [schema]}
    schema = {**schema, "description": meaning}
    if unit := _UNIT.search(meaning):
        schema["x-unit"] = unit[1]
    return schema


def _needed(handler: HTTPRouteHandler) -> str:
    needed = handler.opt.get("needs")
    return f"\n\nNeeds the scope `{needed}`." if needed else ""


def _security(handler: HTTPRouteHandler) -> list[Schema]:
    """The credentials of an operation, each with the scope that it must carry."""
    if handler.opt.get("public"):
        return []
    needed = handler.opt["needs"]
    scopes = [] if needed is None else [needed]
    return [{"bearer": scopes}, {"apiKey": scopes}, {"oauth2": scopes}]


def _failures(path: str, handler: HTTPRouteHandler) -> list[int]:
    statuses = {406, 422, *handler.opt.get("may_fail", ())}
    if not path.startswith("/health/"):
        statuses.add(429)
    if not handler.opt.get("public"):
        statuses |= {401, 503}
        if handler.opt["needs"] is not None:
            statuses.add(403)
    if "{" in path:
        statuses.add(404)
    if handler.opt.get("takes"):
        statuses |= {400, 408, 413, 415}
    if handler.opt.get("form"):
        statuses |= {408, 413}
    if handler.opt.get("reads"):
        statuses |= {408, 415}
    return sorted(statuses)


def _joined(text: str) -> str:
    return " ".join(text.split())
