"""Whatever a client may send that the document allows, and much that it does not."""

import asyncio
from typing import Any

import attrs
import schemathesis
from schemathesis import Case
from schemathesis.checks import CHECKS
from schemathesis.specs.openapi import checks as openapi_checks

from sightline import bootstrap
from sightline.domain.tenancy import peer_policy
from sightline.entrypoints.http.app import EdgeOptions

from .seeds import seed
from .served import KEYS, Served


async def _seeded() -> Served:
    # It tries more wrong credentials than an address may.
    adapters = attrs.evolve(bootstrap.in_memory(), peer_policy=peer_policy(1_000_000))
    served = Served(adapters, EdgeOptions())
    await served.prepare()
    await seed(served)
    return served


#: Takes lines of anything: each that is no event is told by its number in a good answer.
LINES = "/api/v1/events/bulk"

schema = schemathesis.openapi.from_asgi("/openapi.json", asyncio.run(_seeded()).app)


@schemathesis.serializer("application/x-ndjson")
def lines(_context: object, value: object) -> bytes:
    """Lines as they are: any text, hardly ever JSON."""
    return str(value).encode(errors="replace")


@schema.auth()
class Key:
    """The key in both places, because schemathesis makes up whichever is left out."""

    def get(self, _case: Case[Any], _context: object) -> str:
        return KEYS["acme"]

    def set(self, case: Case[Any], key: str, _context: object) -> None:
        if case.path.startswith("/api/v2/admin/"):
            key = KEYS["platform"]  # or every answer would be the same refusal
        case.headers["Authorization"] = f"Bearer {key}"
        case.headers["X-API-Key"] = key


@schema.parametrize()
def test_every_answer_is_as_documented(case: Case[Any]) -> None:
    # Rules across fields (end after start) cannot be said in JSON Schema.
    excluded: list[Any] = [openapi_checks.positive_data_acceptance]
    if case.path == LINES:
        excluded.append(openapi_checks.negative_data_rejection)
    case.call_and_validate(excluded_checks=excluded)


def test_the_checks_that_matter_are_run() -> None:
    assert {"not_a_server_error", "response_schema_conformance", "status_code_conformance"} <= set(
        CHECKS.get_all_names()
    )
