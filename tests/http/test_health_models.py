"""The numbers of a tenant's health score over HTTP."""

import copy
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict
from hypothesis import HealthCheck, given, settings

from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.market_benchmarks import MemoryMarketBenchmarkGateway
from sightline.adapters.sample.markets import sample_benchmarks
from sightline.adapters.sample.portfolio import sample_portfolio
from sightline.domain.identifiers import TenantId
from sightline.domain.portfolio.health_model import DEFAULT_METRICS, HealthModel
from sightline.testing.strategies import health_models

from .seeds import MODEL
from .served import Served, serving
from .test_properties import flaws

MODELS = "/api/v1/health-models"
CURRENT = f"{MODELS}/current"
HEALTH = "/api/v1/properties/1/health"
NUMBERS = ("averaging", "correlation", "coverage_limit", "momentum_share", "thresholds")

DOCUMENT = Path(__file__).parents[2] / "docs/health-score.md"
#: The example of the document: 0.75 · 71.83 + 0.25 · 78.42, by the sub-scores of property 1.
PLAIN_MEAN: Mapping[str, Any] = json.loads(
    DOCUMENT.read_text(encoding="utf-8").partition("-d '")[2].partition("'")[0]
)


@pytest.fixture(scope="module")
async def house() -> AsyncIterator[Served]:
    """For tests that only read or are refused."""
    async with serving() as made:
        yield made


@pytest.fixture
async def owned(served: Served) -> Served:
    """The sample's property 1 without its history, and its market."""
    markets = served.adapters.markets
    assert isinstance(markets, MemoryMarketBenchmarkGateway)
    markets.put(next(one for one in sample_benchmarks() if one.market == 1))
    (sample,) = [one for one in sample_portfolio() if one.draft.id == 1]
    await served.cases.import_properties(TenantId("acme"), [sample.draft])
    return served


def rules(model: HealthModel) -> dict[str, Any]:
    """The rules of a model as a client writes them."""
    return {
        metric.value: {
            "weight": rule.weight,
            "direction": rule.direction.value,
            "typical_deviation": rule.typical_deviation,
            "typical_change": rule.typical_change,
            "transform": rule.transform.value,
            "target_band": rule.target_band
            and {"low": rule.target_band.low, "high": rule.target_band.high},
        }
        for metric, rule in model.metrics.items()
    }


def changed(where: str, value: object) -> dict[str, Any]:
    """A right model with one part changed: `correlation`, `rent_per_sqft/weight`, …"""
    body = copy.deepcopy(dict(MODEL))
    inside = body if where.partition("/")[0] in body else body["metrics"]
    *steps, last = where.split("/")
    for step in steps:
        inside = inside[step]
    inside[last] = value
    return body


async def test_until_one_is_set_the_model_is_the_built_in_one(house: Served) -> None:
    answer = await house.acme.get(CURRENT)
    plain = HealthModel()
    assert answer.json() == {
        "model": "SH1", "version": 0, "set_at": None, "metrics": rules(plain),
        "averaging": "square_root", "correlation": 0.3, "coverage_limit": 0.4,
        "momentum_share": 0.2,
        "thresholds": {
            "grades": {"a": 75.0, "b": 60.0, "c": 40.0, "d": 25.0}, "high_confidence": 7.5,
            "medium_confidence": 15.0, "watch_below": 40.0, "under_performer_below": 50.0,
            "under_performer_percentile": 25.0, "outlier_score": 3.5,
            "outlier_profile_probability": 0.975, "fence": 1.5, "far_fence": 3.0,
        },
    }  # fmt: skip
    assert list(answer.json()["metrics"]) == [metric.value for metric in DEFAULT_METRICS]
    assert answer.headers["etag"] == '"v0"'
    assert (await house.rival.get(f"{MODELS}/0")).json() == answer.json()
    listed = {"items": [{"version": 0, "set_at": None, "current": True}]}
    assert (await house.acme.get(MODELS)).json() == listed


