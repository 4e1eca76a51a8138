"""Guessing keys: it costs the guesser's address, raises one alarm, and harms no tenant."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from sightline.adapters.memory.api_keys import MemoryApiKeyRepository
from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.telemetry import RecordingTelemetry
from sightline.application.suspect_guessing import SUSPICIOUS, SuspectGuessing
from sightline.domain.tenancy import render_key

from .served import KEYS, Served, serving

PATH = "/api/v1/me"
ALARM = "auth.key_guessing_suspected"
#: What an address may spend in a minute in these tests (`in_memory`).
LIMIT = 600


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


def client_at(served: Served, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=served.app, client=(address, 1), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://sightline")


def bearing(key: str) -> Mapping[str, str]:
    return {"authorization": f"Bearer {key}"}


def made_up(number: int, identifier: str = "A" * 12) -> str:
    """A key whose checksum fits, though nobody made it."""
    return render_key(identifier, f"{number:030d}")


async def guess(client: httpx.AsyncClient, count: int, first: int = 0) -> list[int]:
    answers = [
        await client.get(PATH, headers=bearing(made_up(number)))
        for number in range(first, first + count)
    ]
    return [answer.status_code for answer in answers]


def alarms(served: Served, logged: list[Any]) -> int:
    assert isinstance(served.adapters.telemetry, RecordingTelemetry)
    counted = served.adapters.telemetry.counts[ALARM, ()]
    lines = [line for line in logged if line["event"] == "key_guessing_suspected"]
    assert len(lines) == counted
    assert all(line["log_level"] == "warning" for line in lines)
    return int(counted)


async def test_a_thousand_wrong_keys_are_refused_and_raise_one_alarm(
    served: Served, logged: list[Any]
) -> None:
    async with client_at(served, "203.0.113.9") as guesser:
        codes = await guess(guesser, 1000)
        assert codes == [401] * LIMIT + [429] * (1000 - LIMIT)
        assert alarms(served, logged) == 1
        (line,) = (line for line in logged if line["event"] == "key_guessing_suspected")
        assert "203.0.113.9" not in str(line)
        assert made_up(0)[8:] not in str(logged)


async def test_the_alarm_is_raised_again_in_another_window_and_for_another_address(
    served: Served, logged: list[Any]
) -> None:
    clock = served.adapters.clock
    assert isinstance(clock, FixedClock)
    async with client_at(served, "203.0.113.9") as one, client_at(served, "203.0.113.10") as two:
        await guess(one, LIMIT + 5)
        await guess(two, LIMIT + 5)
        assert alarms(served, logged) == 2
        clock.move(timedelta(seconds=60))
        await guess(one, LIMIT + 5, first=5000)
        assert alarms(served, logged) == 3


async def test_a_busy_address_without_wrong_keys_raises_none(
    served: Served, logged: list[Any]
) -> None:
    async with client_at(served, "203.0.113.9") as stranger:
        codes = [(await stranger.get("/problems")).status_code for _ in range(LIMIT + 5)]
        assert codes[-1] == 429
        await guess(stranger, SUSPICIOUS - 1)
        assert alarms(served, logged) == 0


async def test_a_key_that_is_known_works_on_and_an_unknown_one_waits(served: Served) -> None:
    async with client_at(served, "203.0.113.9") as office:
        assert (await office.get(PATH, headers=bearing(KEYS["acme"]))).status_code == 200
        await guess(office, LIMIT + 5)
        assert (await office.get(PATH, headers=bearing(KEYS["acme"]))).status_code == 200
        # Whether it is right would have to be looked up, which is what guessers are refused.
        assert (await office.get(PATH, headers=bearing(KEYS["rival"]))).status_code == 429
    async with client_at(served, "203.0.113.10") as elsewhere:
        assert (await elsewhere.get(PATH, headers=bearing(KEYS["rival"]))).status_code == 200


async def test_a_guess_at_an_existing_key_charges_no_tenant() -> None:
    async with serving() as served:
        made = (await served.acme.post("/api/v1/keys", json={"name": "x", "role": "viewer"})).json()
        before = (await served.acme.get(PATH)).headers["ratelimit"]
        async with client_at(served, "203.0.113.9") as guesser:
            for number in range(50):
                key = made_up(number, made["id"])
                assert (await guesser.get(PATH, headers=bearing(key))).status_code == 401
        after = (await served.acme.get(PATH)).headers["ratelimit"]
        assert spent(before, after) == 1  # by the look itself
        held = (await served.acme.get(f"/api/v1/keys/{made['id']}")).json()
        assert held["last_used_at"] is None


def spent(before: str, after: str) -> int:
    first, second = (int(text.partition("r=")[2].partition(";")[0]) for text in (before, after))
    return first - second


async def test_a_key_with_a_wrong_checksum_costs_no_look_up(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    find = MemoryApiKeyRepository.find

    async def counted(self: MemoryApiKeyRepository, digest: bytes) -> Any:
        asked.append(digest)
        return await find(self, digest)

    monkeypatch.setattr(MemoryApiKeyRepository, "find", counted)
    for number in range(20):
        key = made_up(number)
        wrong = key[:-1] + ("0" if key[-1] != "0" else "1")
        assert (await served.stranger.get(PATH, headers=bearing(wrong))).status_code == 401
    assert asked == []
    await served.stranger.get(PATH, headers=bearing(made_up(0)))
    assert len(asked) == 1


def test_of_very_many_addresses_the_oldest_are_forgotten() -> None:
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    for others, remembered in ((9_999, True), (10_000, False)):
        suspect = SuspectGuessing(clock, timedelta(minutes=1))
        for _ in range(SUSPICIOUS):
            suspect.failed("first")
        for number in range(others):
            suspect.failed(f"a{number}")
        assert suspect.refused("first") is remembered
