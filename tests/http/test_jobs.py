"""Jobs over HTTP, done by the runner of the composition root."""

import asyncio

from sightline import bootstrap
from sightline.domain.identifiers import JobId, TenantId

from .seeds import PROPERTY
from .served import Served


async def run_until_idle(served: Served) -> None:
    """Let a runner do what there is."""
    runner = asyncio.create_task(bootstrap.job_runner(served.adapters)())
    async with asyncio.timeout(60):
        while (await served.acme.get("/api/v1/jobs?state=ready")).json()["items"]:  # noqa: ASYNC110
            await asyncio.sleep(0)
        while (await served.acme.get("/api/v1/jobs?state=leased")).json()["items"]:  # noqa: ASYNC110
            await asyncio.sleep(0)
    runner.cancel()
    await asyncio.wait({runner})


async def test_a_refresh_is_accepted_done_and_told(served: Served) -> None:
    (await served.acme.post("/api/v1/properties", json=PROPERTY)).raise_for_status()
    asked = await served.acme.post("/api/v1/market-refreshes")
    assert asked.status_code == 202
    address = asked.headers["location"]
    assert address == f"/api/v1/jobs/{asked.json()['id']}"
    assert (await served.acme.get(address)).json() == asked.json()
    assert (asked.json()["state"], asked.json()["kind"]) == ("ready", "refresh_markets")
    await run_until_idle(served)
    done = (await served.acme.get(address)).json()
    assert (done["state"], done["progress"], done["attempts"]) == ("done", 1.0, 1)
    assert done["result"]["markets"] == 1
    assert done["result"]["sources"]["not_found"] == 1  # no market is in memory
    assert not {"tenant", "worker", "lease_until", "key"} & set(done)


async def test_a_job_belongs_to_the_trace_that_asked_for_it(served: Served) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    asked = await served.acme.post("/api/v1/market-refreshes", headers=headers)
    job = await served.adapters.jobs.get(TenantId("acme"), JobId(asked.json()["id"]))
    assert job.trace is not None
    assert job.trace.split("-")[1] == trace == asked.headers["traceparent"].split("-")[1]


async def test_while_a_refresh_is_open_asking_again_gives_the_same(served: Served) -> None:
    first = (await served.acme.post("/api/v1/market-refreshes")).json()
    again = await served.acme.post("/api/v1/market-refreshes")
    assert (again.status_code, again.json()) == (202, first)
    theirs = (await served.rival.post("/api/v1/market-refreshes")).json()
    assert theirs["id"] != first["id"]
    (await served.acme.post(f"/api/v1/jobs/{first['id']}/cancel")).raise_for_status()
    assert (await served.acme.post("/api/v1/market-refreshes")).json()["id"] != first["id"]


async def test_cancelling_twice_is_harmless_and_too_late_is_a_conflict(served: Served) -> None:
    job = (await served.acme.post("/api/v1/market-refreshes")).json()
    gone = await served.acme.post(f"/api/v1/jobs/{job['id']}/cancel")
    assert (gone.status_code, gone.json()["state"]) == (200, "cancelled")
    again = await served.acme.post(f"/api/v1/jobs/{job['id']}/cancel")
    assert again.json() == gone.json()
    other = (await served.acme.post("/api/v1/market-refreshes")).json()
    await run_until_idle(served)
    late = await served.acme.post(f"/api/v1/jobs/{other['id']}/cancel")
    assert (late.status_code, late.json()["type"]) == (409, "/problems/job-ended")


async def test_jobs_are_listed_page_by_page_and_filtered(served: Served) -> None:
    made = []
    for _ in range(3):
        job = (await served.acme.post("/api/v1/market-refreshes")).json()
        await served.acme.post(f"/api/v1/jobs/{job['id']}/cancel")
        made.append(job["id"])
    walked, cursor = [], ""
    while cursor is not None:
        page = (await served.acme.get(f"/api/v1/jobs?limit=1{cursor}")).json()
        walked += [job["id"] for job in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert walked == sorted(made, reverse=True)  # all of one instant
    cancelled = (await served.acme.get("/api/v1/jobs?state=cancelled&kind=refresh_markets")).json()
    assert len(cancelled["items"]) == 3
    for question in ("state=done", "kind=other"):
        assert (await served.acme.get(f"/api/v1/jobs?{question}")).json()["items"] == []
    first = (await served.acme.get("/api/v1/jobs?limit=1")).json()["next_cursor"]
    other = await served.acme.get(f"/api/v1/jobs?limit=1&state=cancelled&cursor={first}")
    assert other.status_code == 422
