"""API7:2023 Server side request forgery.

Control: nothing fetches an address that a caller sent. Three adapters make calls, all to
addresses that an operator set, and none follows a redirect or a proxy of the environment.
"""

import ast
import json
from typing import Any

import httpx
import pytest

from sightline.adapters.issuers import HttpIssuerKeys
from sightline.domain.tenancy import Demands, TrustedIssuer

from ..architecture.project import modules, roots, tree
from ..http.forging import Forge, encoded
from ..http.seeds import operations
from ..http.served import serving
from ..http.test_openapi import DOCUMENT

CALLERS = {
    "src/adapters/issuers/http_issuer_keys.py",
    "src/adapters/kubernetes.py",
    "src/adapters/market_api/client.py",
    "src/bootstrap/deployments.py",
}
#: What else could fetch something, in the standard library and beside it. The demonstration
#: asks its own server with http.client; market_api/stand_in.py and listening.py only listen.
FETCHERS = {"aiohttp", "http", "requests", "smtplib", "ftplib", "urllib3", "websockets", "niquests"}
ANSWERS = {"src/entrypoints/cli/demonstration.py"}


def test_only_the_known_adapters_call_anybody() -> None:
    assert {str(one) for one in modules("src") if "httpx" in roots(one)} == CALLERS
    others = {str(one) for one in modules("src") if _fetchers(tree(one))}
    assert others == ANSWERS


def test_no_client_follows_redirects_or_asks_the_environment_for_a_proxy() -> None:
    clients = [
        node
        for module in CALLERS
        for node in ast.walk(tree(next(one for one in modules("src") if str(one) == module)))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"AsyncClient", "Client"}
    ]
    assert len(clients) == 3
    for client in clients:
        named = {keyword.arg: keyword.value for keyword in client.keywords}
        trusts = named["trust_env"]
        assert isinstance(trusts, ast.Constant)
        assert trusts.value is False
        follows = named.get("follow_redirects", ast.Constant(False))  # what httpx does itself
        assert isinstance(follows, ast.Constant)
        assert follows.value is False


def test_no_operation_takes_an_address() -> None:
    for operation in operations(DOCUMENT):
        for parameter in operation.document.get("parameters", ()):
            assert not {"url", "uri", "callback", "host", "webhook"} & {parameter["name"].lower()}
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            assert described.get("format") not in {"uri", "url"}, (name, field)


@pytest.mark.parametrize("claim", ["jku", "x5u", "iss", "jwk"])
async def test_a_token_that_says_where_its_key_is_causes_no_call(
    claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []

    async def caught(_: object, request: httpx.Request) -> httpx.Response:
        called.append(str(request.url))
        return httpx.Response(200, json={"keys": Forge.new().keys()})

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", caught)
    async with serving() as served:
        place: Any = "http://169.254.169.254/latest/meta-data"
        head = {"typ": "at+jwt", "alg": "ES256", "kid": "ec", claim: place}
        body = json.dumps({"iss": place, "sub": "x", "org_id": "acme"}).encode()
        token = f"{encoded(json.dumps(head).encode())}.{encoded(body)}.{encoded(bytes(64))}"
        headers = {"authorization": f"Bearer {token}"}
        assert (await served.stranger.get("/api/v1/me", headers=headers)).status_code == 401
    assert called == []


async def test_an_issuer_that_redirects_is_not_followed() -> None:
    called: list[str] = []

    async def redirecting(request: httpx.Request) -> httpx.Response:
        called.append(str(request.url))
        return httpx.Response(302, headers={"location": "http://169.254.169.254/keys"})

    url = "https://id.example.com/keys"
    issuer = TrustedIssuer("idp", Demands("https://id.example.com", "sightline"), url)
    async with httpx.AsyncClient(transport=httpx.MockTransport(redirecting)) as client:
        with pytest.raises(Exception, match="issuer"):
            await HttpIssuerKeys(client).find(issuer, "a")
    assert called == [url]


def _fetchers(module: ast.Module) -> set[str]:
    """What of `FETCHERS` a module loads; `http.HTTPStatus` and urllib.parse fetch nothing."""
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name for name in names if _fetches(name)}
    return found


def _fetches(name: str) -> bool:
    known = name.split(".", maxsplit=1)[0] in FETCHERS and name != "http.HTTPStatus"
    return known or name.startswith("urllib.request")
