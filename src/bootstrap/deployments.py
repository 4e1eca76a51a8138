"""The adapters of a deployment, and those of a test."""

import ssl
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from ..adapters.columns import KERNELS
from ..adapters.columns.engine import ColumnQuestionEngine
from ..adapters.columns.rolled_up import RolledUpQuestions
from ..adapters.duckdb.database import duckdb_database
from ..adapters.duckdb.on_demand import OnDemandEventStore
from ..adapters.duckdb.on_demand_database import OnDemandDatabase
from ..adapters.duckdb.power_readings import DuckDbPowerReadingRepository
from ..adapters.duckdb.power_tables import POWER_LAYOUTS
from ..adapters.duckdb.readiness import ColumnarFileProbe
from ..adapters.ed25519 import Ed25519Signer
from ..adapters.event_figures import StoredDailyFigures
from ..adapters.files.head_ledger import FileHeadLedger
from ..adapters.issuers import HttpIssuerKeys
from ..adapters.jose import JoseSignatures
from ..adapters.json_schema import OfflineSchemaChecker
from ..adapters.kubernetes import KubernetesPlatform, PoolKind
from ..adapters.market_api import HttpMarketBenchmarkGateway
from ..adapters.memory.api_keys import MemoryApiKeyRepository
from ..adapters.memory.audit import MemoryAuditLog
from ..adapters.memory.clock import FixedClock
from ..adapters.memory.event_log import MemoryEventLog
from ..adapters.memory.event_schemas import MemoryEventSchemaRepository, RecentSchemaChecks
from ..adapters.memory.event_store import MemoryEventStore
from ..adapters.memory.head_ledger import MemoryHeadLedger
from ..adapters.memory.health_models import MemoryHealthModelRepository
from ..adapters.memory.health_scores import MemoryHealthScoreRepository
from ..adapters.memory.issuer_keys import MemoryIssuerKeys
from ..adapters.memory.jobs import MemoryJobRepository
from ..adapters.memory.market_benchmarks import MemoryMarketBenchmarkGateway
from ..adapters.memory.metrics import MemoryMetricRepository
from ..adapters.memory.nonces import MemoryNonces
from ..adapters.memory.platform import RecordedPlatform
from ..adapters.memory.power_readings import MemoryPowerReadingRepository
from ..adapters.memory.properties import MemoryPropertyRepository
from ..adapters.memory.question_engine import ReferenceQuestionEngine
from ..adapters.memory.random_text import SeededRandomText
from ..adapters.memory.rate_limiter import MemoryRateLimiter
from ..adapters.memory.recent_api_keys import RecentApiKeys
from ..adapters.memory.recent_questions import RecentQuestions
from ..adapters.memory.recent_tenants import RecentTenants
from ..adapters.memory.refresh_families import MemoryRefreshFamilyRepository
from ..adapters.memory.revocations import MemoryRevocations, RecentRevocations
from ..adapters.memory.saved_cohorts import MemorySavedCohorts
from ..adapters.memory.signing_keys import MemorySigningKeyRepository
from ..adapters.memory.sites import MemorySiteRepository
from ..adapters.memory.telemetry import RecordingTelemetry
from ..adapters.memory.tenant_limit_plans import TenantLimitPlans
from ..adapters.memory.tenants import MemoryTenantRepository
from ..adapters.memory.usage import MemoryUsageRepository
from ..adapters.memory.users import MemoryUserRepository
from ..adapters.moved_power_readings import MovedPowerReadings
from ..adapters.no_event_store import NoEventStore
from ..adapters.sql.api_keys import SqlApiKeyRepository
from ..adapters.sql.audit import SqlAuditLog
from ..adapters.sql.database import Database
from ..adapters.sql.event_log import opened_event_log
from ..adapters.sql.event_schemas import SqlEventSchemaRepository
from ..adapters.sql.followed_markets import SqlFollowedMarkets
from ..adapters.sql.former_power_readings import FormerPowerReadings
from ..adapters.sql.health_models import SqlHealthModelRepository
from ..adapters.sql.health_scores import SqlHealthScoreRepository
from ..adapters.sql.jobs import SqlJobRepository
from ..adapters.sql.market_snapshots import SqlMarketSnapshotRepository
from ..adapters.sql.metrics import SqlMetricRepository
from ..adapters.sql.migrate import migrate
from ..adapters.sql.nonces import SqlNonces
from ..adapters.sql.power_readings import SqlPowerReadingRepository
from ..adapters.sql.properties import SqlPropertyRepository
from ..adapters.sql.readiness import RecordStoreProbe
from ..adapters.sql.refresh_families import SqlRefreshFamilyRepository
from ..adapters.sql.revocations import SqlRevocations
from ..adapters.sql.row_security import unguarded_tables
from ..adapters.sql.saved_cohorts import SqlSavedCohorts
from ..adapters.sql.signing_keys import SqlSigningKeyRepository
from ..adapters.sql.sites import SqlSiteRepository
from ..adapters.sql.sole_writer import sole_writer
from ..adapters.sql.tenants import SqlTenantRepository
from ..adapters.sql.turns import turns
from ..adapters.sql.usage import SqlUsageRepository
from ..adapters.sql.users import SqlUserRepository
from ..adapters.system_clock import SystemClock
from ..adapters.system_random import SystemRandomText
from ..adapters.telemetry.logs import request_lines, tell_warning
from ..adapters.telemetry.prometheus import PrometheusTelemetry
from ..domain.tenancy import (
    MICROSECONDS,
    PlanName,
    peer_policy,
)
from ..ports.event_store import EventStore
from ..ports.nonces import NonceMemory
from ..ports.platform import Platform
from ..ports.power_readings import PowerReadingRepository
from ..ports.question_engine import QuestionEngine
from ..ports.rate_limiter import RateLimiter
from ..ports.readiness import ReadinessProbe
from ..ports.telemetry import Telemetry
from ..ports.tracing import current_trace
from .adapters import Adapters, Deployment


