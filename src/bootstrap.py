"""The composition root: the only module that knows every adapter.

`production` opens the adapters of a deployment, `in_memory` makes those of a
test; `use_cases` wires the inside to either::

    async with production(settings) as adapters:
        principal = await use_cases(adapters).authenticate(credential)
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Protocol

import httpx
from attrs import field, frozen

from .adapters.issuers import HttpIssuerKeys
from .adapters.jose import JoseSignatures
from .adapters.market_api import HttpMarketBenchmarkGateway, serve_stand_in
from .adapters.memory.api_keys import MemoryApiKeyRepository
from .adapters.memory.clock import FixedClock
from .adapters.memory.issuer_keys import MemoryIssuerKeys
from .adapters.memory.jobs import MemoryJobRepository
from .adapters.memory.market_benchmarks import MemoryMarketBenchmarkGateway
from .adapters.memory.power_readings import MemoryPowerReadingRepository
from .adapters.memory.properties import MemoryPropertyRepository
from .adapters.memory.random_text import SeededRandomText
from .adapters.memory.recent_api_keys import RecentApiKeys
from .adapters.memory.refresh_families import MemoryRefreshFamilyRepository
from .adapters.memory.revocations import MemoryRevocations, RecentRevocations
from .adapters.memory.signing_keys import MemorySigningKeyRepository
from .adapters.memory.sites import MemorySiteRepository
from .adapters.memory.telemetry import RecordingTelemetry
from .adapters.memory.tenants import MemoryTenantRepository
from .adapters.sample.energy import sample_readings, sample_sites
from .adapters.sample.portfolio import sample_histories, sample_portfolio
from .adapters.sql.api_keys import SqlApiKeyRepository
from .adapters.sql.database import Database
from .adapters.sql.followed_markets import SqlFollowedMarkets
from .adapters.sql.jobs import SqlJobRepository
from .adapters.sql.market_snapshots import SqlMarketSnapshotRepository
from .adapters.sql.migrate import migrate
from .adapters.sql.power_readings import SqlPowerReadingRepository
from .adapters.sql.properties import SqlPropertyRepository
from .adapters.sql.readiness import RecordStoreProbe
from .adapters.sql.refresh_families import SqlRefreshFamilyRepository
from .adapters.sql.revocations import SqlRevocations
from .adapters.sql.signing_keys import SqlSigningKeyRepository
from .adapters.sql.sites import SqlSiteRepository
from .adapters.sql.sole_writer import sole_writer
from .adapters.sql.tenants import SqlTenantRepository
from .adapters.system_clock import SystemClock
from .adapters.system_random import SystemRandomText
from .adapters.telemetry.logs import request_lines, start_logging, tell_failure
from .adapters.telemetry.prometheus import PrometheusTelemetry
from .application.authenticate import Authenticate
from .application.check_readiness import CheckReadiness
from .application.check_readings import CheckReadings
from .application.compare_portfolio import ComparePortfolio
from .application.compare_with_market import CompareWithMarket
from .application.create_tenant import CreateTenant
from .application.get_tenant import GetTenant
from .application.import_history import ImportHistory
from .application.import_properties import ImportProperties
from .application.import_readings import ImportReadings
from .application.import_sites import ImportSites
from .application.install_fixed_key import InstallFixedKey
from .application.issue_api_key import IssueApiKey
from .application.issue_tokens import PruneTokens
from .application.manage_api_keys import ListApiKeys, RevokeApiKey, RotateApiKey, ShowApiKey
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
from .application.note_key_uses import NoteKeyUses
from .application.prove_key import ProveKey
from .application.read_brand_metadata import ReadBrandMetadata
from .application.read_circuit_summary import ReadCircuitSummary
from .application.read_sensor import ReadSensor
from .application.refresh_markets import KIND, RefreshMarkets
from .application.report_power import ReportPower
from .application.request_market_refresh import RequestMarketRefresh, ScheduleMarketRefreshes
from .application.run_jobs import Chore, RunJobs
from .application.score_property import ScoreProperty
from .application.token_use_cases import TokenUseCases, token_use_cases
from .domain.identifiers import TenantId
from .domain.tenancy import ALPHABET, TrustedIssuer
from .ports.api_keys import ApiKeyRepository
from .ports.clock import Clock
from .ports.followed_markets import FollowedMarkets
from .ports.issuer_keys import IssuerKeys
from .ports.jobs import JobQueue, JobRepository
from .ports.market_benchmarks import MarketBenchmarkGateway
from .ports.power_readings import PowerReadingRepository
from .ports.properties import (
    ComparisonPolicyRepository,
    PropertyHistoryRepository,
    PropertyRepository,
)
from .ports.random_text import RandomText
from .ports.readiness import ReadinessProbe
from .ports.refresh_families import RefreshFamilyRepository
from .ports.revocations import Revocations
from .ports.signing_keys import SigningKeyRepository
from .ports.sites import SiteRepository
from .ports.telemetry import Telemetry
from .ports.tenants import TenantRepository
from .ports.token_signatures import TokenSignatures
from .ports.tracing import current_trace

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
    def database_url(self) -> str: ...
    @property
    def market_api_url(self) -> str: ...
    @property
    def market_api_deadline_seconds(self) -> float: ...
    def server_secret(self) -> bytes: ...
    @property
    def public_url(self) -> str: ...
    def trusted_issuers(self) -> tuple[TrustedIssuer, ...]: ...
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
    signing_keys: SigningKeyRepository
    refresh_families: RefreshFamilyRepository
    revocations: Revocations
    token_signatures: TokenSignatures
    issuer_keys: IssuerKeys
    markets: MarketBenchmarkGateway
    properties: PropertyRepository
    property_histories: PropertyHistoryRepository
    comparison_policies: ComparisonPolicyRepository
    followed_markets: FollowedMarkets
    jobs: JobRepository
    job_queue: JobQueue
    sites: SiteRepository
    power_readings: PowerReadingRepository
    probes: tuple[ReadinessProbe, ...]
    server_secret: bytes = field(repr=False)
    public_url: str
    trusted_issuers: tuple[TrustedIssuer, ...] = ()


@frozen
class UseCases:
    """What users can do, one field per use case."""

    authenticate: Authenticate
    check_readiness: CheckReadiness
    create_tenant: CreateTenant
    get_tenant: GetTenant
    install_fixed_key: InstallFixedKey
    issue_api_key: IssueApiKey
    list_api_keys: ListApiKeys
    show_api_key: ShowApiKey
    rotate_api_key: RotateApiKey
    revoke_api_key: RevokeApiKey
    note_key_uses: NoteKeyUses
    tokens: TokenUseCases
    compare_with_market: CompareWithMarket
    compare_portfolio: ComparePortfolio
    score_property: ScoreProperty
    list_properties: ListProperties
    show_property: ShowProperty
    add_property: AddProperty
    change_property: ChangeProperty
    remove_property: RemoveProperty
    show_property_history: ShowHistory
    replace_property_history: ReplaceHistory
    show_comparison_policy: ShowComparisonPolicy
    set_comparison_policy: SetComparisonPolicy
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


def use_cases(adapters: Adapters) -> UseCases:
    """Wire the use cases to any adapters that keep the contracts."""
    secret = adapters.server_secret
    note_key_uses = NoteKeyUses(adapters.api_keys, adapters.clock)
    prove_key = ProveKey(adapters.api_keys, adapters.clock, note_key_uses, secret)
    tokens = token_use_cases(adapters, prove_key)
    return UseCases(
        authenticate=Authenticate(prove_key, tokens.verify),
        check_readiness=CheckReadiness(adapters.probes),
        create_tenant=CreateTenant(adapters.tenants, adapters.clock),
        get_tenant=GetTenant(adapters.tenants),
        install_fixed_key=InstallFixedKey(adapters.api_keys, adapters.clock, secret),
        issue_api_key=IssueApiKey(adapters.api_keys, adapters.clock, adapters.random_text, secret),
        list_api_keys=ListApiKeys(adapters.api_keys),
        show_api_key=ShowApiKey(adapters.api_keys),
        rotate_api_key=RotateApiKey(
            adapters.api_keys, adapters.clock, adapters.random_text, secret
        ),
        revoke_api_key=RevokeApiKey(adapters.api_keys),
        note_key_uses=note_key_uses,
        tokens=tokens,
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
            adapters.properties, adapters.property_histories, adapters.markets, adapters.clock
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
        handlers={KIND: RefreshMarkets(followed, adapters.markets)},
        chores=(
            Chore(schedule, every_seconds=60),
            Chore(PruneJobs(queue, clock), 3600),
            Chore(PruneTokens(adapters.refresh_families, adapters.revocations, clock), 3600),
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
        # No proxies of the environment: the addresses are the operator's own.
        issuers = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        portfolio = SqlPropertyRepository(database)
        jobs = SqlJobRepository(database)
        yield Adapters(
            clock=SystemClock(),
            random_text=SystemRandomText(),
            telemetry=telemetry,
            tenants=SqlTenantRepository(database),
            api_keys=RecentApiKeys(SqlApiKeyRepository(database)),
            signing_keys=SqlSigningKeyRepository(database),
            refresh_families=SqlRefreshFamilyRepository(database),
            revocations=RecentRevocations(SqlRevocations(database)),
            token_signatures=JoseSignatures(settings.server_secret()),
            issuer_keys=HttpIssuerKeys(issuers),
            markets=markets,
            properties=portfolio,
            property_histories=portfolio,
            comparison_policies=portfolio,
            followed_markets=SqlFollowedMarkets(database),
            jobs=jobs,
            job_queue=jobs,
            sites=SqlSiteRepository(database),
            power_readings=SqlPowerReadingRepository(database),
            probes=(RecordStoreProbe(database),),
            server_secret=settings.server_secret(),
            public_url=settings.public_url,
            trusted_issuers=settings.trusted_issuers(),
        )


def in_memory(at: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> Adapters:
    """Empty adapters that keep everything in memory; the clock stands still at an instant."""
    tenants = MemoryTenantRepository()
    clock, secret = FixedClock(at), bytes(32)
    portfolio = MemoryPropertyRepository()
    jobs = MemoryJobRepository()
    return Adapters(
        clock=clock,
        random_text=SeededRandomText(),
        telemetry=RecordingTelemetry(),
        tenants=tenants,
        api_keys=MemoryApiKeyRepository(tenants),
        signing_keys=MemorySigningKeyRepository(),
        refresh_families=MemoryRefreshFamilyRepository(),
        revocations=MemoryRevocations(),
        token_signatures=JoseSignatures(secret),
        issuer_keys=MemoryIssuerKeys({}),
        markets=MemoryMarketBenchmarkGateway(clock),
        properties=portfolio,
        property_histories=portfolio,
        comparison_policies=portfolio,
        followed_markets=portfolio,
        jobs=jobs,
        job_queue=jobs,
        sites=MemorySiteRepository(),
        power_readings=MemoryPowerReadingRepository(),
        probes=(),
        server_secret=secret,
        public_url="http://sightline",
    )


async def fill_with_samples(cases: UseCases, tenant: TenantId) -> None:
    """Give a tenant the sample sites, readings, properties and histories; again is harmless."""
    await cases.import_sites(tenant, sample_sites())
    await cases.import_readings(tenant, sample_readings())
    await cases.import_properties(tenant, [one.draft for one in sample_portfolio()])
    await cases.import_property_history(tenant, sample_histories())


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
