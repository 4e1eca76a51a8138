"""JSON Schema by a library that would fetch whatever it is pointed at, if it were let."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import assume, given

from sightline.adapters.json_schema import OfflineSchemaChecker
from sightline.domain.events.schema_documents import document_flaws
from sightline.testing.strategies import event_schema_documents, schema_properties

CHECKER = OfflineSchemaChecker()


@contextmanager
def trap() -> Iterator[tuple[str, list[Any]]]:
    """An address of this machine, and who came there; it answers with a schema."""
    came: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def listen() -> None:
            with suppress(OSError):
                while True:
                    connection, who = server.accept()
                    came.append(who)
                    with connection:
                        connection.recv(4096)
                        body = (
                            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"
                        )
                        connection.sendall(body)

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/schema.json", came
        server.shutdown(socket.SHUT_RDWR)
    listener.join(5)


def pointing(address: str) -> list[dict[str, Any]]:
    """Schemas that lead to an address, one way or another."""
    return [
        {"$ref": address},
        {"properties": {"a": {"$ref": address}}},
        {"$id": address, "properties": {"a": {"$ref": "other.json"}}},
        {"$defs": {"a": {"$ref": address}}},
        {"$dynamicRef": address},
        {"contentSchema": {"$ref": address}},
        {"$schema": address},
    ]


def test_no_schema_makes_it_connect_anywhere() -> None:
    with trap() as (address, came):
        for schema in pointing(address):
            document = {"type": "object", **schema}
            assert document_flaws(document), schema
            CHECKER.flaws(document)  # the second wall holds by itself
            with suppress(ValueError):
                CHECKER.compiled(document)({"a": 1})
        assert came == []
        # The trap works: the library, left to itself, walks into it.
        jsonschema_rs.Draft202012Validator({"$ref": address})
        assert len(came) == 1


def test_no_schema_makes_it_read_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps({"const": "secret"}))
    reference = {"type": "object", "$ref": secret.as_uri()}
    assert [flaw.code for flaw in document_flaws(reference)] == ["foreign_reference"]
    (flaw,) = CHECKER.flaws(reference)
    assert "nothing is fetched" in flaw.message
    assert jsonschema_rs.Draft202012Validator(reference).is_valid("secret") is False


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(x+x+)+y", "^(a|aa)+$", "^(.*)*b"])
def test_a_pattern_that_would_run_for_years_answers_at_once(pattern: str) -> None:
    check = CHECKER.compiled({"properties": {"a": {"pattern": pattern}}})
    started = time.perf_counter()
    assert check({"a": "a" * 50_000 + "!"})
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"pattern": "(?=a)b"}, ("pattern",)),
        ({"pattern": r"(a)\1"}, ("pattern",)),
        ({"pattern": "(((a{100}){100}){100}){100}"}, ("pattern",)),
        ({"pattern": "("}, ("pattern",)),
        ({"type": "text"}, ("type",)),
        ({"properties": {"a": {"minLength": -1}}}, ("properties", "a", "minLength")),
        ({"properties": []}, ("properties",)),
        ({"required": "a"}, ("required",)),
        ({"items": [{}]}, ("items",)),
        ({"format": "made-up"}, ("format",)),
    ],
    ids=str,
)
def test_what_is_no_json_schema_is_told_where(schema: dict[str, Any], path: Any) -> None:
    (flaw,) = CHECKER.flaws(schema)
    assert flaw.path == path
    assert len(flaw.message) <= 200


@given(document=event_schema_documents(), properties=schema_properties())
def test_flaws_are_found_where_the_library_finds_any(
    document: dict[str, Any], properties: dict[str, Any]
) -> None:
    assume(not document_flaws(document) and not CHECKER.flaws(document))
    plain = jsonschema_rs.Draft202012Validator(document, validate_formats=True)
    assert bool(CHECKER.compiled(document)(properties)) is not plain.is_valid(properties)


SCHEMA = {
    "type": "object",
    "properties": {
        "plan": {"enum": ["free", "pro"]},
        "seats": {"type": "integer", "minimum": 1},
        "tags": {"items": {"type": "string", "maxLength": 3}},
        "at": {"format": "date-time"},
    },
    "required": ["plan", "seats"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("properties", "flaws"),
    [
        ({"plan": "pro", "seats": 1, "at": "2026-01-01T00:00:00Z"}, []),
        ({"plan": "pro"}, [(("seats",), "missing")]),
        ({"plan": "gold", "seats": 0}, [(("plan",), "unknown_value"), (("seats",), "too_small")]),
        ({"plan": "pro", "seats": "1"}, [(("seats",), "type")]),
        ({"plan": "pro", "seats": 1, "tags": ["a", "long", 5]},
         [(("tags", 1), "too_long"), (("tags", 2), "type")]),
        ({"plan": "pro", "seats": 1, "at": "yesterday"}, [(("at",), "format")]),
        ({"plan": "pro", "seats": 1, "x/y": 1, "z": 2},
         [(("x/y",), "unknown_field"), (("z",), "unknown_field")]),
    ],
    ids=str,
)  # fmt: skip
def test_every_flaw_has_its_place_and_its_name(properties: Any, flaws: list[Any]) -> None:
    found = CHECKER.compiled(SCHEMA)(properties)
    assert sorted((flaw.path, flaw.code) for flaw in found) == sorted(flaws)


def test_what_no_value_may_be_is_told_in_words() -> None:
    closed = CHECKER.compiled({"properties": {"a": False}})({"a": 1})
    assert [(flaw.path, flaw.message) for flaw in closed] == [(("a",), "not allowed by the schema")]
    (empty,) = CHECKER.compiled({"additionalProperties": False})({"a": 1, "b": 1})
    assert (empty.path, empty.message) == ((), "holds what is not in the schema")


def test_messages_do_not_repeat_what_was_sent() -> None:
    found = CHECKER.compiled(SCHEMA)({"plan": "hunter2" * 100, "seats": "hunter2"})
    assert len(found) == 2
    assert "hunter2" not in str(found)
    assert '"free" or "pro"' in found[0].message


def test_a_flaw_in_every_one_of_very_many_values_is_told_once() -> None:
    check = CHECKER.compiled({"properties": {"a": {"items": {"type": "string"}}}})
    started = time.perf_counter()
    (flaw,) = check({"a": [0] * 200_000})
    assert time.perf_counter() - started < 5  # looking for all of them takes ten seconds
    assert flaw.path == ("a", 0)
