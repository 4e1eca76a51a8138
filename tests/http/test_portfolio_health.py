"""The scores of a portfolio over HTTP: lists, filters, sums, what would change them."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sightline import bootstrap
from sightline.adapters.memory.market_benchmarks import MemoryMarketBenchmarkGateway
from sightline.adapters.sample.markets import sample_benchmarks
from sightline.adapters.sample.portfolio import sample_histories, sample_portfolio
from sightline.application.score_portfolio import KIND
from sightline.domain.identifiers import JobId, TenantId
from sightline.domain.jobs import new_job

from .served import Served

LIST = "/api/v1/portfolio/health"
WHAT_IF = f"{LIST}/what-if"
MARKETS = (1, 2, 3)
SAMPLES = [one for one in sample_portfolio() if one.draft.market_id in MARKETS][:40]
ACME = TenantId("acme")


async def score(served: Served) -> None:
    """Do what the job does that every process runs."""
    handlers = bootstrap.job_runner(served.adapters).handlers
    now = served.adapters.clock.now()
    job = new_job(ACME, JobId("1"), KIND, key="portfolio", arguments={}, now=now)
    await handlers[KIND](job, untold)


async def untold(done: float, text: str, /) -> None:
    """Progress that nobody watches."""


@pytest.fixture
async def scored(served: Served) -> Served:
    """Forty sample properties in three markets, scored and ranked."""
    markets = served.adapters.markets
    assert isinstance(markets, MemoryMarketBenchmarkGateway)
    for market in sample_benchmarks():
        if market.market in MARKETS:
            markets.put(market)
    await served.cases.import_properties(ACME, [one.draft for one in SAMPLES])
    ids = [one.draft.id for one in SAMPLES if one.draft.id is not None]
    await served.cases.import_property_history(ACME, {one: sample_histories()[one] for one in ids})
    await score(served)
    return served


async def test_the_whole_portfolio_is_ranked_and_summed_up(scored: Served) -> None:
    told = (await scored.acme.get(f"{LIST}?limit=100&group_by=market")).json()
    items = told["items"]
    known = [item for item in items if item["score"] is not None]
    assert len(items) == 40
    assert [item["score"] for item in known] == sorted(
        (item["score"] for item in known), reverse=True
    )
    assert [item["standing"]["rank"] for item in known] == sorted(
        item["standing"]["rank"] for item in known
    )
    for item in known:
        total = 50 + sum(item["contributions"].values())
        assert total == pytest.approx(item["score"], abs=1e-9)
        standing = item["standing"]
        assert standing["rank_best"] <= standing["rank_worst"]
        assert standing["peers"] >= 1
        assert standing["peer_description"]
    summary = told["summary"]
    assert summary["roll_up"]["properties"] == 40
    area = sum(item["area_sqft"] for item in known)
    mean = sum(item["area_sqft"] * item["score"] for item in known) / area
    assert summary["roll_up"]["score"] == pytest.approx(mean)
    assert sum(summary["distribution"]["bins"]) == len(known)
    parts = sum(group["contribution"] for group in summary["groups"])
    assert parts == pytest.approx(mean - 50, abs=1e-9)
    assert {group["group"] for group in summary["groups"]} >= {"Chicago Loop Office"}
    assert told["period"] == {"interval": "quarter", "start": "2025-07-01"}
    assert told["ranking"]["current"]
    assert told["ranking"]["rank_band_draws"] == 1000


async def test_filters_narrow_list_and_summary_alike(scored: Served) -> None:
    everything = (await scored.acme.get(f"{LIST}?limit=100")).json()["items"]
    questions: Mapping[str, Callable[[dict[str, Any]], bool]] = {
        "grade=D,E": lambda one: one["grade"] in {"D", "E"},
        "market_id=1,2": lambda one: one["market_id"] in {1, 2},
        "city=chicago": lambda one: one["city"] == "Chicago",
        "property_class=A": lambda one: one["property_class"] == "A",
        "minimum_score=50&maximum_score=70": lambda one: (
            one["score"] is not None and 50 <= one["score"] <= 70
        ),
        "maximum_change=-1": lambda one: one["change"] is not None and one["change"] <= -1,
        "watch=true": lambda one: one["standing"] is not None and one["standing"]["watch"],
        "confidence=high": lambda one: one["confidence"] == "high",
        "outlier=false": lambda one: one["standing"] is None or not one["standing"]["outliers"],
        "scored=false": lambda one: one["score"] is None,
    }
    for question, fits in questions.items():
        told = (await scored.acme.get(f"{LIST}?limit=100&{question}")).json()
        expected = {one["id"] for one in everything if fits(one)}
        assert {one["id"] for one in told["items"]} == expected, question
        assert told["summary"]["roll_up"]["properties"] == len(expected), question
    assert any(fits(one) for one in everything for fits in [questions["maximum_change=-1"]])


async def test_pages_with_cursors_walk_the_whole_list(scored: Served) -> None:
    whole = (await scored.acme.get(f"{LIST}?limit=100&sort=change")).json()["items"]
    walked, cursor = [], ""
    while cursor is not None:
        page = (await scored.acme.get(f"{LIST}?limit=7&sort=change{cursor}")).json()
        walked += page["items"]
        assert (page["summary"] is None) == bool(cursor)
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert walked == whole
    cursor = (await scored.acme.get(f"{LIST}?limit=7")).json()["next_cursor"]
    for other in ("grade=A&", "sort=name&", "interval=year&", "period=2025-01-01&"):
        refused = await scored.acme.get(f"{LIST}?{other}limit=7&cursor={cursor}")
        assert refused.status_code == 422, other
    stolen = await scored.rival.get(f"{LIST}?limit=7&cursor={cursor}")
    assert stolen.status_code == 422


async def test_a_change_shows_at_once_and_says_so(scored: Served) -> None:
    (await scored.acme.patch("/api/v1/properties/1", json={"current_occupancy_rate": 3.0}))
    told = (await scored.acme.get(f"{LIST}?limit=100")).json()
    assert not told["ranking"]["current"]
    (one,) = [item for item in told["items"] if item["id"] == 1]
    assert one["recomputed"]
    alone = (await scored.acme.get("/api/v1/properties/1/health")).json()["health"]
    assert one["score"] == pytest.approx(alone["score"])
    assert [item["id"] for item in told["items"] if item["recomputed"]] == [1]
    await score(scored)
    told = (await scored.acme.get(f"{LIST}?limit=100")).json()
    (one,) = [item for item in told["items"] if item["id"] == 1]
    assert (one["recomputed"], one["score"]) == (False, pytest.approx(alone["score"]))


async def test_another_tenant_has_a_portfolio_of_its_own(scored: Served) -> None:
    told = (await scored.rival.get(LIST)).json()
    assert told["items"] == []
    assert told["summary"]["roll_up"]["properties"] == 0
    assert told["summary"]["roll_up"]["score"] is None


async def test_a_single_property_is_the_whole_portfolio(served: Served) -> None:
    markets = served.adapters.markets
    assert isinstance(markets, MemoryMarketBenchmarkGateway)
    markets.put(next(one for one in sample_benchmarks() if one.market == 1))
    (sample,) = [one for one in SAMPLES if one.draft.id == 1]
    await served.cases.import_properties(ACME, [sample.draft])
    await score(served)
    (one,) = (await served.acme.get(LIST)).json()["items"]
    standing = one["standing"]
    assert (standing["rank"], standing["percentile"], standing["peer_percentile"]) == (1, 50, 50)
    assert (standing["outliers"], standing["under_performer"]) == ([], False)
    assert (standing["rank_best"], standing["rank_worst"]) == (1, 1)


async def test_other_weights_and_values_are_tried_without_changing_anything(
    scored: Served,
) -> None:
    before = (await scored.acme.get(f"{LIST}?limit=100")).json()
    asked = {
        "weights": {"occupancy_rate": 3, "rent_per_sqft": 1},
        "values": [{"property_id": 1, "values": {"occupancy_rate": 40.0}}],
        "limit": 5,
    }
    told = (await scored.acme.post(WHAT_IF, json=asked)).json()
    assert told["weights"] == {"occupancy_rate": 0.75, "rent_per_sqft": 0.25}
    assert told["before"]["score"] == pytest.approx(before["summary"]["roll_up"]["score"])
    assert told["change"] == pytest.approx(told["after"]["score"] - told["before"]["score"])
    assert len(told["movers"]) == 5
    assert {lever["metric"] for lever in told["levers"]} == {"occupancy_rate", "rent_per_sqft"}
    assert -1 <= told["rank_correlation"] < 1
    after = (await scored.acme.get(f"{LIST}?limit=100")).json()
    assert after == before


async def test_without_a_question_the_levers_are_told(scored: Served) -> None:
    told = (await scored.acme.post(WHAT_IF, json={"market_ids": [1]})).json()
    assert (told["moved"], told["movers"]) == (0, [])
    assert told["properties"] == sum(one.draft.market_id == 1 for one in SAMPLES)
    gains = [lever["gain"] for lever in told["levers"]]
    assert gains == sorted(gains, reverse=True)
    assert gains[0] > 0


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"weights": {"occupancy_rate": -1}}, 422, "/weights/occupancy_rate"),
        ({"weights": {"cap_rate": 1}}, 422, "/weights/cap_rate"),
        ({"weights": {"new_deal_rate": 1}}, 422, "/weights/new_deal_rate"),
        ({"weights": {}}, 422, "/weights"),
        ({"limit": 0}, 422, "/limit"),
        (
            {"values": [{"property_id": 1, "values": {"occupancy_rate": 101}}]},
            422,
            "/values/0/values/occupancy_rate",
        ),
        (
            {"values": [{"property_id": 1, "values": {}}, {"property_id": 1, "values": {}}]},
            422,
            "/values/1/property_id",
        ),
        ({"values": [{"property_id": 999999, "values": {}}]}, 404, None),
        ({"metrics": []}, 422, "/metrics"),
    ],
)
async def test_a_wrong_question_is_refused_with_a_pointer(
    served: Served, body: dict[str, object], status: int, pointer: str | None
) -> None:
    answer = await served.acme.post(WHAT_IF, json=body)
    assert answer.status_code == status
    if pointer is not None:
        assert [error["pointer"] for error in answer.json()["errors"]] == [f"#{pointer}"]


@pytest.mark.parametrize(
    ("question", "parameter"),
    [
        ("grade=F", "grade"),
        ("minimum_score=60&maximum_score=50", "maximum_score"),
        ("minimum_score=nan", "minimum_score"),
        ("maximum_change=-101", "maximum_change"),
        ("interval=week", "interval"),
        ("period=1969-12-31", "period"),
        ("sort=rank", "sort"),
        ("group_by=owner", "group_by"),
        ("market_id=one", "market_id"),
        ("outlier=perhaps", "outlier"),
    ],
)
async def test_a_wrong_filter_is_refused_by_name(
    served: Served, question: str, parameter: str
) -> None:
    answer = await served.acme.get(f"{LIST}?{question}")
    assert answer.status_code == 422
    assert {error["parameter"] for error in answer.json()["errors"]} == {parameter}


async def test_a_property_tells_its_place_and_the_score_it_was_ranked_by(scored: Served) -> None:
    (best, *_) = (await scored.acme.get(f"{LIST}?limit=1")).json()["items"]
    address = f"/api/v1/properties/{best['id']}/health"
    told = (await scored.acme.get(address)).json()
    assert told["standing"] == best["standing"]
    assert told["ranked_score"] == pytest.approx(told["health"]["score"])
    change = {"current_occupancy_rate": 3.0}
    (await scored.acme.patch(f"/api/v1/properties/{best['id']}", json=change)).raise_for_status()
    later = (await scored.acme.get(address)).json()
    assert later["standing"] == best["standing"]
    assert later["ranked_score"] == told["ranked_score"] != later["health"]["score"]
    past = (await scored.acme.get(f"{address}?as_of=2024-06-30")).json()
    assert (past["standing"], past["ranked_score"]) == (None, None)


async def test_typical_deviations_are_proposed_from_the_portfolio(scored: Served) -> None:
    told = (await scored.acme.get("/api/v1/health-models/proposal")).json()
    assert told["model_version"] == 0
    for metric, said in told["metrics"].items():
        assert said["observations"] > 20, metric
        low, high = sorted([said["judgement"], said["measured"]])
        assert low <= said["proposed"] <= high
    model = (await scored.acme.get("/api/v1/health-models/current")).json()
    rules = {
        metric: {**rule, "typical_deviation": told["metrics"][metric]["proposed"]}
        for metric, rule in model["metrics"].items()
    }
    taken = await scored.acme.put("/api/v1/health-models/current", json={"metrics": rules})
    assert taken.status_code == 200
    await score(scored)
    again = (await scored.acme.get("/api/v1/health-models/proposal")).json()
    for metric, said in again["metrics"].items():
        assert said["proposed"] == pytest.approx(told["metrics"][metric]["proposed"])
    theirs = (await scored.rival.get("/api/v1/health-models/proposal")).json()
    assert theirs["metrics"]["rent_per_sqft"]["observations"] == 0
    assert theirs["metrics"]["rent_per_sqft"]["proposed"] == pytest.approx(0.15)
