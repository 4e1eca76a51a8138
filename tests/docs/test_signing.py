"""The example of docs/signing.md is run, against the application."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from sightline.adapters.memory.clock import FixedClock

from ..http.served import serving

DOCUMENT = Path(__file__).parents[2] / "docs" / "signing.md"


def example() -> Callable[..., dict[str, str]]:
    """The function that the document shows."""
    (block,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert len(block.splitlines()) <= 25
    names: dict[str, Any] = {}
    exec(block, names)
    found: Callable[..., dict[str, str]] = names["signed_headers"]
    return found


async def test_the_example_signs_what_the_application_accepts() -> None:
    headers_for = example()
    async with serving() as served:
        clock = served.adapters.clock
        assert isinstance(clock, FixedClock)
        clock.move(datetime.fromtimestamp(time.time(), UTC) - clock.now())
        wanted = {"name": "x", "role": "operator", "signing": {"algorithm": "hmac-sha256"}}
        made = (await served.acme.post("/api/v1/keys", json=wanted)).json()
        base, body = "http://sightline", b'{"thresholds_percent": {"rent_per_sqft": 7.0}}'
        bearer = {"authorization": f"Bearer {made['key']}"}

        async def status(method: str, path: str, content: bytes, secret: str) -> int:
            headers = headers_for(method, base + path, content, made["id"], secret)
            kind = {"content-type": "application/json"} if content else {}
            answer: httpx.Response = await served.stranger.request(
                method, path, content=content, headers={**bearer, **headers, **kind}
            )
            return answer.status_code

        secret = made["signing_secret"]
        assert await status("GET", "/api/v1/properties?limit=1", b"", secret) == 200
        assert await status("PUT", "/api/v1/comparison-policy", body, secret) == 200
        assert await status("GET", "/api/v1/properties?limit=1", b"", secret[:-1]) == 401
