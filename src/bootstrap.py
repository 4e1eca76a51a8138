"""The composition root: the only module that knows every adapter.

`production` opens the adapters of a deployment, `in_memory` makes those of a
test; `use_cases` wires the inside to either::

    async with production(settings) as adapters:
        principal = await use_cases(adapters).authenticate(credential)
"""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from attrs import field, frozen

from .adapters.ed25519 import Ed25519Signer
from .adapters.files.head_ledger import FileHeadLedger
from .adapters.market_api import HttpMarketBenchmarkGateway, serve_stand_in
from .adapters.memory.api_keys import MemoryApiKeyRepository
from .adapters.memory.audit import MemoryAuditLog
from .adapters.memory.clock import FixedClock
from .adapters.memory.head_ledger import MemoryHeadLedger
from .adapters.memory.health_models import MemoryHealthModelRepository
from .adapters.memory.health_scores import MemoryHealthScoreRepository
from .adapters.memory.jobs import MemoryJobRepository
from .adapters.memory.limit_plans import MemoryLimitPlans
from .adapters.memory.market_benchmarks import MemoryMarketBenchmarkGateway
from .adapters.memory.power_readings import MemoryPowerReadingRepository
from .adapters.memory.properties import MemoryPropertyRepository
from .adapters.memory.random_text import SeededRandomText
from .adapters.memory.rate_limiter import MemoryRateLimiter
from .adapters.memory.recent_api_keys import RecentApiKeys
from .adapters.memory.sites import MemorySiteRepository
from .adapters.memory.telemetry import RecordingTelemetry
from .adapters.memory.tenants import MemoryTenantRepository
from .adapters.memory.usage import MemoryUsageRepository
from .adapters.sample.energy import sample_readings, sample_sites
from .adapters.sample.portfolio import sample_histories, sample_portfolio
from .adapters.sql.api_keys import SqlApiKeyRepository
from .adapters.sql.audit import SqlAuditLog
from .adapters.sql.database import Database
from .adapters.sql.followed_markets import SqlFollowedMarkets
from .adapters.sql.health_models import SqlHealthModelRepository
from .adapters.sql.health_scores import SqlHealthScoreRepository
from .adapters.sql.jobs import SqlJobRepository
from .adapters.sql.market_snapshots import SqlMarketSnapshotRepository
from .adapters.sql.migrate import migrate
from .adapters.sql.power_readings import SqlPowerReadingRepository
from .adapters.sql.properties import SqlPropertyRepository
from .adapters.sql.readiness import RecordStoreProbe
from .adapters.sql.sites import SqlSiteRepository
from .adapters.sql.sole_writer import sole_writer
from .adapters.sql.tenants import SqlTenantRepository
from .adapters.sql.usage import SqlUsageRepository
from .adapters.system_clock import SystemClock
from .adapters.system_random import SystemRandomText
from .adapters.telemetry.logs import request_lines, start_logging, tell_failure
from .adapters.telemetry.prometheus import PrometheusTelemetry
from .application import refresh_markets, score_portfolio
from .application.ask_what_if import AskWhatIf
from .application.authenticate import Authenticate
from .application.check_readiness import CheckReadiness
from .application.check_readings import CheckReadings
from .application.compare_portfolio import ComparePortfolio
from .application.compare_properties import CompareProperties
from .application.compare_with_market import CompareWithMarket
from .application.create_tenant import CreateTenant
from .application.get_tenant import GetTenant
from .application.import_history import ImportHistory
from .application.import_properties import ImportProperties
from .application.import_readings import ImportReadings
from .application.import_sites import ImportSites
from .application.install_fixed_key import InstallFixedKey
from .application.issue_api_key import IssueApiKey
from .application.limit_requests import LimitPeer, LimitTenant
from .application.make_scores import MakeScores
from .application.manage_health_models import (
    ListHealthModels,
    ProposeHealthModel,
    SetHealthModel,
    ShowHealthModel,
    ShowHealthModelVersion,
)
from .application.manage_jobs import CancelJob, ListJobs, PruneJobs, ShowJob
from .application.manage_properties import (
    AddProperty,
    ChangeProperty,
    ListProperties,
    RemoveProperty,
    ReplaceHistory,
    SetComparisonPolicy,
    ShowComparisonPolicy,
    ShowHistory,
    ShowProperty,
)
from .application.meter_usage import MeterUsage, ReadUsage
from .application.read_audit import ExportAudit, ListAudit
from .application.read_brand_metadata import ReadBrandMetadata
from .application.read_circuit_summary import ReadCircuitSummary
from .application.read_sensor import ReadSensor
from .application.record_audit import RecordAudit, SettleAudit
from .application.refresh_markets import RefreshMarkets
from .application.report_power import ReportPower
from .application.request_market_refresh import RequestMarketRefresh, ScheduleMarketRefreshes
from .application.run_jobs import Chore, RunJobs
from .application.score_portfolio import ScheduleScoring, ScorePortfolio
from .application.score_property import ScoreProperty
from .application.show_portfolio_health import ShowPortfolioHealth
from .application.sign_audit_heads import ListAuditHeads, SignAuditHeads
from .application.verify_audit import VerifyAudit
from .domain.identifiers import TenantId
from .domain.tenancy import ALPHABET, MICROSECONDS, PLANS, PlanName, RatePolicy, peer_policy
from .ports.api_keys import ApiKeyRepository
from .ports.audit import AuditLog, AuditRecords
from .ports.clock import Clock
from .ports.followed_markets import FollowedMarkets
from .ports.head_ledger import HeadLedger
from .ports.health_models import HealthModelRepository
from .ports.health_scores import HealthScoreRepository
from .ports.jobs import JobQueue, JobRepository
from .ports.limit_plans import LimitPlans
from .ports.market_benchmarks import MarketBenchmarkGateway
from .ports.power_readings import PowerReadingRepository
from .ports.properties import (
    ComparisonPolicyRepository,
    PropertyHistoryRepository,
    PropertyRepository,
)
from .ports.random_text import RandomText
from .ports.rate_limiter import RateLimiter
from .ports.readiness import ReadinessProbe
from .ports.signer import Signer
from .ports.sites import SiteRepository
from .ports.telemetry import Telemetry
from .ports.tenants import TenantRepository
from .ports.tracing import current_trace
from .ports.usage import UsageRepository

