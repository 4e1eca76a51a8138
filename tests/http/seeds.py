"""What a tenant has before the routes are tried, and how to call each of them rightly.

A route that is not listed here fails the tests that go through all of them.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx

from sightline.adapters.sample.energy import sample_sites
from sightline.application.record_events import EventRequest
from sightline.domain.energy import PowerReading
from sightline.domain.events import EventDraft
from sightline.domain.identifiers import TenantId

from .served import KEYS, Served

NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)
EVENT = "0199f2c1-6a0e-7c4b-9c1d-2f6f0f3f9a51"
CANARY = "Canary Wharf 7731"

PROPERTY: Mapping[str, Any] = {
    "id": 1,
    "name": CANARY,
    "address": f"1 {CANARY} Street",
    "market_id": 1,
    "area_sqft": 7731.0,
    "year_built": 1999,
    "property_class": "A",
    "current_occupancy_rate": 91.5,
    "current_avg_rent_per_sqft": 42.8,
    "renewal_rate_ytd": None,
    "avg_lease_term_months": 96,
    "avg_time_to_lease_days": 85,
}

#: Ids of the seeds by the name of the path parameter; absent ids of the same form.
IDS: Mapping[str, str] = {
    "property_id": "1",
    "sensor_id": "785097c8-2b34-410a-a8ea-bcaf10791c45",
    "location_id": "ea125f67-6b94-4992-8eb9-d832ae026106",
    "organization_id": "955c3c4d-3a03-4d79-9655-3871f5ad999d",
    "brand_id": "11111111-1111-1111-1111-111111111111",
    "tenant_id": "acme",
    "event_id": EVENT,
    "user_id": "u-1001",
    "metric_name": "revenue",
    "event_type": "signup 77",
    "schema_version": "1.0",
    "slug": "invalid-input",
}
ABSENT: Mapping[str, str] = {
    name: "987654321"
    if name in {"property_id", "version"}
    else "00000000-dead-4bad-8bad-00000000feed"
    for name in (*IDS, "circuit_id", "cohort_id", "job_id", "key_id", "version")
}

#: What every tenant has, without having made it: the built-in model.
EVERYBODYS = frozenset({("getHealthModel", "0")})

#: What is made under a name of the caller's choosing: there is nothing that could be absent.
CHOSEN = frozenset({"replaceUser", "updateUser", "replaceMetricDefinition", "registerEventSchema"})

MODEL: Mapping[str, Any] = {
    "metrics": {
        "occupancy_rate": {
            "weight": 0.75,
            "direction": "higher_is_better",
            "typical_deviation": 6.0,
            "typical_change": 2.0,
            "transform": "difference",
            "target_band": {"low": -2.0, "high": 4.0},
        },
        "rent_per_sqft": {
            "weight": 0.25,
            "direction": "higher_is_better",
            "typical_deviation": 0.15,
            "typical_change": 0.05,
            "transform": "log_ratio",
            "target_band": None,
        },
    },
    "averaging": "compensatory",
    "correlation": 0.5,
    "coverage_limit": 0.6,
    "momentum_share": 0.1,
    "thresholds": {
        "grades": {"a": 80.0, "b": 65.0, "c": 45.0, "d": 20.0},
        "high_confidence": 5.0,
        "medium_confidence": 12.5,
        "watch_below": 45.0,
        "under_performer_below": 48.0,
        "under_performer_percentile": 10.0,
        "outlier_score": 3.0,
        "outlier_profile_probability": 0.99,
        "fence": 2.0,
        "far_fence": 4.0,
    },
}

EVENT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"plan": {"type": "string"}, "seats": {"type": "integer", "minimum": 1}},
    "required": ["plan"],
    "additionalProperties": False,
}

CLIENT = {"client_id": "acme", "client_secret": KEYS["acme"]}


class Form(dict[str, str]):
    """A body that is sent as a form."""


ATTRIBUTION: Mapping[str, Any] = {
    "range": {"start": "2025-12-01", "end": "2025-12-31"},
    "conversion": {"event_type": "visit"},
    "touchpoint": {"property": "channel"},
}

FUNNEL: Mapping[str, Any] = {
    "range": {"start": "2025-12-01", "end": "2025-12-31"},
    "steps": [{"event_type": "visit"}, {"event_type": "signup"}],
    "window": "P7D",
}

WINDOW = {"start": "2024-04-01T00:00:00Z", "end": "2024-04-02T00:00:00Z"}

DAYS = {"start": "2025-12-30", "end": "2026-01-01", "timezone": "Europe/Berlin"}

RETENTION: Mapping[str, Any] = {
    "range": {"start": "2025-12-30", "end": "2026-01-01"},
    "interval": "day",
    "target": {"event_type": "visit"},
    "returning": {"event_type": ["visit", "signup"], "filters": None},
    "cohort_rule": "first_time",
    "return_rule": "in_interval_or_later",
    "columns": 2,
    "breakdown": {"property": "plan", "scope": "user", "limit": 3},
}

COHORT: Mapping[str, Any] = {
    "name": f"Friends of {CANARY}",
    "definition": {
        "and": [
            {"did": {"event_type": "visit"}, "at_least": 1, "within_days": 30},
            {"not": {"user": {"property": "plan", "op": "eq", "value": CANARY}}},
        ]
    },
    "description": CANARY,
}

#: operationId -> query and body of a call that succeeds.
RIGHT: Mapping[str, tuple[Mapping[str, str], Any]] = {
    "getLiveness": ({}, None),
    "getReadiness": ({}, None),
    "getMetrics": ({}, None),
    "listProblemKinds": ({}, None),
    "getProblemKind": ({}, None),
    "listProperties": ({"sort": "-rent", "limit": "10", "text": "canary"}, None),
    "createProperty": ({}, {**PROPERTY, "id": 77}),
    "getProperty": ({}, None),
    "updateProperty": ({}, {"renewal_rate_ytd": 80.0}),
    "deleteProperty": ({}, None),
    "getPropertyHistory": ({}, None),
    "replacePropertyHistory": (
        {},
        {"records": [{"month": "2025-08-01", "occupancy_rate": 90.0, "rent_per_sqft": 42.0}]},
    ),
    "getMarketPerformance": (
        {"metrics": "rent_per_sqft", "history": "true", "interval": "quarter"},
        None,
    ),
    "getMarketPerformanceUnversioned": ({}, None),
    "getPropertyHealth": (
        {"as_of": "2025-09-30", "interval": "quarter", "explain": "true"},
        None,
    ),
    "compareProperties": ({}, {"property_ids": [6, 1], "as_of": "2025-09-30"}),
    "getPortfolioMarketPerformance": ({"limit": "5"}, None),
    "getComparisonPolicy": ({}, None),
    "replaceComparisonPolicy": ({}, {"thresholds_percent": {"rent_per_sqft": 7.0}}),
    "listHealthModels": ({}, None),
    "getCurrentHealthModel": ({}, None),
    "getHealthModel": ({}, None),
    "replaceHealthModel": ({}, MODEL),
    "getCircuitPower": (WINDOW, None),
    "getLocationPower": ({**WINDOW, "interval": "hour"}, None),
    "getOrganizationPower": ({**WINDOW, "timezone": "America/New_York", "interval": "day"}, None),
    "getBrandPower": ({**WINDOW, "statistics": "energy_kwh,mean_power_w"}, None),
    "getElectricSensor": ({}, None),
    "getLocationCircuitSummary": ({}, None),
    "listBrands": ({"limit": "5"}, None),
    "getBrandMetadata": ({}, None),
    "proposeHealthModel": ({}, None),
    "listPortfolioHealth": (
        {"grade": "A,B,C,D,E", "sort": "-change", "group_by": "city", "limit": "5"},
        None,
    ),
    "askWhatIf": ({}, {"weights": {"occupancy_rate": 3, "rent_per_sqft": 1}, "limit": 5}),
    "analyzeAttribution": ({}, ATTRIBUTION),
    "listAttributedConversions": ({}, {"query": ATTRIBUTION, "limit": 5}),
    "analyzeFunnel": ({}, FUNNEL),
    "listFunnelUsers": ({}, {"query": FUNNEL, "step": 1, "limit": 5}),
    "sendEvents": (
        {},
        {
            "events": [
                {
                    "event_id": "new",
                    "user_id": "u_1",
                    "event_type": "visit",
                    "timestamp": "2025-12-31T12:00:00Z",
                    "properties": {"page": CANARY, "n": 1},
                }
            ]
        },
    ),
    "listEvents": (
        {
            "user_id": "u_1",
            "event_type": "visit,signup",
            "start_date": "2025-12-01",
            "end_date": "2025-12-31",
            "filters": '{"property":"page","op":"is_set"}',
            "limit": "5",
        },
        None,
    ),
    "sendEventsInBulk": ({"first_line": "3"}, None),
    "listQuarantinedEvents": ({"limit": "5"}, None),
    "getEvent": ({}, None),
    "traceEvent": ({}, None),
    "listUsers": (
        {"filters": '{"property": "plan", "op": "in", "value": ["pro"]}', "limit": "5"},
        None,
    ),
    "describeUsers": ({}, {"users": [{"user_id": "u-7", "attributes": {"plan": "pro"}}]}),
    "getUser": ({}, None),
    "replaceUser": ({}, {"attributes": {"plan": "pro"}}),
    "updateUser": ({}, {"attributes": {"seats": 5, "plan": None}}),
    "recordMetrics": (
        {},
        {"metrics": [{"date": "2026-03-01", "metric_name": "orders", "value": 7}]},
    ),
    "getMetricsSummary": (
        {"start_date": "2026-03-01", "end_date": "2026-03-03", "metrics": "orders,events"},
        None,
    ),
    "listMetricDefinitions": ({}, None),
    "getMetricDefinition": ({}, None),
    "replaceMetricDefinition": ({}, {"over_days": "sum", "unit": "USD"}),
    "listEventSchemas": ({"mode": "enforce", "retired": "false", "limit": "5"}, None),
    "registerEventSchema": ({"dry_run": "false"}, {"schema": EVENT_SCHEMA, "mode": "enforce"}),
    "getEventSchema": ({}, None),
    "getEventSchemaVersion": ({}, None),
    "querySeries": (
        {},
        {
            "range": {"start": "2024-03-01", "end": "2024-04-30"},
            "measures": [{"name": "events"}, {"name": "users", "aggregate": "unique_users"}],
            "dimensions": ["event_type", "user.role"],
            "interval": "month",
            "totals": "cube",
            "compare_to": "previous_period",
            "explain": True,
        },
    ),
    "readRealtimeMetrics": ({"timeframe": "1h"}, None),
    "checkEventSample": ({}, {"properties": {"plan": "standard", "seats": 3}}),
    "retireEventSchema": ({}, None),
    "analyzeRetention": ({}, RETENTION),
    "listRetentionUsers": (
        {},
        {
            "query": RETENTION,
            "cohort": "2025-12-31T00:00:00Z",
            "column": 0,
            "state": "returned",
            "limit": 5,
        },
    ),
    "analyzeLifecycle": (
        {},
        {
            "range": DAYS,
            "interval": "day",
            "event": {"event_type": "visit"},
            "new_when": {"user_attribute": "first_seen"},
        },
    ),
    "analyzeStickiness": (
        {},
        {"range": DAYS, "interval": "day", "event": {"event_type": None}, "explain": True},
    ),
    "saveCohort": ({}, {**COHORT, "name": "Visitors of late"}),
    "listCohorts": ({}, None),
    "getCohort": (
        {"as_of": "2025-12-31T00:00:00Z", "interval": "day", "intervals": "3", "retention": "week"},
        None,
    ),
    "listCohortUsers": ({"as_of": "2025-12-31T00:00:00Z", "limit": "5"}, None),
    "replaceCohort": ({}, {**COHORT, "name": "Visitors"}),
    "deleteCohort": ({}, None),
    "listJobs": ({"state": "ready", "kind": "refresh_markets", "limit": "5"}, None),
    "getJob": ({}, None),
    "cancelJob": ({}, None),
    "requestMarketRefresh": ({}, None),
    "listAudit": ({"action": "createProperty", "outcome": "succeeded", "limit": "5"}, None),
    "listAuditHeads": ({"limit": "5"}, None),
    "exportAudit": ({}, None),
    "verifyAudit": ({}, None),
    "listKeys": ({}, None),
    "createKey": ({}, {"name": "nightly import", "role": "analyst"}),
    "getKey": ({}, None),
    "rotateKey": ({}, {"overlap_seconds": 60}),
    "revokeKey": ({}, None),
    "setKeySigning": ({}, {"algorithm": "hmac-sha256"}),
    "removeKeySigning": ({}, None),
    "getMe": ({}, None),
    "issueTokens": ({}, Form({"grant_type": "client_credentials", **CLIENT})),
    "revokeToken": ({}, Form({"token": "made-up"})),
    "getKeySet": ({}, None),
    "getAnswerKeys": ({}, None),
    "getServerMetadata": ({}, None),
    "getUsage": ({"start": "2026-01-01", "end": "2026-02-01"}, None),
    "getTenantUsage": ({"start": "2026-01-01", "end": "2026-02-01"}, None),
    "createTenant": ({}, {"id": "newcomer", "name": "Newcomer", "plan": "starter"}),
    "listTenants": ({"status": "active", "plan": "enterprise", "limit": "5"}, None),
    "getTenant": ({}, None),
    "updateTenant": ({}, {"name": "Acme & Daughters", "plan": "standard"}),
    "suspendTenant": ({}, None),
    "resumeTenant": ({}, None),
    "closeTenant": ({}, None),
    "getTenantLimits": ({}, None),
    "replaceTenantLimits": (
        {},
        {"read": {"quota": 900, "burst": 300}, "bulk": None, "monthly_quota": 5_000_000},
    ),
    "scaleTenant": ({}, {"tier": "medium", "dry_run": True}),
}

#: operationId -> lines of JSON that are sent in place of a body.
LINES: Mapping[str, bytes] = {
    "sendEventsInBulk": (
        b'{"event_id":"bulk 1","user_id":"u_1","event_type":"visit"}\n'
        b'{"event_id":"bulk 2","user_id":"u_2","event_type":"visit"}\n'
    ),
}


class Operation(NamedTuple):
    """One operation of the document, with a call that succeeds."""

    name: str
    method: str
    path: str
    document: Mapping[str, Any]
    query: Mapping[str, str]
    body: Any

    @property
    def tenants_own(self) -> bool:
        """Whether it is about what a tenant has, not about the process or the documents."""
        others = {"Operations", "Documents", "OAuth", "Administration"}
        return not others & set(self.document["tags"])

    @property
    def platforms(self) -> bool:
        """Whether the platform's own tenant alone may call it."""
        return "Administration" in self.document["tags"]


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Every operation of an OpenAPI document."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            name = operation["operationId"]
            query, body = RIGHT[name]
            yield Operation(name, method.upper(), path, operation, query, body)


