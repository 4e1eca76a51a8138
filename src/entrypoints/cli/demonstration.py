"""`sightline demo`: everything at once, with sample data, and where to look."""

import asyncio
import http.client
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ...bootstrap import fill_with_samples, production, start_logging, use_cases
from ...domain.errors import TenantNotFound, Unavailable
from ...domain.identifiers import KeyId, TenantId
from ...domain.tenancy import ALPHABET, KeyKind, render_key
from ..listening import check_address
from ..settings import Settings, kept, read_settings, variable

TENANT = TenantId("demo")
KEY = KeyId("demo")
#: Said instead of the dashboard's address.
NO_DASHBOARD = "not built here: `make dashboard` builds it and needs Node 20.19 or newer"
#: Longest wait for the API to be ready before it is called a failure. [s]
PATIENCE = 60.0


def demo() -> None:
    """Start with sample data: the API, the stand-in of the market API, and where to look.

    What the first start made is kept in the data folder, and so is what you
    change; later starts only start.
    """
    from .. import server  # noqa: PLC0415  granian is not needed to say that a port is taken

    settings = read_settings({variable("log_format"): "console", **os.environ})
    check_address(settings.host, settings.port)
    start_logging(settings.log_level, settings.log_format)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        key = asyncio.run(_prepared(settings))
        os.environ[variable("log_format")] = settings.log_format
        with _market_api() as (market_api, ours):
            os.environ[variable("market_api_url")] = market_api
            built = (Path(settings.dashboard_dir) / "index.html").is_file()
            text = welcome(_base(settings), key, market_api, with_faults=ours, dashboard=built)
            server.serve(settings, lambda: _in_background(_announce, settings, key, text))
    except KeyboardInterrupt:
        pass  # asked to stop before there was anything to serve
    _say("Stopped.")


async def _prepared(settings: Settings) -> str:
    """Fill the workspace unless it is filled; the key that opens it."""
    async with production(settings) as adapters:
        cases = use_cases(adapters)
        key = settings.demo_key or kept(
            settings.data_dir,
            "demo-key",
            lambda: render_key(
                adapters.random_text.draw(ALPHABET, 12),
                adapters.random_text.draw(ALPHABET, 30),
                KeyKind.TEST,
            ),
        )
        try:
            await cases.get_tenant(TENANT)
        except TenantNotFound:
            _say("Filling the demo workspace with sample data, this once …")
            await fill_with_samples(cases, TENANT, adapters.clock.now())
            with suppress(Unavailable):  # then they come later
                while await cases.load_events.once():
                    pass  # so that the first question sees all of them
            # Last, so that a start that was cut short fills again.
            await cases.create_tenant(TENANT, "Demo workspace (sample data)")
        await cases.install_fixed_key(TENANT, KEY, "demo key", key)
    return key


@contextmanager
def _market_api() -> Iterator[tuple[str, bool]]:
    """The market API's address and whether it is a stand-in started here, or one that is set."""
    given = os.environ.get(variable("market_api_url"))
    if given:
        yield given, False
        return
    command = (sys.executable, "-m", __package__ or "", "market-api", "--port", "0")
    with subprocess.Popen(  # noqa: S603  this very program
        [*command, "--until-input-ends"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as stand_in:
        assert stand_in.stdin is not None
        assert stand_in.stdout is not None
        try:
            yield stand_in.stdout.readline().strip(), True
        finally:
            stand_in.stdin.close()  # and were this process killed, the system would
            try:
                stand_in.wait(5)
            except subprocess.TimeoutExpired:
                stand_in.kill()


def _in_background(function: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=function, args=arguments, daemon=True).start()


def _announce(settings: Settings, key: str, text: str) -> None:
    give_up = time.monotonic() + PATIENCE
    while not _answers(settings, "/health/ready", key):
        if time.monotonic() > give_up:
            _say("sightline: the API is not ready yet; its log lines say why")
            return
        time.sleep(0.1)
    # Reads every market once, so that the market API can be stopped at any moment.
    _answers(settings, "/api/v1/portfolio/market-performance?limit=1000", key, seconds=20)
    _say(text)


def _answers(settings: Settings, path: str, key: str, *, seconds: float = 2) -> bool:
    host = _reachable(settings.host)
    connection = http.client.HTTPConnection(host, settings.port, timeout=seconds)
    try:
        connection.request("GET", path, headers={"X-API-Key": key})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reachable(host: str) -> str:
    """An address that reaches a server which listens on all of them."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  not bound here


def _base(settings: Settings) -> str:
    host = _reachable(settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def welcome(
    base: str, key: str, market_api: str, *, with_faults: bool, dashboard: bool = False
) -> str:
    """Where to look, with which key, and what to try."""
    window = "start=2024-04-01T00:00:00Z&end=2024-04-08T00:00:00Z"
    today = datetime.now(UTC).date()
    days = f"start_date={today - timedelta(days=28)}&end_date={today}"
    funnel = json.dumps(
        {
            "range": {"start": f"{today - timedelta(days=28)}", "end": f"{today}"},
            "steps": [{"event_type": step} for step in ("visit", "signup", "subscribe")],
            "window": "P14D",
        }
    )
    circuit = "62050da7-f4c9-542c-84cd-a7959326de1c"
    organization = "955c3c4d-3a03-4d79-9655-3871f5ad999d"
    call = f"curl -s -H {shlex.quote(f'Authorization: Bearer {key}')}"
    faults = f"""
Let the market API fail, ask the first question again, and mend it:
  curl -s -X PUT '{market_api}/faults' -d '{{"fault": "errors"}}'
  curl -s -X DELETE '{market_api}/faults'
"""
    return f"""
Sightline is ready. All data in it is sample data.

  Dashboard  {f"{base}/app/" if dashboard else NO_DASHBOARD}
  API        {base}
  Documents  {base}/docs and {base}/redoc
  Key        {key}
  Market API {market_api}{" (a stand-in with sample markets)" if with_faults else ""}

A property against its market:
  {call} '{base}/api/v1/properties/1/market-performance'

The worst buildings of Chicago (scored some seconds after the first start), and why:
  {call} '{base}/api/v1/portfolio/health?city=Chicago&sort=score&limit=3'
  {call} '{base}/api/v1/properties/854/health?explain=true'

Power of a circuit and of an organization over a week:
  {call} '{base}/api/v1/circuits/{circuit}/power?{window}'
  {call} '{base}/api/v1/organizations/{organization}/power?{window}'

What users did, by the day, and the last of it:
  {call} '{base}/api/v1/metrics/summary?metrics=active_users,events,revenue_usd&{days}'
  {call} '{base}/api/v1/events?event_type=subscribe&limit=3'

How far they get, and how long they take:
  {call} -H 'Content-Type: application/json' -d '{funnel}' '{base}/api/v2/analytics/funnel/analyze'
{faults if with_faults else ""}
Ctrl-C stops everything; the next start keeps what is there.
"""


def _say(text: str) -> None:
    print(text, flush=True)