__all__ = [
    "Adapters",
    "Deployment",
    "UseCases",
    "fill_with_samples",
    "in_memory",
    "job_runner",
    "production",
    "serve_stand_in",
    "start_logging",
    "use_cases",
]


class Deployment(Protocol):
    """What the adapters of a deployment must be told; the settings tell it."""

    @property
    def data_dir(self) -> str: ...
    @property
    def database_url(self) -> str: ...
    @property
    def market_api_url(self) -> str: ...
    @property
    def market_api_deadline_seconds(self) -> float: ...
    def server_secret(self) -> bytes: ...
    @property
    def redis_url(self) -> str | None: ...
    @property
    def limit_plan(self) -> PlanName: ...
    @property
    def anonymous_requests_per_minute(self) -> int: ...
    @property
    def log_level(self) -> str: ...
    @property
    def log_format(self) -> str: ...


@frozen
class Adapters:
    """What the inside needs from outside, one field per port."""

    clock: Clock
    random_text: RandomText
    telemetry: Telemetry
    tenants: TenantRepository
    api_keys: ApiKeyRepository
    markets: MarketBenchmarkGateway
    properties: PropertyRepository
    property_histories: PropertyHistoryRepository
    comparison_policies: ComparisonPolicyRepository
    health_models: HealthModelRepository
    health_scores: HealthScoreRepository
    followed_markets: FollowedMarkets
    jobs: JobRepository
    job_queue: JobQueue
    sites: SiteRepository
    power_readings: PowerReadingRepository
    rate_limiter: RateLimiter
    limit_plans: LimitPlans
    peer_policy: RatePolicy
    usage: UsageRepository
    audit_log: AuditLog
    audit_records: AuditRecords
    head_ledger: HeadLedger
    head_signer: Signer
    probes: tuple[ReadinessProbe, ...]
    server_secret: bytes = field(repr=False)