@asynccontextmanager
async def production(settings: Deployment) -> AsyncIterator[Adapters]:
    """Open the adapters of a deployment, its record store migrated; close them at the end.

    Raises:
        Unavailable: If the record store does not answer, or another process
            keeps its file.
    """
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(sole_writer(settings.database_url))
        database = Database(settings.database_url)
        stack.push_async_callback(database.aclose)
        await _migrated(settings.migration_database_url, database)
        telemetry = PrometheusTelemetry(request_lines(settings.log_level, settings.log_format))
        markets = _market_gateway(settings, database, telemetry)
        stack.push_async_callback(markets.aclose)
        # No proxies of the environment: the addresses are the operator's own.
        issuers = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        portfolio = SqlPropertyRepository(database)
        jobs = SqlJobRepository(database)
        limiter, nonces = await stack.enter_async_context(
            _shared(settings.redis_url, telemetry, SqlNonces(database))
        )
        audit = SqlAuditLog(database)
        metrics = SqlMetricRepository(database)
        tenants = RecentTenants(SqlTenantRepository(database))
        platform = await stack.enter_async_context(_platform(settings))
        event_log = await stack.enter_async_context(
            opened_event_log(database, settings.database_url)
        )
        events, questions, columns = await stack.enter_async_context(_event_store(settings))
        power_readings = await stack.enter_async_context(_power_readings(settings, database))
        secret = settings.server_secret()
        schemas, checker = SqlEventSchemaRepository(database), OfflineSchemaChecker()
        yield Adapters(
            clock=SystemClock(),
            random_text=SystemRandomText(),
            telemetry=telemetry,
            tenants=tenants,
            known_tenants=tenants,
            default_plan=settings.limit_plan,
            platform=platform,
            api_keys=RecentApiKeys(SqlApiKeyRepository(database)),
            signing_keys=SqlSigningKeyRepository(database),
            refresh_families=SqlRefreshFamilyRepository(database),
            revocations=RecentRevocations(SqlRevocations(database)),
            token_signatures=JoseSignatures(settings.server_secret()),
            issuer_keys=HttpIssuerKeys(issuers),
            nonces=nonces,
            answer_signer=Ed25519Signer.derived(secret, "answers"),
            markets=markets,
            properties=portfolio,
            property_histories=portfolio,
            comparison_policies=portfolio,
            health_models=SqlHealthModelRepository(database),
            health_scores=SqlHealthScoreRepository(database),
            followed_markets=SqlFollowedMarkets(database),
            event_schemas=schemas,
            event_schema_checks=RecentSchemaChecks(schemas, checker),
            schema_checker=checker,
            jobs=jobs,
            job_queue=jobs,
            sites=SqlSiteRepository(database),
            power_readings=power_readings,
            event_log=event_log,
            event_store=events,
            question_engine=RecentQuestions(RolledUpQuestions(questions, events)),
            users=SqlUserRepository(database),
            saved_cohorts=SqlSavedCohorts(database),
            metric_definitions=metrics,
            metric_values=metrics,
            daily_figures=StoredDailyFigures(events),
            rate_limiter=limiter,
            limit_plans=TenantLimitPlans(tenants),
            peer_policy=peer_policy(settings.anonymous_requests_per_minute),
            usage=SqlUsageRepository(database),
            audit_log=audit,
            audit_records=audit,
            head_ledger=FileHeadLedger(heads_file(settings)),
            head_signer=Ed25519Signer.derived(secret, "audit heads"),
            probes=(RecordStoreProbe(database), *columns),
            server_secret=secret,
            public_url=settings.public_url,
            trusted_issuers=settings.trusted_issuers(),
        )


