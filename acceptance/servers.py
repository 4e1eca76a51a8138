"""Real servers on loopback, with data of their own that is thrown away."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from socket import socket
from tempfile import mkdtemp
from uuid import uuid4

import httpx
import psycopg
from attrs import field, frozen
from sqlalchemy.engine import make_url

from sightline.adapters.sample.energy import sample_readings, sample_sites
from sightline.bootstrap import production, use_cases
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.tenancy import ROLES, Role
from sightline.entrypoints.settings import read_settings

POSTGRES = os.environ.get(
    "SIGHTLINE_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres"
)
REDIS = os.environ.get("SIGHTLINE_TEST_REDIS", "redis://127.0.0.1:6379/0")
#: Longest wait for a server to come or go. [s]
PATIENCE = 60.0
_SERVE = "from sightline.entrypoints.cli import main; main()"


@frozen
class Server:
    """A server that runs, and the keys of its two tenants.

    Args:
        port: Where it listens.
        process: What was started; its children serve.
        data: Its data folder.
        tenants: Ids of the two tenants; new ones every time, for stores that others use as well.
    """

    port: int
    process: "subprocess.Popen[bytes]"
    data: Path
    tenants: tuple[str, str]

    def key(self, number: int = 0) -> str:
        """The key of one of the tenants."""
        return _key(self.tenants[number])

    def client(self, key: str | None = None) -> httpx.AsyncClient:
        """A client with a key, that of the first tenant if none is given."""
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"authorization": f"Bearer {key or self.key()}"},
            timeout=PATIENCE,
        )

    def peak_mb(self) -> float:
        """Most memory that its processes ever had resident. [MB]"""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return sum(_peak_kb(one) for one in (str(pid), *children)) / 1024


def _key(tenant: str) -> str:
    return f"acceptance-key-of-{tenant}"


def _peak_kb(pid: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@frozen
class Shape:
    """How a server is run.

    Args:
        settings: Settings besides address and data folder, by their whole names.
        database: Address of a PostgreSQL database; SQLite if empty.
        weakened: Python that is run in its processes first and takes a control away.
        readings: Whether its tenants have sample sites and readings.
    """

    settings: Mapping[str, str] = field(factory=dict)
    database: str = ""
    weakened: str = ""
    readings: bool = False


@asynccontextmanager
async def serving(shape: Shape = Shape()) -> AsyncIterator[Server]:
    """A server with two tenants, ended by its process id."""
    data = Path(mkdtemp(prefix="sightline-acceptance-"))
    name = uuid4().hex[:8]
    tenants = (f"noisy-{name}", f"quiet-{name}")
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    ours = {"SIGHTLINE_DATA_DIR": str(data), "SIGHTLINE_PORT": str(port), **shape.settings}
    if shape.database:
        ours["SIGHTLINE_DATABASE_URL"] = shape.database
    try:
        await _fill(ours, tenants, readings=shape.readings)
        with _started(ours, shape.weakened) as process:
            await _ready(port, process)
            yield Server(port, process, data, tenants)
    finally:
        shutil.rmtree(data, ignore_errors=True)


def environment(data: Path) -> dict[str, str]:
    """The variables of a command on a data folder."""
    return {**_neutral(), "SIGHTLINE_DATA_DIR": str(data)}


def _neutral() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith("SIGHTLINE_")}


async def _fill(settings: Mapping[str, str], tenants: tuple[str, ...], *, readings: bool) -> None:
    async with production(read_settings(settings)) as adapters:
        cases = use_cases(adapters)
        for name in tenants:
            tenant = TenantId(name)
            await cases.create_tenant(tenant, name)
            await cases.install_fixed_key(
                tenant, KeyId(name), "acceptance", _key(name), ROLES[Role.ADMIN]
            )
            if readings:
                await cases.import_sites(tenant, sample_sites())
                await cases.import_readings(tenant, sample_readings())


@contextmanager
def _started(settings: Mapping[str, str], weakened: str) -> "Iterator[subprocess.Popen[bytes]]":
    # The settings last in the program: what is weakened holds in the serving processes as
    # well, because they are forked from this one.
    process = subprocess.Popen(
        [sys.executable, "-c", f"{weakened}\n{_SERVE}", "serve"],
        env={**_neutral(), **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()


async def _ready(port: int, process: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + PATIENCE
    async with httpx.AsyncClient() as client:
        while time.monotonic() < give_up and process.poll() is None:
            try:
                answer = await client.get(f"http://127.0.0.1:{port}/health/ready")
                if answer.status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)  # noqa: ASYNC251  nothing else goes on here
    message = f"the server did not become ready; its exit code is {process.poll()}"
    raise RuntimeError(message)


@contextmanager
def postgres() -> Iterator[str | None]:
    """The address of an empty PostgreSQL database, dropped afterwards; None without a server."""
    name = f"sightline_acceptance_{uuid4().hex[:8]}"
    try:
        with psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
    except psycopg.OperationalError:
        yield None
        return
    try:
        yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@asynccontextmanager
async def two_workers(
    settings: Mapping[str, str], weakened: str = ""
) -> AsyncIterator[Server | None]:
    """A server of two processes on PostgreSQL; None where there is none."""
    async with AsyncExitStack() as stack:
        address = stack.enter_context(postgres())
        if address is None:
            yield None
            return
        shared = {
            "SIGHTLINE_WORKERS": "2",
            "SIGHTLINE_SECRET": uuid4().hex * 2,
            "SIGHTLINE_COLUMNAR_URL": "none",
        }
        shape = Shape({**shared, **settings}, address, weakened)
        yield await stack.enter_async_context(serving(shape))