@frozen
class UseCases:
    """What users can do, one field per use case."""

    authenticate: Authenticate
    check_readiness: CheckReadiness
    create_tenant: CreateTenant
    get_tenant: GetTenant
    install_fixed_key: InstallFixedKey
    issue_api_key: IssueApiKey
    compare_with_market: CompareWithMarket
    compare_portfolio: ComparePortfolio
    score_property: ScoreProperty
    show_portfolio_health: ShowPortfolioHealth
    ask_what_if: AskWhatIf
    compare_properties: CompareProperties
    list_properties: ListProperties
    show_property: ShowProperty
    add_property: AddProperty
    change_property: ChangeProperty
    remove_property: RemoveProperty
    show_property_history: ShowHistory
    replace_property_history: ReplaceHistory
    show_comparison_policy: ShowComparisonPolicy
    set_comparison_policy: SetComparisonPolicy
    list_health_models: ListHealthModels
    show_health_model: ShowHealthModel
    show_health_model_version: ShowHealthModelVersion
    set_health_model: SetHealthModel
    propose_health_model: ProposeHealthModel
    list_jobs: ListJobs
    show_job: ShowJob
    cancel_job: CancelJob
    request_market_refresh: RequestMarketRefresh
    import_properties: ImportProperties
    import_property_history: ImportHistory
    import_sites: ImportSites
    check_readings: CheckReadings
    import_readings: ImportReadings
    report_power: ReportPower
    read_sensor: ReadSensor
    read_circuit_summary: ReadCircuitSummary
    read_brand_metadata: ReadBrandMetadata
    limit_tenant: LimitTenant
    limit_peer: LimitPeer
    meter_usage: MeterUsage
    read_usage: ReadUsage
    record_audit: RecordAudit
    list_audit: ListAudit
    export_audit: ExportAudit
    verify_audit: VerifyAudit
    sign_audit_heads: SignAuditHeads
    list_audit_heads: ListAuditHeads


def use_cases(adapters: Adapters) -> UseCases:
    """Wire the use cases to any adapters that keep the contracts."""
    secret = adapters.server_secret
    records, ledger, signer = adapters.audit_records, adapters.head_ledger, adapters.head_signer
    clock = adapters.clock
    recorder = RecordAudit(adapters.audit_log, clock, partial(os.urandom, 16), tell_failure)
    return UseCases(
        authenticate=Authenticate(adapters.api_keys, secret),
        check_readiness=CheckReadiness(adapters.probes),
        create_tenant=CreateTenant(adapters.tenants, adapters.clock),
        get_tenant=GetTenant(adapters.tenants),
        install_fixed_key=InstallFixedKey(adapters.api_keys, adapters.clock, secret),
        issue_api_key=IssueApiKey(adapters.api_keys, adapters.clock, adapters.random_text, secret),
        compare_with_market=CompareWithMarket(
            adapters.properties,
            adapters.property_histories,
            adapters.comparison_policies,
            adapters.markets,
            adapters.clock,
        ),
        compare_portfolio=ComparePortfolio(
            adapters.properties, adapters.comparison_policies, adapters.markets
        ),
        score_property=ScoreProperty(
            adapters.properties,
            adapters.property_histories,
            adapters.health_models,
            adapters.markets,
            adapters.health_scores,
            adapters.clock,
        ),
        show_portfolio_health=ShowPortfolioHealth(
            adapters.properties,
            adapters.comparison_policies,
            adapters.health_models,
            adapters.markets,
            adapters.health_scores,
            _make_scores(adapters),
            adapters.clock,
        ),
        ask_what_if=AskWhatIf(
            adapters.properties,
            adapters.health_models,
            adapters.health_scores,
            _make_scores(adapters),
        ),
        compare_properties=CompareProperties(
            adapters.properties,
            adapters.property_histories,
            adapters.health_models,
            adapters.markets,
            adapters.clock,
        ),
        list_properties=ListProperties(adapters.properties),
        show_property=ShowProperty(adapters.properties),
        add_property=AddProperty(adapters.properties, adapters.clock),
        change_property=ChangeProperty(adapters.properties, adapters.clock),
        remove_property=RemoveProperty(adapters.properties),
        show_property_history=ShowHistory(adapters.property_histories),
        replace_property_history=ReplaceHistory(adapters.property_histories, adapters.clock),
        show_comparison_policy=ShowComparisonPolicy(adapters.comparison_policies),
        set_comparison_policy=SetComparisonPolicy(adapters.comparison_policies),
        list_health_models=ListHealthModels(adapters.health_models),
        show_health_model=ShowHealthModel(adapters.health_models),
        show_health_model_version=ShowHealthModelVersion(adapters.health_models),
        propose_health_model=ProposeHealthModel(adapters.health_models, adapters.health_scores),
        set_health_model=SetHealthModel(adapters.health_models, adapters.clock),
        list_jobs=ListJobs(adapters.jobs),
        show_job=ShowJob(adapters.jobs),
        cancel_job=CancelJob(adapters.jobs, adapters.clock),
        request_market_refresh=_request_market_refresh(adapters),
        import_properties=ImportProperties(adapters.properties, adapters.clock),
        import_property_history=ImportHistory(adapters.property_histories, adapters.clock),
        import_sites=ImportSites(adapters.sites),
        check_readings=CheckReadings(adapters.sites),
        import_readings=ImportReadings(adapters.sites, adapters.power_readings),
        report_power=ReportPower(adapters.sites, adapters.power_readings),
        read_sensor=ReadSensor(adapters.sites),
        read_circuit_summary=ReadCircuitSummary(adapters.sites),
        read_brand_metadata=ReadBrandMetadata(adapters.sites),
        limit_tenant=LimitTenant(adapters.rate_limiter, adapters.limit_plans),
        limit_peer=LimitPeer(adapters.rate_limiter, adapters.peer_policy),
        meter_usage=MeterUsage(adapters.usage, adapters.clock),
        read_usage=ReadUsage(adapters.usage),
        record_audit=recorder,
        list_audit=ListAudit(records, recorder),
        export_audit=ExportAudit(records, recorder, signer, clock),
        verify_audit=VerifyAudit(records, ledger, signer),
        sign_audit_heads=SignAuditHeads(records, ledger, signer, clock),
        list_audit_heads=ListAuditHeads(ledger, signer),
    )