@asynccontextmanager
async def _event_store(
    settings: Deployment,
) -> AsyncIterator[tuple[EventStore, QuestionEngine, tuple[ReadinessProbe, ...]]]:
    """The columnar store: a file of the deployment's own, or ClickHouse where one is named.

    A server that is away makes nothing unready, for whatever asks for no events is answered.
    """
    if not settings.keeps_columns:
        yield NoEventStore(), ReferenceQuestionEngine(NoEventStore()), ()
        return
    if settings.columnar_url is None:
        path = columns_file(settings)
        async with OnDemandEventStore(lambda: duckdb_database(path)) as store:
            yield store, ColumnQuestionEngine(store, KERNELS), (ColumnarFileProbe(store),)
        return
    # Only deployments with ClickHouse have its client installed.
    from ..adapters.clickhouse.event_store import open_event_store  # noqa: PLC0415

    async with open_event_store(settings.columnar_url) as servers:
        yield servers, ColumnQuestionEngine(servers.columns, KERNELS, "clickhouse"), ()


@asynccontextmanager
async def _power_readings(
    settings: Deployment, database: Database
) -> AsyncIterator[PowerReadingRepository]:
    """Where readings are (ADR 39): a file of one process, or servers that all processes ask."""
    former = FormerPowerReadings(database)
    if database.dialect == "sqlite":
        path = readings_file(settings)
        async with (
            OnDemandDatabase(
                lambda: duckdb_database(path, memory_limit="1GB", layouts=POWER_LAYOUTS)
            ) as file,
            MovedPowerReadings(former, DuckDbPowerReadingRepository(file)) as readings,
        ):
            yield readings
    elif settings.columnar_url is None or not settings.keeps_columns:
        yield SqlPowerReadingRepository(database)
    else:
        # Only deployments with ClickHouse have its client installed.
        from ..adapters.clickhouse.power_readings import open_power_readings  # noqa: PLC0415

        turn = turns(database, "power readings")
        async with (
            open_power_readings(settings.columnar_url, turn) as servers,
            MovedPowerReadings(former, servers) as moved,
        ):
            yield moved


def readings_file(settings: Deployment) -> Path:
    """Where readings are kept beside records in SQLite; no log knows what is in it."""
    return Path(settings.data_dir) / "readings.duckdb"


def columns_file(settings: Deployment) -> Path:
    """Where events are in columns; made anew from the event log where it is missing."""
    return Path(settings.data_dir) / "events.duckdb"


def heads_file(settings: Deployment) -> Path:
    """Where the signed heads of the audit logs are kept."""
    return Path(settings.data_dir) / "audit-heads.jsonl"


