"""What a deployment is made of: the adapters, and what they must be told."""

from typing import Protocol

from attrs import field, frozen

from ..domain.tenancy import (
    PlanName,
    RatePolicy,
    TrustedIssuer,
)
from ..ports.api_keys import ApiKeyRepository
from ..ports.audit import AuditLog, AuditRecords
from ..ports.clock import Clock
from ..ports.daily_figures import DailyFigures
from ..ports.event_log import EventLog
from ..ports.event_schemas import EventSchemaChecks, EventSchemaRepository
from ..ports.event_store import EventStore
from ..ports.followed_markets import FollowedMarkets
from ..ports.head_ledger import HeadLedger
from ..ports.health_models import HealthModelRepository
from ..ports.health_scores import HealthScoreRepository
from ..ports.issuer_keys import IssuerKeys
from ..ports.jobs import JobQueue, JobRepository
from ..ports.limit_plans import LimitPlans
from ..ports.market_benchmarks import MarketBenchmarkGateway
from ..ports.metrics import MetricDefinitionRepository, MetricValueRepository
from ..ports.nonces import NonceMemory
from ..ports.platform import Platform
from ..ports.power_readings import PowerReadingRepository
from ..ports.properties import (
    ComparisonPolicyRepository,
    PropertyHistoryRepository,
    PropertyRepository,
)
from ..ports.question_engine import QuestionEngine
from ..ports.random_text import RandomText
from ..ports.rate_limiter import RateLimiter
from ..ports.readiness import ReadinessProbe
from ..ports.refresh_families import RefreshFamilyRepository
from ..ports.revocations import Revocations
from ..ports.saved_cohorts import SavedCohorts
from ..ports.schema_checker import SchemaChecker
from ..ports.signer import Signer
from ..ports.signing_keys import SigningKeyRepository
from ..ports.sites import SiteRepository
from ..ports.telemetry import Telemetry
from ..ports.tenants import KnownTenants, TenantRepository
from ..ports.token_signatures import TokenSignatures
from ..ports.usage import UsageRepository
from ..ports.users import UserRepository


class Deployment(Protocol):
    """What the adapters of a deployment must be told; the settings tell it."""

    @property
    def data_dir(self) -> str: ...
    @property
    def database_url(self) -> str: ...
    @property
    def migration_database_url(self) -> str | None: ...
    @property
    def columnar_url(self) -> str | None: ...
    @property
    def keeps_columns(self) -> bool: ...
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
    def kubernetes_url(self) -> str | None: ...
    @property
    def kubernetes_namespace(self) -> str: ...
    @property
    def kubernetes_pools(self) -> str: ...
    @property
    def kubernetes_token_file(self) -> str | None: ...
    @property
    def kubernetes_ca_file(self) -> str | None: ...
    @property
    def anonymous_requests_per_minute(self) -> int: ...
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
    known_tenants: KnownTenants
    default_plan: PlanName
    platform: Platform
    api_keys: ApiKeyRepository
    signing_keys: SigningKeyRepository
    refresh_families: RefreshFamilyRepository
    revocations: Revocations
    token_signatures: TokenSignatures
    issuer_keys: IssuerKeys
    nonces: NonceMemory
    answer_signer: Signer
    markets: MarketBenchmarkGateway
    properties: PropertyRepository
    property_histories: PropertyHistoryRepository
    comparison_policies: ComparisonPolicyRepository
    health_models: HealthModelRepository
    health_scores: HealthScoreRepository
    followed_markets: FollowedMarkets
    event_schemas: EventSchemaRepository
    event_schema_checks: EventSchemaChecks
    schema_checker: SchemaChecker
    jobs: JobRepository
    job_queue: JobQueue
    sites: SiteRepository
    power_readings: PowerReadingRepository
    event_log: EventLog
    event_store: EventStore
    question_engine: QuestionEngine
    users: UserRepository
    saved_cohorts: SavedCohorts
    metric_definitions: MetricDefinitionRepository
    metric_values: MetricValueRepository
    daily_figures: DailyFigures
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
    public_url: str
    trusted_issuers: tuple[TrustedIssuer, ...] = ()