async def test_what_is_set_is_in_force_and_readable_by_its_version(served: Served) -> None:
    put = await served.acme.put(CURRENT, json=MODEL)
    assert put.status_code == 200
    told = put.json()
    assert told == {**MODEL, "model": "SH1", "version": 1, "set_at": "2026-01-01T00:00:00Z"}
    assert put.headers["etag"] == '"v1"'
    assert (await served.acme.get(CURRENT)).json() == told
    assert (await served.acme.get(f"{MODELS}/1")).json() == told
    unchanged = await served.acme.get(f"{MODELS}/1", headers={"If-None-Match": '"v1"'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(model=health_models())
async def test_every_model_there_is_can_be_set(served: Served, model: HealthModel) -> None:
    body = {"metrics": rules(model)} | {name: getattr(model, name) for name in NUMBERS}
    body["thresholds"] = asdict(model.thresholds)
    put = await served.acme.put(CURRENT, json=body)
    assert put.status_code == 200, put.text
    assert {name: put.json()[name] for name in body} == body
    assert (await served.acme.get(CURRENT)).json() == put.json()


async def test_what_is_left_out_is_as_in_the_built_in_model(served: Served) -> None:
    await served.acme.put(CURRENT, json=MODEL)
    rule = {key: value for key, value in rules(HealthModel())["renewal_rate"].items() if value}
    del rule["direction"]
    body = {"metrics": {"renewal_rate": {**rule, "weight": 1, "direction": "lower_is_better"}}}
    told = (await served.acme.put(CURRENT, json=body)).json()
    assert list(told["metrics"]) == ["renewal_rate"]
    assert told["metrics"]["renewal_rate"]["target_band"] is None
    plain = (await served.acme.get(f"{MODELS}/0")).json()
    assert {name: told[name] for name in NUMBERS} == {name: plain[name] for name in NUMBERS}


async def test_limits_that_are_left_out_are_the_built_in_ones(served: Served) -> None:
    plain = (await served.acme.get(f"{MODELS}/0")).json()["thresholds"]
    said = {"watch_below": 35, "grades": {"d": 20.5}}
    told = (await served.acme.put(CURRENT, json=changed("thresholds", said))).json()["thresholds"]
    assert told == {**plain, "watch_below": 35, "grades": {**plain["grades"], "d": 20.5}}


async def test_grades_follow_the_limits_of_the_tenant_alone(owned: Served) -> None:
    await owned.cases.import_properties(
        TenantId("rival"), [one.draft for one in sample_portfolio() if one.draft.id == 1]
    )
    before = (await owned.acme.get(HEALTH)).json()
    assert (before["health"]["score"], before["health"]["grade"]) == (
        pytest.approx(71.54, abs=0.01),
        "B",
    )
    plain = (await owned.acme.get(f"{MODELS}/0")).json()
    limits = {
        **plain["thresholds"], "grades": {"a": 70, "b": 68, "c": 66, "d": 64},
        "high_confidence": 1, "watch_below": 72,
    }  # fmt: skip
    body = {name: plain[name] for name in ("metrics", *NUMBERS)} | {"thresholds": limits}
    (await owned.acme.put(CURRENT, json=body)).raise_for_status()
    after = (await owned.acme.get(f"{HEALTH}?explain=true&interval=year")).json()
    assert after["health"]["score"] == before["health"]["score"]
    words = ("grade", "grade_at_high", "confidence")
    assert [after["health"][name] for name in words] == ["A", "A", "medium"]
    assert after["health"]["grade_at_low"] != before["health"]["grade_at_low"]
    assert after["rules"]["grade"] == "A from 70, B from 68, C from 66, D from 64, else E"
    assert after["explanation"]["thresholds"] == limits
    assert {one["grade"] for one in after["explanation"]["levers"]} == {"A"}
    (shown,) = (await owned.acme.get("/api/v1/portfolio/health?grade=A")).json()["items"]
    assert (shown["grade"], shown["grade_at_low"]) == ("A", after["health"]["grade_at_low"])
    assert (await owned.acme.get("/api/v1/portfolio/health?grade=B")).json()["items"] == []
    tried = (await owned.acme.post("/api/v1/portfolio/health/what-if", json={})).json()
    assert (tried["before"]["grade"], tried["distribution_after"]["grades"]["A"]) == ("A", 1)
    theirs = (await owned.rival.get(HEALTH)).json()
    assert theirs["health"] == before["health"]
    (shown,) = (await owned.rival.get("/api/v1/portfolio/health?grade=B")).json()["items"]
    assert shown["score"] == theirs["health"]["score"]


async def test_versions_are_listed_newest_first_and_never_change(served: Served) -> None:
    clock = served.adapters.clock
    assert isinstance(clock, FixedClock)
    first = (await served.acme.put(CURRENT, json=MODEL)).json()
    await served.acme.put("/api/v1/comparison-policy", json={"thresholds_percent": {}})
    clock.move(timedelta(days=1))
    second = (await served.acme.put(CURRENT, json=changed("correlation", 0.9))).json()
    assert (await served.acme.get(MODELS)).json()["items"] == [
        {"version": 3, "set_at": "2026-01-02T00:00:00Z", "current": True},
        {"version": 1, "set_at": "2026-01-01T00:00:00Z", "current": False},
        {"version": 0, "set_at": None, "current": False},
    ]
    assert (await served.acme.get(f"{MODELS}/1")).json() == first
    assert (await served.acme.get(f"{MODELS}/3")).json() == second
    # The second position is that of the thresholds: no model was ever set there.
    assert (await served.acme.get(f"{MODELS}/2")).status_code == 404


async def test_a_change_based_on_an_old_version_is_refused(served: Served) -> None:
    tag = (await served.acme.get(CURRENT)).headers["etag"]
    right = await served.acme.put(CURRENT, json=MODEL, headers={"If-Match": tag})
    late = await served.acme.put(
        CURRENT, json=changed("correlation", 0.9), headers={"If-Match": tag}
    )
    assert late.status_code == 412
    assert late.json()["type"] == "/problems/version-mismatch"
    assert (await served.acme.get(CURRENT)).json() == right.json()
    assert len((await served.acme.get(MODELS)).json()["items"]) == 2
    again = await served.acme.put(CURRENT, json=MODEL, headers={"If-Match": right.headers["etag"]})
    assert again.status_code == 200


@pytest.mark.parametrize("version", ["1", "987654321", "abc", "-1", "00", "1.0", "٣", "9" * 30])
async def test_a_version_that_never_was_is_not_there(house: Served, version: str) -> None:
    answer = await house.acme.get(f"{MODELS}/{version}")
    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/health-model-not-found"


async def test_a_model_is_its_tenants_own(served: Served) -> None:
    version = (await served.acme.put(CURRENT, json=MODEL)).json()["version"]
    assert (await served.rival.get(f"{MODELS}/{version}")).status_code == 404
    assert (await served.rival.get(CURRENT)).json()["version"] == 0
    assert (await served.rival.put(CURRENT, json=PLAIN_MEAN)).status_code == 200
    assert (await served.acme.get(CURRENT)).json()["averaging"] == "compensatory"
    assert (await served.acme.get(CURRENT)).json()["correlation"] == MODEL["correlation"]


async def test_scores_follow_the_model_and_name_its_version(owned: Served) -> None:
    before = (await owned.acme.get(HEALTH)).json()
    assert round(before["health"]["score"], 2) == 71.54
    assert before["health"]["model_version"] == 0
    version = (await owned.acme.put(CURRENT, json=PLAIN_MEAN)).json()["version"]
    after = (await owned.acme.get(HEALTH)).json()
    assert round(after["health"]["score"], 2) == 73.48
    assert after["health"]["model_version"] == version
    assert [row["metric"] for row in after["health"]["metrics"]] == list(PLAIN_MEAN["metrics"])
    assert after["rules"]["mean"].startswith("weighted mean")
    assert before["rules"]["mean"].startswith("square of the weighted mean")


async def test_the_rules_of_a_score_are_told_by_its_own_model(owned: Served) -> None:
    await owned.acme.put(CURRENT, json=MODEL)
    told = (await owned.acme.get(HEALTH)).json()["rules"]
    assert told["coverage"] == "below 0.6 of the weight there is no score"
    assert told["momentum"].startswith("0.1 of the score")


async def test_a_model_that_was_scored_by_is_shown_no_differently(owned: Served) -> None:
    put = await owned.acme.put(CURRENT, json=MODEL)
    assert (await owned.acme.get(HEALTH)).status_code == 200
    assert (await owned.acme.get(CURRENT)).text == put.text


async def test_setting_a_model_moves_the_position_of_the_portfolio(owned: Served) -> None:
    before = (await owned.acme.get("/api/v1/properties")).json()["as_of_position"]
    version = (await owned.acme.put(CURRENT, json=MODEL)).json()["version"]
    after = (await owned.acme.get("/api/v1/properties")).json()["as_of_position"]
    assert before < after == version


OUT, RENT = "out_of_range", "#/metrics/rent_per_sqft"
WRONG: tuple[tuple[str, object, str, str], ...] = (
    ("rent_per_sqft/weight", 0.5, "#/metrics", "weights_sum"),
    ("rent_per_sqft/weight", -0.25, f"{RENT}/weight", OUT),
    ("rent_per_sqft/weight", 1e30, f"{RENT}/weight", OUT),
    ("rent_per_sqft/weight", 1e301, f"{RENT}/weight", OUT),
    ("rent_per_sqft/weight", "0.25", f"{RENT}/weight", "type"),
    ("rent_per_sqft/weight", True, f"{RENT}/weight", "type"),
    ("rent_per_sqft/weight", None, f"{RENT}/weight", "type"),
    ("rent_per_sqft/colour", "red", f"{RENT}/colour", "unknown_field"),
    ("rent_per_sqft/direction", "context", f"{RENT}/direction", "direction"),
    ("rent_per_sqft/direction", "up", f"{RENT}/direction", "unknown_value"),
    ("rent_per_sqft/transform", "percent", f"{RENT}/transform", "unknown_value"),
    ("rent_per_sqft/typical_deviation", 0, f"{RENT}/typical_deviation", OUT),
    ("rent_per_sqft/typical_change", -1, f"{RENT}/typical_change", OUT),
    ("rent_per_sqft/target_band", {"low": 2, "high": 1}, f"{RENT}/target_band", "reversed"),
    ("rent_per_sqft/target_band", {"low": 2}, f"{RENT}/target_band/high", "missing"),
    ("rent_per_sqft/target_band", [1, 2], f"{RENT}/target_band", "type"),
    ("rent_per_sqft", {}, f"{RENT}/weight", "missing"),
    ("rent_per_sqft", 0.25, RENT, "type"),
    ("new_deal_rate", rules(HealthModel())["renewal_rate"] | {"weight": 0},
     "#/metrics/new_deal_rate", "not_scored"),
    ("cap_rate", rules(HealthModel())["renewal_rate"] | {"weight": 0},
     "#/metrics/cap_rate", "unknown_metric"),
    ("metrics", {}, "#/metrics", "weights_sum"),
    ("metrics", [], "#/metrics", "type"),
    ("averaging", "harmonic", "#/averaging", "unknown_value"),
    ("correlation", 1.1, "#/correlation", OUT),
    ("coverage_limit", 0, "#/coverage_limit", OUT),
    ("momentum_share", -0.1, "#/momentum_share", OUT),
    ("thresholds", None, "#/thresholds", "type"),
    ("thresholds/colour", 1, "#/thresholds/colour", "unknown_field"),
    ("thresholds/grades", [75, 60, 40, 25], "#/thresholds/grades", "type"),
    ("thresholds/grades/e", 0, "#/thresholds/grades/e", "unknown_field"),
    ("thresholds/grades/a", 100.5, "#/thresholds/grades/a", OUT),
    ("thresholds/grades/b", 80, "#/thresholds/grades/b", "not_descending"),
    ("thresholds/grades/c", "45", "#/thresholds/grades/c", "type"),
    ("thresholds/watch_below", -1, "#/thresholds/watch_below", OUT),
    ("thresholds/watch_below", None, "#/thresholds/watch_below", "type"),
    ("thresholds/under_performer_below", 101, "#/thresholds/under_performer_below", OUT),
    ("thresholds/medium_confidence", 1, "#/thresholds/medium_confidence", "reversed"),
    ("thresholds/outlier_score", 0, "#/thresholds/outlier_score", OUT),
    ("thresholds/outlier_profile_probability", 1,
     "#/thresholds/outlier_profile_probability", OUT),
    ("thresholds/far_fence", 1e300, "#/thresholds/far_fence", OUT),
)  # fmt: skip


@pytest.mark.parametrize(("where", "value", "pointer", "code"), WRONG)
async def test_every_wrong_part_is_named_and_nothing_is_kept(
    house: Served, where: str, value: object, pointer: str, code: str
) -> None:
    assert (pointer, code) in flaws(await house.acme.put(CURRENT, json=changed(where, value)))
    assert len((await house.acme.get(MODELS)).json()["items"]) == 1
    assert (await house.acme.get("/api/v1/properties")).json()["as_of_position"] == 0


@pytest.mark.parametrize("name", ["version", "set_at", "model", "tenant_id", "weights"])
async def test_a_field_that_is_not_for_the_client_is_refused(house: Served, name: str) -> None:
    answer = await house.acme.put(CURRENT, json={**MODEL, name: 1})
    assert flaws(answer) == {(f"#/{name}", "unknown_field")}


async def test_the_metrics_must_be_given(house: Served) -> None:
    answer = await house.acme.put(CURRENT, json={"correlation": 0.5})
    assert flaws(answer) == {("#/metrics", "missing")}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_what_is_no_number_in_json_is_unreadable(house: Served, number: str) -> None:
    body = json.dumps(MODEL).replace("0.75", number)
    answer = await house.acme.put(
        CURRENT, content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert (await house.acme.get(CURRENT)).json()["version"] == 0


async def test_every_flaw_is_told_at_once(house: Served) -> None:
    rule: Mapping[str, Any] = rules(HealthModel())["renewal_rate"]
    body = {
        "metrics": {
            "occupancy_rate": {**rule, "weight": 0.5, "typical_deviation": 0},
            "rent_per_sqft": {**rule, "weight": 0.6, "target_band": {"low": 1, "high": 0}},
            "new_deal_rate": {**rule, "weight": 0},
            "colour~/of": {**rule, "weight": 0},
        },
        "correlation": -1,
        "momentum_share": 2,
        "thresholds": {"grades": {"a": 50}, "watch_below": -1},
    }
    assert flaws(await house.acme.put(CURRENT, json=body)) == {
        ("#/metrics/occupancy_rate/typical_deviation", OUT),
        ("#/metrics/rent_per_sqft/target_band", "reversed"),
        ("#/metrics/new_deal_rate", "not_scored"),
        ("#/metrics/colour~0~1of", "unknown_metric"),
        ("#/metrics", "weights_sum"),
        ("#/correlation", OUT),
        ("#/momentum_share", OUT),
        ("#/thresholds/grades/b", "not_descending"),
        ("#/thresholds/watch_below", OUT),
    }


@pytest.mark.parametrize("name", ["x" * 5000, "\ud800", "a\x00b", "", "weight", "__proto__"])
async def test_no_name_of_a_metric_upsets_anything(house: Served, name: str) -> None:
    for rule in (rules(HealthModel())["renewal_rate"], 1):
        body = json.dumps({"metrics": {**MODEL["metrics"], name: rule}})
        answer = await house.acme.put(
            CURRENT, content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 422
        assert "x" * 65 not in answer.text
        (flaw,) = [one for one in answer.json()["errors"] if one["pointer"] != "#/metrics"]
        assert flaw["pointer"].startswith("#/metrics/")
