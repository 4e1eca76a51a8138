"""Key sets over HTTP: asked seldom, believed for an hour, never waited for without need."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from attrs import define, field

from sightline.adapters.issuers import HttpIssuerKeys
from sightline.adapters.issuers.http_issuer_keys import LARGEST_ANSWER
from sightline.domain.errors import Unavailable
from sightline.domain.tenancy import Demands, TrustedIssuer

URL = "https://id.example.com/keys"
ISSUER = TrustedIssuer("idp", Demands("https://id.example.com", "sightline"), URL)


def key(name: str) -> dict[str, str]:
    return {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "Ag", "kid": name}


@define
class Issuer:
    """An issuer that publishes keys, counts who asks, and fails as it is told."""

    keys: list[dict[str, Any]] = field(factory=lambda: [key("a")])
    answer: Callable[[], httpx.Response] | None = None
    asked: int = 0
    open: asyncio.Event = field(factory=asyncio.Event)

    def __attrs_post_init__(self) -> None:
        self.open.set()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url) == URL
        self.asked += 1
        await self.open.wait()
        return self.answer() if self.answer else httpx.Response(200, json={"keys": self.keys})


@define
class Rig:
    """The adapter, the issuer, and the hand of a clock."""

    issuer: Issuer = field(factory=Issuer)
    now: float = 1000.0
    keys: HttpIssuerKeys = field(init=False)

    def __attrs_post_init__(self) -> None:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.issuer))
        self.keys = HttpIssuerKeys(client, 0.2, lambda: self.now)

    async def knows(self, key_id: str) -> bool:
        found = await self.keys.find(ISSUER, key_id)
        assert found is None or found.id == key_id
        return found is not None


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    made = Rig()
    yield made
    await made.keys.client.aclose()


async def settle() -> None:
    """Let a reading in the background come to its end."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_thousand_made_up_keys_cause_one_question_in_thirty_seconds(rig: Rig) -> None:
    assert await rig.knows("a")
    for second in range(30):
        for number in range(40):
            rig.now = 1000.0 + second
            assert not await rig.knows(f"made-up-{second}-{number}")
    assert rig.issuer.asked == 1
    rig.now = 1030.0
    for number in range(1000):
        assert not await rig.knows(f"made-up-{number}")
    assert rig.issuer.asked == 2


async def test_many_who_ask_at_once_cause_one_question(rig: Rig) -> None:
    rig.issuer.open.clear()
    asking = [asyncio.create_task(rig.knows(name)) for name in ("a", "b") * 50]
    await settle()
    asking[0].cancel()
    rig.issuer.open.set()
    found = await asyncio.gather(*asking[1:])
    assert found == [False, *[True, False] * 49]
    assert rig.issuer.asked == 1


async def test_a_new_key_is_found_within_half_a_minute(rig: Rig) -> None:
    assert await rig.knows("a")
    rig.issuer.keys = [key("a"), key("b")]
    rig.now += 29
    assert not await rig.knows("b")
    rig.now += 1
    assert await rig.knows("b")


async def test_a_key_that_was_taken_back_is_refused_within_half_a_minute(rig: Rig) -> None:
    assert await rig.knows("a")
    rig.issuer.keys = [key("b")]
    rig.now += 30
    assert await rig.knows("a")  # answered from memory; the set is read meanwhile
    await settle()
    assert not await rig.knows("a")


async def test_an_issuer_that_is_down_is_believed_for_an_hour_and_not_waited_for(
    rig: Rig,
) -> None:
    assert await rig.knows("a")
    rig.issuer.open.clear()
    while rig.now + 31 < 1000 + 3600:
        rig.now += 31
        async with asyncio.timeout(rig.keys.deadline_seconds * 0.9):
            assert await rig.knows("a")
    rig.now = 1000.0 + 3600
    with pytest.raises(Unavailable):
        await rig.keys.find(ISSUER, "a")
    rig.issuer.open.set()
    await settle()
    rig.now += 30
    assert await rig.knows("a")


@pytest.mark.parametrize(
    "answer",
    [
        lambda: httpx.Response(500, json={"keys": [key("a")]}),
        lambda: httpx.Response(302, headers={"location": "http://169.254.169.254/"}),
        lambda: httpx.Response(200, content=b"<html>"),
        lambda: httpx.Response(200, json=[]),
        lambda: httpx.Response(200, json={"keys": {}}),
        lambda: httpx.Response(200, json={"keys": [key("a")], "p": "x" * LARGEST_ANSWER}),
        lambda: httpx.Response(200, content=b"[" * 50_000),
    ],
    ids=["500", "redirect", "html", "list", "object", "large", "deep"],
)
async def test_an_answer_that_is_no_key_set_changes_nothing(
    rig: Rig, answer: Callable[[], httpx.Response]
) -> None:
    rig.issuer.answer = answer
    for _ in range(3):
        with pytest.raises(Unavailable):
            await rig.keys.find(ISSUER, "a")
    assert rig.issuer.asked == 1
    rig.issuer.answer = None
    rig.now += 30
    assert await rig.knows("a")
    rig.issuer.answer = answer
    rig.now += 30
    assert await rig.knows("a")
    await settle()
    assert await rig.knows("a")


async def test_an_issuer_that_drips_is_given_up(rig: Rig) -> None:
    class Dripping(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                await asyncio.sleep(0.01)
                yield b" "

    rig.issuer.answer = lambda: httpx.Response(200, stream=Dripping())
    async with asyncio.timeout(30):
        with pytest.raises(Unavailable):
            await rig.keys.find(ISSUER, "a")


async def test_keys_that_cannot_check_tokens_are_passed_over(rig: Rig) -> None:
    secret = {"kty": "oct", "k": "c2VjcmV0", "kid": "s"}
    rig.issuer.keys = [secret, {"kty": "?"}, key("a"), {**key("d"), "d": "AQ"}]
    assert [await rig.knows(name) for name in ("s", "a", "d")] == [False, True, False]
