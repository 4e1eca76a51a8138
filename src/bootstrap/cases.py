"""The use cases, wired to any adapters that keep the contracts."""

import asyncio
import os
from datetime import timedelta
from functools import partial

from attrs import frozen

from ..adapters.telemetry.logs import tell_failure
from ..application.ask_question import AskQuestion
from ..application.ask_what_if import AskWhatIf
from ..application.authenticate import Authenticate
from ..application.check_readiness import CheckReadiness
from ..application.check_readings import CheckReadings
from ..application.check_tenant import CheckTenant
from ..application.compare_portfolio import ComparePortfolio
from ..application.compare_properties import CompareProperties
from ..application.compare_with_market import CompareWithMarket
from ..application.create_tenant import CreateTenant
from ..application.get_tenant import GetTenant
from ..application.import_events import ImportEvents
from ..application.import_history import ImportHistory
from ..application.import_properties import ImportProperties
from ..application.import_readings import ImportReadings
from ..application.import_sites import ImportSites
from ..application.install_fixed_key import InstallFixedKey
from ..application.issue_api_key import IssueApiKey
from ..application.limit_requests import LimitPeer, LimitTenant
from ..application.list_brands import ListBrands
from ..application.load_events import LoadEvents
from ..application.make_scores import MakeScores
from ..application.manage_api_keys import (
    ListApiKeys,
    RevokeApiKey,
    RotateApiKey,
    SetKeySigning,
    ShowApiKey,
)
from ..application.manage_cohorts import (
    ListCohortMembers,
    ListCohorts,
    MeasureCohort,
    RemoveCohort,
    ReplaceCohort,
    SaveCohort,
)
from ..application.manage_event_schemas import (
    CheckEventSample,
    ListEventSchemas,
    ProposeEventSchema,
    RegisterEventSchema,
    RetireEventSchema,
    ShowEventSchema,
    ShowEventSchemaVersion,
)
from ..application.manage_health_models import (
    ListHealthModels,
    ProposeHealthModel,
    SetHealthModel,
    ShowHealthModel,
    ShowHealthModelVersion,
)
from ..application.manage_jobs import CancelJob, ListJobs, ShowJob
from ..application.manage_metrics import (
    DeclareMetric,
    ListMetrics,
    RecordMetrics,
    ShowMetric,
    SummarizeMetrics,
)
from ..application.manage_properties import (
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
from ..application.manage_tenants import ChangeTenant, CloseTenant, ListTenants
from ..application.manage_users import DescribeUser, DescribeUsers, ListUsers, ShowUser
from ..application.meter_usage import MeterUsage, ReadUsage
from ..application.note_key_uses import NoteKeyUses
from ..application.prove_key import ProveKey
from ..application.read_audit import ExportAudit, ListAudit
from ..application.read_brand_metadata import ReadBrandMetadata
from ..application.read_circuit_summary import ReadCircuitSummary
from ..application.read_events import (
    FindEvent,
    ListEvents,
    ListQuarantine,
    StreamEvents,
    TraceEvent,
)
from ..application.read_realtime_metrics import ReadRealtimeMetrics
from ..application.read_sensor import ReadSensor
from ..application.record_audit import RecordAudit
from ..application.record_events import RecordEvents
from ..application.record_token_event import RecordTokenEvent
from ..application.report_power import ReportPower
from ..application.report_usage import ReportUsage
from ..application.request_answer import RequestAnswer
from ..application.request_market_refresh import RequestMarketRefresh
from ..application.scale_tenant import ScaleTenant
from ..application.score_property import ScoreProperty
from ..application.show_portfolio_health import ShowPortfolioHealth
from ..application.sign_audit_heads import ListAuditHeads, SignAuditHeads
from ..application.sign_messages import CheckSignature, SignAnswer
from ..application.suspect_guessing import SuspectGuessing
from ..application.token_use_cases import TokenUseCases, token_use_cases
from ..application.verify_audit import VerifyAudit
from .adapters import Adapters


@frozen
class UseCases:
    """What users can do, one field per use case."""

    authenticate: Authenticate
    check_readiness: CheckReadiness
    create_tenant: CreateTenant
    get_tenant: GetTenant
    list_tenants: ListTenants
    change_tenant: ChangeTenant
    close_tenant: CloseTenant
    scale_tenant: ScaleTenant
    install_fixed_key: InstallFixedKey
    issue_api_key: IssueApiKey
    list_api_keys: ListApiKeys
    show_api_key: ShowApiKey
    rotate_api_key: RotateApiKey
    revoke_api_key: RevokeApiKey
    set_key_signing: SetKeySigning
    note_key_uses: NoteKeyUses
    check_signature: CheckSignature
    sign_answer: SignAnswer
    suspect_guessing: SuspectGuessing
    tokens: TokenUseCases
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
    list_event_schemas: ListEventSchemas
    show_event_schema: ShowEventSchema
    show_event_schema_version: ShowEventSchemaVersion
    propose_event_schema: ProposeEventSchema
    register_event_schema: RegisterEventSchema
    check_event_sample: CheckEventSample
    retire_event_schema: RetireEventSchema
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
    list_brands: ListBrands
    read_brand_metadata: ReadBrandMetadata
    record_events: RecordEvents
    import_events: ImportEvents
    list_events: ListEvents
    stream_events: StreamEvents
    find_event: FindEvent
    trace_event: TraceEvent
    list_quarantine: ListQuarantine
    load_events: LoadEvents
    ask_question: AskQuestion
    request_answer: RequestAnswer
    read_realtime_metrics: ReadRealtimeMetrics
    list_users: ListUsers
    show_user: ShowUser
    describe_user: DescribeUser
    describe_users: DescribeUsers
    save_cohort: SaveCohort
    list_cohorts: ListCohorts
    replace_cohort: ReplaceCohort
    remove_cohort: RemoveCohort
    measure_cohort: MeasureCohort
    list_cohort_members: ListCohortMembers
    list_metrics: ListMetrics
    show_metric: ShowMetric
    declare_metric: DeclareMetric
    record_metrics: RecordMetrics
    summarize_metrics: SummarizeMetrics
    limit_tenant: LimitTenant
    limit_peer: LimitPeer
    meter_usage: MeterUsage
    read_usage: ReadUsage
    report_usage: ReportUsage
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
    clock, log, store = adapters.clock, adapters.event_log, adapters.event_store
    recorder = RecordAudit(adapters.audit_log, clock, partial(os.urandom, 16), tell_failure)
    note_key_uses = NoteKeyUses(adapters.api_keys, adapters.clock)
    check_tenant = CheckTenant(adapters.known_tenants)
    prove_key = ProveKey(adapters.api_keys, adapters.clock, note_key_uses, check_tenant, secret)
    change_tenant = ChangeTenant(adapters.tenants)
    read_usage = ReadUsage(adapters.usage)
    schemas, checks = adapters.event_schemas, adapters.event_schema_checks
    propose_schema = ProposeEventSchema(schemas, adapters.schema_checker, clock)
    tokens = token_use_cases(adapters, prove_key, RecordTokenEvent(recorder, clock))
    record_events = RecordEvents(log, checks, clock, os.urandom)
    ask_question = AskQuestion(
        adapters.question_engine, adapters.users, adapters.limit_plans, clock
    )
    return UseCases(
        authenticate=Authenticate(prove_key, tokens.verify),
        check_readiness=CheckReadiness(adapters.probes),
        create_tenant=CreateTenant(adapters.tenants, adapters.clock, adapters.default_plan),
        get_tenant=GetTenant(adapters.tenants),
        list_tenants=ListTenants(adapters.tenants),
        change_tenant=change_tenant,
        close_tenant=CloseTenant(change_tenant, adapters.api_keys),
        scale_tenant=ScaleTenant(adapters.tenants, adapters.platform),
        install_fixed_key=InstallFixedKey(adapters.api_keys, adapters.clock, secret),
        issue_api_key=IssueApiKey(adapters.api_keys, adapters.clock, adapters.random_text, secret),
        list_api_keys=ListApiKeys(adapters.api_keys),
        show_api_key=ShowApiKey(adapters.api_keys),
        set_key_signing=SetKeySigning(adapters.api_keys, adapters.random_text, secret),
        check_signature=CheckSignature(adapters.nonces, adapters.answer_signer, clock, secret),
        sign_answer=SignAnswer(adapters.answer_signer, clock),
        suspect_guessing=SuspectGuessing(
            clock, timedelta(seconds=adapters.peer_policy.window_seconds)
        ),
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
            adapters.markets,
            adapters.health_scores,
            make_scores(adapters),
            adapters.clock,
        ),
        ask_what_if=AskWhatIf(
            adapters.properties,
            adapters.health_models,
            adapters.health_scores,
            make_scores(adapters),
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
        list_event_schemas=ListEventSchemas(schemas),
        show_event_schema=ShowEventSchema(schemas),
        show_event_schema_version=ShowEventSchemaVersion(schemas),
        propose_event_schema=propose_schema,
        register_event_schema=RegisterEventSchema(propose_schema, schemas, checks),
        check_event_sample=CheckEventSample(schemas, adapters.schema_checker),
        retire_event_schema=RetireEventSchema(schemas, checks, clock),
        list_jobs=ListJobs(adapters.jobs),
        show_job=ShowJob(adapters.jobs),
        cancel_job=CancelJob(adapters.jobs, adapters.clock),
        request_market_refresh=market_refresh_request(adapters),
        import_properties=ImportProperties(adapters.properties, adapters.clock),
        import_property_history=ImportHistory(adapters.property_histories, adapters.clock),
        import_sites=ImportSites(adapters.sites),
        check_readings=CheckReadings(adapters.sites),
        import_readings=ImportReadings(adapters.sites, adapters.power_readings),
        report_power=ReportPower(adapters.sites, adapters.power_readings),
        read_sensor=ReadSensor(adapters.sites),
        read_circuit_summary=ReadCircuitSummary(adapters.sites),
        list_brands=ListBrands(adapters.sites),
        read_brand_metadata=ReadBrandMetadata(adapters.sites),
        record_events=record_events,
        import_events=ImportEvents(record_events),
        list_events=ListEvents(log, store, adapters.users),
        stream_events=StreamEvents(log, store, adapters.users),
        find_event=FindEvent(log),
        trace_event=TraceEvent(log, store),
        list_quarantine=ListQuarantine(log),
        load_events=LoadEvents(log, store, tell_failure, asyncio.sleep),
        ask_question=ask_question,
        request_answer=RequestAnswer(adapters.jobs, clock, adapters.random_text),
        read_realtime_metrics=ReadRealtimeMetrics(ask_question, clock),
        list_users=ListUsers(adapters.users),
        show_user=ShowUser(adapters.users),
        describe_user=DescribeUser(adapters.users, clock),
        describe_users=DescribeUsers(adapters.users, clock),
        save_cohort=SaveCohort(adapters.saved_cohorts, clock, adapters.random_text),
        list_cohorts=ListCohorts(adapters.saved_cohorts),
        replace_cohort=ReplaceCohort(adapters.saved_cohorts, clock),
        remove_cohort=RemoveCohort(adapters.saved_cohorts),
        measure_cohort=MeasureCohort(adapters.saved_cohorts, ask_question, clock),
        list_cohort_members=ListCohortMembers(adapters.saved_cohorts, ask_question, clock),
        list_metrics=ListMetrics(adapters.metric_definitions),
        show_metric=ShowMetric(adapters.metric_definitions),
        declare_metric=DeclareMetric(adapters.metric_definitions, clock),
        record_metrics=RecordMetrics(adapters.metric_definitions, adapters.metric_values),
        summarize_metrics=SummarizeMetrics(
            adapters.metric_definitions, adapters.metric_values, adapters.daily_figures, log
        ),
        limit_tenant=LimitTenant(adapters.rate_limiter, adapters.limit_plans),
        limit_peer=LimitPeer(adapters.rate_limiter, adapters.peer_policy),
        meter_usage=MeterUsage(adapters.usage, adapters.clock),
        read_usage=read_usage,
        report_usage=ReportUsage(adapters.tenants, read_usage, adapters.clock),
        record_audit=recorder,
        list_audit=ListAudit(records, recorder),
        export_audit=ExportAudit(records, recorder, signer, clock),
        verify_audit=VerifyAudit(records, ledger, signer),
        sign_audit_heads=SignAuditHeads(records, ledger, signer, clock),
        list_audit_heads=ListAuditHeads(ledger, signer),
    )


def make_scores(adapters: Adapters) -> MakeScores:
    """What makes scores, for use cases and jobs."""
    return MakeScores(
        adapters.property_histories, adapters.health_models, adapters.markets, adapters.clock
    )


def market_refresh_request(adapters: Adapters) -> RequestMarketRefresh:
    """What asks for a market refresh, for use cases and jobs."""
    return RequestMarketRefresh(adapters.jobs, adapters.clock, adapters.random_text)