def in_memory(at: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> Adapters:
    """Empty adapters that keep everything in memory; the clock stands still at an instant."""
    tenants = MemoryTenantRepository()
    clock, secret = FixedClock(at), bytes(32)
    portfolio = MemoryPropertyRepository()
    jobs = MemoryJobRepository()
    audit = MemoryAuditLog()
    metrics = MemoryMetricRepository()
    events = MemoryEventStore()
    questions = RecentQuestions(ReferenceQuestionEngine(events))
    schemas, checker = MemoryEventSchemaRepository(), OfflineSchemaChecker()
    return Adapters(
        clock=clock,
        random_text=SeededRandomText(),
        telemetry=RecordingTelemetry(),
        tenants=tenants,
        known_tenants=tenants,
        default_plan=PlanName.ENTERPRISE,
        platform=RecordedPlatform(),
        api_keys=MemoryApiKeyRepository(tenants),
        signing_keys=MemorySigningKeyRepository(),
        refresh_families=MemoryRefreshFamilyRepository(),
        revocations=MemoryRevocations(),
        token_signatures=JoseSignatures(secret),
        issuer_keys=MemoryIssuerKeys({}),
        nonces=MemoryNonces(),
        answer_signer=Ed25519Signer.derived(secret, "answers"),
        markets=MemoryMarketBenchmarkGateway(clock),
        properties=portfolio,
        property_histories=portfolio,
        comparison_policies=portfolio,
        health_models=MemoryHealthModelRepository(portfolio),
        health_scores=MemoryHealthScoreRepository(portfolio),
        followed_markets=portfolio,
        event_schemas=schemas,
        event_schema_checks=RecentSchemaChecks(schemas, checker),
        schema_checker=checker,
        jobs=jobs,
        job_queue=jobs,
        sites=MemorySiteRepository(),
        power_readings=MemoryPowerReadingRepository(),
        event_log=MemoryEventLog(),
        event_store=events,
        question_engine=questions,
        users=MemoryUserRepository(),
        saved_cohorts=MemorySavedCohorts(),
        metric_definitions=metrics,
        metric_values=metrics,
        daily_figures=StoredDailyFigures(events),
        rate_limiter=MemoryRateLimiter(lambda: int(clock.now().timestamp() * MICROSECONDS)),
        limit_plans=TenantLimitPlans(tenants),
        peer_policy=peer_policy(600),
        usage=MemoryUsageRepository(),
        audit_log=audit,
        audit_records=audit,
        head_ledger=MemoryHeadLedger(),
        head_signer=Ed25519Signer.derived(bytes(32), "audit heads"),
        probes=(),
        server_secret=secret,
        public_url="http://sightline",
    )


async def _migrated(owner_url: str | None, database: Database) -> None:
    """Bring the tables up to date, as their owner; say so if the policies on them do not hold."""
    async with AsyncExitStack() as stack:
        owner = database
        if owner_url is not None:
            owner = Database(owner_url)
            stack.push_async_callback(owner.aclose)
        await migrate(owner)
    if unguarded := await unguarded_tables(database):
        tell_warning("row_security_bypassed", tables=len(unguarded))


@asynccontextmanager
async def _shared(
    redis_url: str | None, telemetry: Telemetry, stored: NonceMemory
) -> AsyncIterator[tuple[RateLimiter, NonceMemory]]:
    """What processes share through Redis, where there is one."""
    own = MemoryRateLimiter(lambda: time.time_ns() // 1000)
    if redis_url is None:
        yield own, stored
        return
    # Only deployments with Redis have its client installed.
    from ..adapters.redis.nonces import RedisNonces  # noqa: PLC0415
    from ..adapters.redis.rate_limiter import RedisRateLimiter, connected  # noqa: PLC0415

    async with connected(redis_url) as client:
        limiter = RedisRateLimiter(
            client, own, on_fallback=lambda: telemetry.count("limits.redis_unreachable")
        )
        yield limiter, RedisNonces(client)


@asynccontextmanager
async def _platform(settings: Deployment) -> AsyncIterator[Platform]:
    if settings.kubernetes_url is None:
        yield RecordedPlatform()
        return
    known_by = ssl.create_default_context(cafile=settings.kubernetes_ca_file)
    token_file = settings.kubernetes_token_file
    async with httpx.AsyncClient(trust_env=False, verify=known_by) as client:
        yield KubernetesPlatform(
            client,
            settings.kubernetes_url,
            settings.kubernetes_namespace,
            PoolKind(settings.kubernetes_pools),
            None if token_file is None else Path(token_file),
        )


def _market_gateway(
    settings: Deployment, database: Database, telemetry: Telemetry
) -> HttpMarketBenchmarkGateway:
    return HttpMarketBenchmarkGateway(
        settings.market_api_url,
        snapshots=SqlMarketSnapshotRepository(database),
        clock=SystemClock(),
        deadline_seconds=settings.market_api_deadline_seconds,
        headers=_trace_headers,
        on_event=lambda name, labels: telemetry.count(name, **labels),
    )


def _trace_headers() -> dict[str, str]:
    trace = current_trace.get()
    return {"traceparent": trace.traceparent} if trace else {}
