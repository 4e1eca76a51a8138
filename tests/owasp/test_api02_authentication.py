"""API2:2023 Broken authentication.

Control: every route but health, documents and tokens wants a key or token, checked before
the route is looked for; guesses cost the guesser; secrets are kept as keyed digests and
shown once. Forged tokens of every kind are in tests/http/test_token_zoo.py.
"""

import ast

import pytest

from sightline.entrypoints.http.app import EdgeOptions

from ..architecture.project import modules, tree
from ..http.seeds import ABSENT, operations
from ..http.served import KEYS, serving
from ..http.test_openapi import DOCUMENT

GUARDED = [one for one in operations(DOCUMENT) if one.document["security"]]


async def test_without_a_credential_no_guarded_operation_answers() -> None:
    async with serving(EdgeOptions()) as served:
        for operation in GUARDED:
            path = operation.path.format_map(ABSENT)
            answer = await served.stranger.request(operation.method, path)
            assert answer.status_code == 401, operation.name
            assert answer.json()["type"] == "/problems/unauthenticated"
            assert answer.headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("change", [str.upper, lambda key: key[:-1], lambda key: key + "x"])
async def test_a_key_that_is_nearly_right_is_wrong(change: "type[str]") -> None:
    async with serving() as served:
        headers = {"authorization": f"Bearer {change(KEYS['acme'])}"}
        assert (await served.stranger.get("/api/v1/me", headers=headers)).status_code == 401


async def test_a_credential_counts_in_its_header_only() -> None:
    async with serving() as served:
        query = {"api_key": KEYS["acme"], "access_token": KEYS["acme"]}
        assert (await served.stranger.get("/api/v1/me", params=query)).status_code == 401
        cookie = {"cookie": f"token={KEYS['acme']}"}
        assert (await served.stranger.get("/api/v1/me", headers=cookie)).status_code == 401


async def test_guessing_is_slowed_down_at_the_guessers_address() -> None:
    async with serving() as served:
        seen = set()
        for number in range(700):
            headers = {"authorization": f"Bearer guess-number-{number}"}
            seen.add((await served.stranger.get("/api/v1/me", headers=headers)).status_code)
        assert seen == {401, 429}


async def test_what_is_kept_of_a_key_does_not_hold_it() -> None:
    async with serving() as served:
        made = await served.acme.post("/api/v1/keys", json={"name": "laptop", "role": "viewer"})
        secret = made.json()["key"][-36:]
        assert secret not in repr(served.adapters.api_keys)
        assert KEYS["acme"] not in repr(served.adapters.api_keys)


def test_nothing_on_the_way_of_a_request_takes_its_time_on_purpose() -> None:
    """Keys are random, so that a fast keyed digest suffices; a slow one would be a lever."""
    slow = {"argon2", "bcrypt", "scrypt", "pbkdf2_hmac", "passlib", "PBKDF2HMAC", "Scrypt", "crypt"}
    found = {
        str(module): sorted(_names(tree(module)) & slow)
        for module in modules("src")
        if _names(tree(module)) & slow
    }
    assert found == {}


def _names(module: ast.Module) -> set[str]:
    """Every name that a module imports or uses."""
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {part for alias in node.names for part in alias.name.split(".")}
        elif isinstance(node, ast.ImportFrom):
            found |= set((node.module or "").split(".")) | {alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Name):
            found.add(node.id)
    return found