def rightful(served: Served, operation: Operation) -> httpx.AsyncClient:
    """The client of somebody who may call an operation."""
    return served.platform if operation.platforms else served.acme


async def call(
    client: httpx.AsyncClient, operation: Operation, ids: Mapping[str, str]
) -> httpx.Response:
    """Call an operation rightly, with these ids."""
    path = operation.path.format_map(ids)
    if isinstance(operation.body, Form):
        request = client.build_request(operation.method, path, data=operation.body)
        request.headers.pop("authorization", None)  # a form says itself who asks
        return await client.send(request)
    if operation.name in LINES:
        return await client.request(
            operation.method,
            path,
            params=operation.query,
            content=LINES[operation.name],
            headers={"content-type": "application/x-ndjson"},
        )
    if operation.body is None:
        return await client.request(operation.method, path, params=operation.query)
    return await client.request(operation.method, path, params=operation.query, json=operation.body)


async def seed(served: Served, tenant: str = "acme") -> dict[str, str]:
    """Give a tenant properties, a history, a model, a schema, sites, readings, a job and a key."""
    client = getattr(served, tenant)
    for draft in (PROPERTY, {**PROPERTY, "id": 6, "name": f"{CANARY} Annex"}):
        (await client.post("/api/v1/properties", json=draft)).raise_for_status()
    history = {
        "records": [{"month": f"2025-0{m}-01", "rent_per_sqft": 40.0 + m} for m in (7, 8, 9)]
    }
    (await client.put("/api/v1/properties/1/history", json=history)).raise_for_status()
    model = await client.put("/api/v1/health-models/current", json=MODEL)
    owner = TenantId(tenant)
    sites = sample_sites()
    await served.cases.import_sites(owner, sites)
    circuit = sites.circuits[0]
    readings = [PowerReading(NOON + timedelta(minutes=n), 7731 + n) for n in range(60)]
    await served.adapters.power_readings.append(owner, {circuit.id: readings})
    event = EventDraft(CANARY, "visit", EVENT)
    await served.cases.record_events(owner, EventRequest({0: event}))
    said = {"attributes": {"plan": "pro", "name": CANARY}}
    (await client.put("/api/v1/users/u-1001", json=said)).raise_for_status()
    for name in ("revenue", "orders"):
        where = f"/api/v1/metric-definitions/{name}"
        declared = {"over_days": "sum", "description": CANARY}
        (await client.put(where, json=declared)).raise_for_status()
    sold = {"date": "2026-03-01", "metric_name": "revenue", "value": 7731}
    (await client.post("/api/v1/metrics", json={"metrics": [sold]})).raise_for_status()
    registration = {"schema": {**EVENT_SCHEMA, "title": CANARY}, "mode": "observe"}
    named = f"/api/v1/event-schemas/{IDS['event_type']}"
    (await client.put(named, json=registration)).raise_for_status()
    cohort = await client.post("/api/v2/analytics/cohorts", json=COHORT)
    job = await client.post("/api/v1/market-refreshes")
    key = await client.post("/api/v1/keys", json={"name": CANARY, "role": "viewer"})
    return {
        **IDS,
        "circuit_id": str(circuit.id),
        "cohort_id": cohort.json()["cohort_id"],
        "job_id": job.json()["id"],
        "key_id": key.json()["id"],
        "version": str(model.json()["version"]),
    }
