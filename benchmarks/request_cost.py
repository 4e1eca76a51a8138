"""What a request pays for all that stands in front of it, with every cache warm.

The same stack over the shortest answer, with and without each layer, in interleaved rounds;
the smallest round of each counts, and a layer costs what the stack is quicker without it.
"""

import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Set
from contextlib import AsyncExitStack, redirect_stderr
from io import StringIO
from typing import Any

from litestar import get

from sightline import bootstrap
from sightline.adapters.memory.telemetry import RecordingTelemetry
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.tenancy import ClientCredentials, Principal
from sightline.entrypoints.http.access import Authenticated
from sightline.entrypoints.http.admission import AdmissionOptions
from sightline.entrypoints.http.app import framework
from sightline.entrypoints.http.audit import Audited, Peers
from sightline.entrypoints.http.cursors import Cursors
from sightline.entrypoints.http.inputs import Call
from sightline.entrypoints.http.limits import Limited
from sightline.entrypoints.http.peers import PeerLimited
from sightline.entrypoints.settings import Settings

from . import Figure, within

KEY, TENANT = "benchmark-key-1", TenantId("bench")
ROUNDS, CALLS = 15, 200
GOAL_US = 60.0

App = Callable[..., Awaitable[None]]


@get("/thing", operation_id="getThing", needs="properties:read")
async def guarded(request: Call) -> None:
    """Nothing, for those who may."""


@get("/thing", operation_id="getThing", needs=None)
async def unguarded(request: Call) -> None:
    """Nothing, for everybody who came in."""


class Silent(RecordingTelemetry):
    """Counts nothing, so that only what is measured is."""

    def count(self, name: str, **labels: str) -> None:
        """Nothing."""


async def run() -> list[Figure]:
    """The goal of the issue: authentication, permission, limits and audit under 60 µs together."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(redirect_stderr(StringIO()))
        adapters = await stack.enter_async_context(bootstrap.production(Settings(data_dir=folder)))
        cases = bootstrap.use_cases(adapters)
        # Writing what was taken down is measured in benchmarks.audit, and happens beside.
        cases.record_audit.most_waiting = cases.record_audit.batch_size = 10**7
        await cases.create_tenant(TENANT, "Bench")
        await cases.install_fixed_key(TENANT, KeyId("bench"), "bench", KEY)
        issued = await cases.tokens.issue(ClientCredentials("bench", KEY), None)
        principal = await cases.authenticate(KEY)
        found = await _best(cases, principal, (KEY, issued.access_token))
        await cases.record_audit.flush()
    return _figures(found)


def _figures(us: dict[str, float]) -> list[Figure]:
    together = us["all"] - us["none"]
    return [
        within("authentication, permission, limits and audit, by key", together, GOAL_US, "us"),
        within("the same by token", us["all, token"] - us["none"], GOAL_US, "us"),
        *(
            Figure(f"of it {name}", f"{us['all'] - us[f'without {name}']:.1f} us")
            for name in ("authentication", "permission", "limits", "audit")
        ),
        Figure("the bare route behind it", f"{us['none']:.1f} us"),
    ]


async def _best(
    cases: bootstrap.UseCases, principal: Principal, credentials: tuple[str, str]
) -> dict[str, float]:
    layers = ("authentication", "permission", "limits", "audit")
    stacks = {
        "all": _stack(cases, principal, frozenset(layers)),
        **{f"without {one}": _stack(cases, principal, {*layers} - {one}) for one in layers},
        "none": _stack(cases, principal, frozenset()),
        "all, token": _stack(cases, principal, frozenset(layers)),
    }
    best = dict.fromkeys(stacks, float("inf"))
    for _ in range(ROUNDS):
        for name, app in stacks.items():
            key = credentials[name == "all, token"]
            await _round(app, key, 3)  # what is remembered is remembered for a second
            best[name] = min(best[name], await _round(app, key, CALLS))
    return best


def _stack(cases: bootstrap.UseCases, principal: Principal, layers: Set[str]) -> App:
    telemetry = Silent()
    app: App = framework(telemetry, [guarded if "permission" in layers else unguarded])
    if "limits" in layers:
        app = Limited(app, cases, telemetry, AdmissionOptions().gates())
    if "audit" in layers:
        app = Audited(app, cases.record_audit, Peers(bytes(32)))
    if "authentication" in layers:
        app = Authenticated(app, cases, Cursors(bytes(32)))
    else:
        app = _known(app, principal)
    if "limits" in layers:
        app = PeerLimited(app, cases, telemetry, Peers(bytes(32)))
    return app


def _known(app: App, principal: Principal) -> App:
    async def call(scope: Any, receive: Any, send: Any) -> None:
        scope["user"] = principal
        await app(scope, receive, send)

    return call


async def _round(app: App, key: str, calls: int) -> float:
    """CPU time of a request. [µs]"""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        assert message.get("status", 200) == 200, message

    scopes = list(_scopes(key, calls))
    began = time.process_time()
    for scope in scopes:
        await app(scope, receive, send)
    return (time.process_time() - began) / calls * 1e6


def _scopes(key: str, calls: int) -> Iterator[dict[str, Any]]:
    for _ in range(calls):
        yield {
            "type": "http",
            "method": "GET",
            "path": "/thing",
            "raw_path": b"/thing",
            "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"authorization", f"Bearer {key}".encode())],
            "http_version": "1.1",
            "scheme": "http",
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "root_path": "",
            "request_id": "0af7651916cd43dd8448eb211c80319c",
        }