def job_runner(adapters: Adapters) -> RunJobs:
    """What does the jobs, and asks for those that come by the clock."""
    queue, clock = adapters.job_queue, adapters.clock
    followed = adapters.followed_markets
    schedule = ScheduleMarketRefreshes(followed, queue, _request_market_refresh(adapters), clock)
    return RunJobs(
        queue=queue,
        clock=clock,
        telemetry=adapters.telemetry,
        worker=adapters.random_text.draw(ALPHABET, 16),
        handlers={
            refresh_markets.KIND: RefreshMarkets(followed, adapters.markets),
            score_portfolio.KIND: _score_portfolio(adapters),
        },
        chores=(
            Chore(schedule, every_seconds=60),
            Chore(_schedule_scoring(adapters), every_seconds=2),
            Chore(PruneJobs(queue, clock), every_seconds=3600),
            Chore(SettleAudit(adapters.audit_log, clock), every_seconds=60),
            Chore(use_cases(adapters).sign_audit_heads, every_seconds=60),
        ),
        on_failure=tell_failure,
        sleep=asyncio.sleep,
        jitter=random.random,
    )


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
        await migrate(database)
        telemetry = PrometheusTelemetry(request_lines(settings.log_level, settings.log_format))
        markets = _market_gateway(settings, database, telemetry)
        stack.push_async_callback(markets.aclose)
        portfolio = SqlPropertyRepository(database)
        jobs = SqlJobRepository(database)
        limiter = await stack.enter_async_context(_rate_limiter(settings.redis_url, telemetry))
        audit = SqlAuditLog(database)
        secret = settings.server_secret()
        yield Adapters(
            clock=SystemClock(),
            random_text=SystemRandomText(),
            telemetry=telemetry,
            tenants=SqlTenantRepository(database),
            api_keys=RecentApiKeys(SqlApiKeyRepository(database)),
            markets=markets,
            properties=portfolio,
            property_histories=portfolio,
            comparison_policies=portfolio,
            health_models=SqlHealthModelRepository(database),
            health_scores=SqlHealthScoreRepository(database),
            followed_markets=SqlFollowedMarkets(database),
            jobs=jobs,
            job_queue=jobs,
            sites=SqlSiteRepository(database),
            power_readings=SqlPowerReadingRepository(database),
            rate_limiter=limiter,
            limit_plans=MemoryLimitPlans(PLANS[settings.limit_plan]),
            peer_policy=peer_policy(settings.anonymous_requests_per_minute),
            usage=SqlUsageRepository(database),
            audit_log=audit,
            audit_records=audit,
            head_ledger=FileHeadLedger(Path(settings.data_dir) / "audit-heads.jsonl"),
            head_signer=Ed25519Signer.derived(secret, "audit heads"),
            probes=(RecordStoreProbe(database),),
            server_secret=secret,
        )


