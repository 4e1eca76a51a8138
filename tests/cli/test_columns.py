"""Who has the columns of events, where there is no ClickHouse."""

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

import httpx

from sightline.application import request_answer
from sightline.bootstrap import Adapters, production, use_cases
from sightline.domain.identifiers import TenantId
from sightline.domain.jobs import JobQuery
from sightline.entrypoints.settings import Settings, read_settings

from ..contracts.stores import bare_postgres_database, postgres_url
from .command import PATIENCE, Running, run, set_up, started

ACME = TenantId("acme")
EVENT = {"event_id": "e1", "user_id": "u1", "event_type": "visit"}


def variables(**others: str) -> dict[str, str]:
    return {"SIGHTLINE_DATABASE_URL": postgres_url(bare_postgres_database()), **others}


def send(client: httpx.Client) -> int:
    return client.post("/api/v1/events", json={"events": [EVENT]}).status_code


def readiness(running: Running) -> Any:
    return httpx.get(f"http://127.0.0.1:{running.port}/health/ready", timeout=PATIENCE).json()


def wait_until_it_answers(running: Running) -> None:
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        try:
            httpx.get(f"http://127.0.0.1:{running.port}/health/live")
        except httpx.TransportError:
            time.sleep(0.02)  # another process: nothing tells us when it answers
        else:
            return
    raise AssertionError("it does not answer")


def test_a_second_process_is_not_ready_until_the_first_one_ends(tmp_path: Path) -> None:
    settings = variables()
    set_up(tmp_path, **settings)
    with started(tmp_path, "serve", **settings) as first:
        first.wait_until_ready()
        with started(tmp_path, "serve", **settings) as second:
            wait_until_it_answers(second)
            said = readiness(second)["checks"]
            assert said["columnar_store"] == "another process holds the file of events in columns"
            assert said["record_store"] == "ok"
            with second.client as client:
                assert send(client) == 200  # acknowledged all the same
                refused = client.get("/api/v1/events")
                assert refused.status_code == 503
                assert str(tmp_path) not in refused.text
                os.killpg(first.process.pid, signal.SIGKILL)
                second.wait_until_ready()
                listed = client.get("/api/v1/events").json()["items"]
                assert [one["event_id"] for one in listed] == ["e1"]


def test_without_columns_events_are_kept_and_everything_else_is_served(tmp_path: Path) -> None:
    settings = variables(SIGHTLINE_SECRET="s" * 32)
    set_up(tmp_path, **settings)
    several = {"SIGHTLINE_WORKERS": "2", "SIGHTLINE_COLUMNAR_URL": "none"}
    with started(tmp_path, "serve", **settings, **several) as running:
        running.wait_until_ready()
        with running.client as client:
            assert send(client) == 200
            refused = client.get("/api/v1/events")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "3600")
            assert "does not answer questions about them yet" in refused.text
            assert client.get("/api/v1/properties").status_code == 200
            assert client.get("/api/v1/events/e1").status_code == 200
        assert running.stop()[0] == 0
    with started(tmp_path, "serve", **settings) as running:
        running.wait_until_ready()
        with running.client as client:
            assert [one["event_id"] for one in client.get("/api/v1/events").json()["items"]] == [
                "e1"
            ]


async def asked(settings: Settings) -> None:
    """A question in the background, and after it something that workers do."""
    async with production(settings) as adapters:
        cases = use_cases(adapters)
        await cases.request_answer(ACME, "nothing of the kind", {})
        await cases.request_market_refresh(ACME)


async def tried(settings: Settings, kind: str) -> None:
    """Until a job of a kind was begun."""
    async with production(settings) as adapters, asyncio.timeout(PATIENCE):
        while True:
            if await begun(adapters, kind):
                return
            await asyncio.sleep(0.05)


async def begun(adapters: Adapters, kind: str) -> bool:
    (job,) = (await use_cases(adapters).list_jobs(ACME, JobQuery(kind=kind))).items
    return job.attempts > 0


async def never_tried(settings: Settings) -> bool:
    async with production(settings) as adapters:
        return not await begun(adapters, request_answer.KIND)


def test_a_worker_leaves_the_file_and_its_questions_to_the_serving_process(tmp_path: Path) -> None:
    variables_of_both = variables(SIGHTLINE_SECRET="s" * 32, SIGHTLINE_JOBS="none")
    set_up(tmp_path, **variables_of_both)
    settings = read_settings({"SIGHTLINE_DATA_DIR": str(tmp_path), **variables_of_both})
    asyncio.run(asked(settings))
    with started(tmp_path, "worker", **variables_of_both):
        asyncio.run(tried(settings, "refresh_markets"))
        assert asyncio.run(never_tried(settings))
        assert not (tmp_path / "events.duckdb").exists()
        with started(tmp_path, "serve", **variables_of_both) as serving:
            serving.wait_until_ready()
            asyncio.run(tried(settings, request_answer.KIND))


def test_several_workers_without_a_word_about_columns_do_not_start(tmp_path: Path) -> None:
    ended = run(tmp_path, "serve", **variables(SIGHTLINE_WORKERS="2"))
    assert ended.returncode == 1
    assert "SIGHTLINE_WORKERS: must be 1 without SIGHTLINE_COLUMNAR_URL" in ended.stderr
    assert "Traceback" not in ended.stderr
