"""What an operator decides, read from the environment once and handed on."""

import difflib
import os
import secrets
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import attrs
from attrs import Attribute, field, frozen

from ..domain.errors import Flaw, InvalidFields, InvalidInput
from ..domain.tenancy import PlanName, TrustedIssuer
from .issuers_file import read_issuers
from .setting_checks import (
    CLICKHOUSE_URL,
    DATABASE_URL,
    FOLDER,
    HOST,
    HTTP_URL,
    NAMESPACE,
    NEEDED,
    POSTGRESQL_URL,
    REDIS_URL,
    between,
    long_enough,
    matches,
    networks,
    origins,
    usable_key,
)
from .structuring import from_text

PREFIX = "SIGHTLINE_"
#: The test suite's own variables; nothing of them reaches the product.
_TESTS_PREFIX = "SIGHTLINE_TEST_"
_KEPT_AS = "secret"


class InvalidSettings(ValueError):
    """Variables that keep the product from starting, all of them.

    Args:
        flaws: One per problem; the path names the variable, the message never its value.
    """

    def __init__(self, flaws: tuple[Flaw, ...]) -> None:
        self.flaws = flaws
        super().__init__("\n".join(f"{flaw.path[0]}: {flaw.message}" for flaw in flaws))


class LogLevel(StrEnum):
    """From how grave an event on it is written down."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """One JSON object a line, or text for people."""

    JSON = "json"
    CONSOLE = "console"


class JobsIn(StrEnum):
    """Which process does the jobs."""

    IN_PROCESS = "in_process"
    NONE = "none"


class PoolsAre(StrEnum):
    """What scales the processes that serve one tenant."""

    AUTOSCALER = "autoscaler"
    DEPLOYMENT = "deployment"


def _means(text: str) -> dict[str, str]:
    return {"means": text}


@frozen
class Settings:
    """Every setting; the variable of ``market_api_url`` is ``SIGHTLINE_MARKET_API_URL``."""

    host: str = field(
        metadata=_means("Address to listen on."),
        default="127.0.0.1",
        validator=matches(HOST, "a host name or an IP address"),
    )
    port: int = field(
        metadata=_means("Port to listen on."), default=8000, validator=between(1, 65535)
    )
    data_dir: str = field(
        metadata=_means("Folder of the database file, the secret and the demo key."),
        default=".sightline",
        validator=matches(FOLDER, "a path without ?, #, % and control characters"),
    )
    dashboard_dir: str = field(
        metadata=_means("Folder of the exported dashboard, served under `/app`."),
        default="web/dashboard/out",
        validator=matches(FOLDER, "a path without ?, #, % and control characters"),
    )
    database_url: str = field(
        metadata=_means(
            "Record store: `sqlite:///file` or `postgresql://user:password@host/database`."
        )
        | {"computed": "`sqlite:///` and the file `sightline.sqlite` in the data folder"},
        validator=matches(DATABASE_URL, "sqlite:///<file> or postgresql://<host>/<database>"),
        repr=False,
    )
    migration_database_url: str | None = field(
        metadata=_means(
            "PostgreSQL as the owner of the tables, who brings them up to date; otherwise the "
            "role of `SIGHTLINE_DATABASE_URL` does."
        ),
        default=None,
        validator=matches(POSTGRESQL_URL, "a URL of postgresql"),
        repr=False,
    )
    market_api_url: str = field(
        metadata=_means("Root of the market-data API."),
        default="http://127.0.0.1:8100",
        validator=matches(HTTP_URL, "an http or https address without user, query or fragment"),
    )
    market_api_deadline_seconds: float = field(
        metadata=_means("Longest wait for market data, retries included. [s]"),
        default=1.0,
        validator=between(0.05, 30, " seconds"),
    )
    demo_key: str | None = field(
        metadata=_means(
            "Fixed key of the demo workspace, for scripts; otherwise one is made and kept."
        ),
        default=None,
        validator=usable_key,
        repr=False,
    )
    secret: str | None = field(
        metadata=_means(
            "Server secret that signs cursors and digests keys, 32 characters or more; "
            "otherwise one is made and kept. All copies of a deployment need the same."
        ),
        default=None,
        validator=long_enough,
        repr=False,
    )
    public_url: str = field(
        metadata=_means(
            "Address that clients reach the API at: issuer and audience of its tokens, "
            "and what signed requests name."
        )
        | {"computed": "`http://` and host and port"},
        validator=matches(HTTP_URL, "an http or https address without user, query or fragment"),
    )
    issuers_file: str | None = field(
        metadata=_means(
            "JSON file of other issuers whose tokens are believed ([how](authentication.md))."
        ),
        default=None,
        validator=matches(FOLDER, "a path without ?, #, % and control characters"),
    )
    cors_origins: tuple[str, ...] = field(
        metadata=_means("Origins whose pages may call the API, with commas between."),
        default=(),
        validator=origins,
    )
    workers: int = field(
        metadata=_means(
            "Processes that serve; more than one needs PostgreSQL, and `SIGHTLINE_COLUMNAR_URL`."
        ),
        default=1,
        validator=between(1, 64),
    )
    jobs: JobsIn = field(
        metadata=_means(
            "`in_process`: serving processes do jobs as well; `none`: only `sightline worker` does."
        ),
        default=JobsIn.IN_PROCESS,
    )
    redis_url: str | None = field(
        metadata=_means(
            "Redis that keeps rate limits for all processes, such as `redis://host:6379/0`; "
            "without it each process keeps its own. Nonces of signed requests are there too, "
            "else in the record store."
        ),
        default=None,
        validator=matches(REDIS_URL, "redis://<host> or rediss://<host>"),
        repr=False,
    )
    columnar_url: str | None = field(
        metadata=_means(
            "ClickHouse that keeps events in columns, on one server or several: "
            "`clickhouse://user:password@host:8123,host:8123/database`, `clickhouses://` "
            "encrypted ([how](deployment-clickhouse.md)); `none` if nobody asks for events; "
            "without it, a file in the data folder, which one process holds."
        ),
        default=None,
        validator=matches(CLICKHOUSE_URL, "clickhouse://<host>, clickhouses://<host> or none"),
        repr=False,
    )
    limit_plan: PlanName = field(
        metadata=_means(
            "Plan of new tenants unless another is asked for: `starter`, `standard` or "
            "`enterprise`."
        ),
        default=PlanName.ENTERPRISE,
    )
    kubernetes_url: str | None = field(
        metadata=_means(
            "API server of the cluster that scales tenants ([how](administration.md)); without "
            "it, tiers change limits alone."
        ),
        default=None,
        validator=matches(HTTP_URL, "an http or https address without user, query or fragment"),
    )
    kubernetes_namespace: str = field(
        metadata=_means("Namespace of the tenants' pools."),
        default="default",
        validator=matches(NAMESPACE, "a name of a-z, 0-9 and -"),
    )
    kubernetes_pools: PoolsAre = field(
        metadata=_means("What the pools are: `autoscaler` or `deployment`."),
        default=PoolsAre.AUTOSCALER,
    )
    kubernetes_token_file: str | None = field(
        metadata=_means("File with the bearer token for the API server, read at every use."),
        default=None,
        validator=matches(FOLDER, "a path without ?, #, % and control characters"),
    )
    kubernetes_ca_file: str | None = field(
        metadata=_means("Certificates that the API server is known by; the system's without it."),
        default=None,
        validator=matches(FOLDER, "a path without ?, #, % and control characters"),
    )
    anonymous_requests_per_minute: int = field(
        metadata=_means(
            "What an address may ask without a credential that is known already; new and wrong "
            "credentials count."
        ),
        default=600,
        validator=between(1, 1_000_000),
    )
    trusted_proxies: tuple[str, ...] = field(
        metadata=_means(
            "Addresses or networks whose X-Forwarded-For is believed, with commas between."
        ),
        default=(),
        validator=networks,
    )
    concurrent_requests: int = field(
        metadata=_means("Requests under way in a process: of reads, and as many of writes."),
        default=256,
        validator=between(1, 100_000),
    )
    concurrent_heavy_requests: int = field(
        metadata=_means("The same of heavy reads."),
        default=1,
        validator=between(1, 100_000),
    )
    concurrent_bulk_writes: int = field(
        metadata=_means("The same of bulk writes."),
        default=16,
        validator=between(1, 100_000),
    )
    waiting_requests: int = field(
        metadata=_means("Requests of one class that wait for one of these places."),
        default=1000,
        validator=between(1, 100_000),
    )
    admission_wait_seconds: float = field(
        metadata=_means("Longest wait for such a place, 503 after it. [s]"),
        default=0.25,
        validator=between(0, 60, " seconds"),
    )
    log_level: LogLevel = field(
        metadata=_means("`debug`, `info`, `warning` or `error`."), default=LogLevel.INFO
    )
    log_format: LogFormat = field(
        metadata=_means("`json`, one object a line, or `console` for people."),
        default=LogFormat.JSON,
    )
    body_deadline_seconds: float = field(
        metadata=_means("Longest wait for the whole body of a request. [s]"),
        default=10.0,
        validator=between(0.1, 300, " seconds"),
    )
    stop_deadline_seconds: int = field(
        metadata=_means("Longest wait for requests in flight when stopping. [s]"),
        default=5,
        validator=between(1, 300, " seconds"),
    )

    @database_url.default
    def _file_in_data_dir(self) -> str:
        return f"sqlite:///{Path(self.data_dir) / 'sightline.sqlite'}"

    @public_url.default
    def _where_it_listens(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def keeps_columns(self) -> bool:
        """Whether events are in columns anywhere, so that questions about them are answered."""
        return self.columnar_url != "none"

    @property
    def own_columns(self) -> bool:
        """Whether events are in columns in a file, which only the serving process may have."""
        return self.columnar_url is None

    def public_origin(self) -> str | None:
        """Scheme and authority that callers see; None if nobody said, so that requests tell."""
        if self.public_url == self._where_it_listens():
            return None
        return "/".join(self.public_url.split("/")[:3])

    @workers.validator
    def _one_writer(self, attribute: "Attribute[Any]", value: int) -> None:
        if value > 1 and self.database_url.startswith("sqlite"):
            message = "must be 1 with SQLite, whose file has one writing process"
            raise InvalidInput(message, path=(attribute.name,), code="needs_postgresql")
        if value > 1 and self.columnar_url is None:
            message = (
                f"must be 1 without {variable('columnar_url')}: events in columns are then in a "
                "file that one process holds; name ClickHouse there, or none if nobody asks for "
                "events"
            )
            raise InvalidInput(message, path=(attribute.name,), code="needs_columns")

    @migration_database_url.validator
    def _same_kind(self, attribute: "Attribute[Any]", value: str | None) -> None:
        if value is not None and self.database_url.startswith("sqlite"):
            message = "is for PostgreSQL only; a SQLite file has no roles"
            raise InvalidInput(message, path=(attribute.name,), code="needs_postgresql")

    def server_secret(self) -> bytes:
        """The secret that signs and digests; made and kept in the data folder if none is set."""
        text = self.secret or kept(self.data_dir, _KEPT_AS, lambda: secrets.token_hex(32))
        return text.encode()

    def secret_file(self) -> Path | None:
        """Where the secret is kept, or would be; None if it comes from the environment."""
        return None if self.secret else Path(self.data_dir) / _KEPT_AS

    def trusted_issuers(self) -> tuple[TrustedIssuer, ...]:
        """The issuers of the file, none without one.

        Raises:
            InvalidSettings: If the file cannot be read, or what it says is not right.
        """
        if self.issuers_file is None:
            return ()
        try:
            found = read_issuers(Path(self.issuers_file).read_bytes())
            if any(one.demands.issuer == self.public_url for one in found):
                raise InvalidInput("this API's own address is not another issuer")
        except (OSError, InvalidInput) as error:
            flaw = Flaw((variable("issuers_file"),), "issuers", str(error))
            raise InvalidSettings((flaw,)) from None
        return found


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment; an empty variable counts as absent.

    Raises:
        InvalidSettings: If a value is wrong or a variable is unknown, all at once.
    """
    values = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and not name.startswith(_TESTS_PREFIX) and value
    }
    flaws: list[Flaw] = []
    while True:
        try:
            settings = from_text(values, Settings)
        except InvalidFields as error:
            # A class stops at its first broken rule: drop what is wrong and ask again.
            flaws += error.flaws
            wrong = {flaw.path[0] for flaw in error.flaws}
            values = {name: value for name, value in values.items() if name not in wrong}
        else:
            break
    unknown = {NEEDED[flaw.path[0]] for flaw in flaws if flaw.path[0] in NEEDED}
    flaws = [flaw for flaw in flaws if flaw.code not in unknown]  # who knows what was meant
    if flaws:
        raise InvalidSettings(tuple(map(_named, flaws)))
    return settings


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def described() -> tuple[tuple[str, str, str], ...]:
    """Per setting: its variable, its default and what it means, as the documents show them."""
    return tuple(
        (variable(setting.name), _shown(setting), setting.metadata["means"])
        for setting in attrs.fields(Settings)
    )


def kept(data_dir: str, name: str, make: Callable[[], str]) -> str:
    """A text kept in a file of the data folder that only its owner may read; made if absent."""
    path = Path(data_dir) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Written aside and linked into place: of two that start at once, one text wins whole.
        draft = path.with_name(f".{name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
            file.write(make() + "\n")
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="utf-8").strip()


def _named(flaw: Flaw) -> Flaw:
    name = str(flaw.path[0])
    if flaw.code == "unknown_field":
        close = difflib.get_close_matches(name, [one.name for one in attrs.fields(Settings)], n=1)
        hint = f"; did you mean {variable(close[0])}?" if close else ""
        return Flaw((variable(name), *flaw.path[1:]), flaw.code, f"there is no such setting{hint}")
    return Flaw((variable(name), *flaw.path[1:]), flaw.code, flaw.message)


def _shown(setting: "Attribute[Any]") -> str:
    match setting.default:
        case None | ():
            return "–"
        case float() as number:
            return f"`{number:g}`"
        case str() | int() as other:
            return f"`{other}`"
        case _:  # computed from other settings
            return str(setting.metadata["computed"])