def in_memory(at: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> Adapters:
    """Empty adapters that keep everything in memory; the clock stands still at an instant."""
    tenants = MemoryTenantRepository()
    clock = FixedClock(at)
    portfolio = MemoryPropertyRepository()
    jobs = MemoryJobRepository()
    audit = MemoryAuditLog()
    return Adapters(
        clock=clock,
        random_text=SeededRandomText(),
        telemetry=RecordingTelemetry(),
        tenants=tenants,
        api_keys=MemoryApiKeyRepository(tenants),
        markets=MemoryMarketBenchmarkGateway(clock),
        properties=portfolio,
        property_histories=portfolio,
        comparison_policies=portfolio,
        health_models=MemoryHealthModelRepository(portfolio),
        health_scores=MemoryHealthScoreRepository(portfolio),
        followed_markets=portfolio,
        jobs=jobs,
        job_queue=jobs,
        sites=MemorySiteRepository(),
        power_readings=MemoryPowerReadingRepository(),
        rate_limiter=MemoryRateLimiter(lambda: int(clock.now().timestamp() * MICROSECONDS)),
        limit_plans=MemoryLimitPlans(PLANS[PlanName.ENTERPRISE]),
        peer_policy=peer_policy(600),
        usage=MemoryUsageRepository(),
        audit_log=audit,
        audit_records=audit,
        head_ledger=MemoryHeadLedger(),
        head_signer=Ed25519Signer.derived(bytes(32), "audit heads"),
        probes=(),
        server_secret=bytes(32),
    )


async def fill_with_samples(cases: UseCases, tenant: TenantId) -> None:
    """Give a tenant the sample sites, readings, properties and histories; again is harmless."""
    await cases.import_sites(tenant, sample_sites())
    await cases.import_readings(tenant, sample_readings())
    await cases.import_properties(tenant, [one.draft for one in sample_portfolio()])
    await cases.import_property_history(tenant, sample_histories())


def _make_scores(adapters: Adapters) -> MakeScores:
    return MakeScores(adapters.property_histories, adapters.markets, adapters.clock)


def _score_portfolio(adapters: Adapters) -> ScorePortfolio:
    return ScorePortfolio(
        adapters.properties,
        adapters.comparison_policies,
        adapters.health_models,
        adapters.markets,
        adapters.health_scores,
        _make_scores(adapters),
        adapters.clock,
    )


def _schedule_scoring(adapters: Adapters) -> ScheduleScoring:
    return ScheduleScoring(
        adapters.health_scores,
        adapters.markets,
        adapters.jobs,
        adapters.clock,
        adapters.random_text,
    )


@asynccontextmanager
async def _rate_limiter(redis_url: str | None, telemetry: Telemetry) -> AsyncIterator[RateLimiter]:
    own = MemoryRateLimiter(lambda: time.time_ns() // 1000)
    if redis_url is None:
        yield own
        return
    # Only deployments with Redis have its client installed.
    from .adapters.redis.rate_limiter import RedisRateLimiter, connected  # noqa: PLC0415

    async with connected(redis_url) as client:
        yield RedisRateLimiter(
            client, own, on_fallback=lambda: telemetry.count("limits.redis_unreachable")
        )


def _request_market_refresh(adapters: Adapters) -> RequestMarketRefresh:
    return RequestMarketRefresh(adapters.jobs, adapters.clock, adapters.random_text)


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
