"""One GET of the market API: bytes, or why there are none. Nothing else imports httpx."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx

from ...domain.circuit_breaker import Outcome
from ...domain.identifiers import MarketId
from ...ports.clock import Clock

LARGEST_BODY_BYTES = 1_048_576
"""An ordinary answer has ten thousand bytes; a hundred times that is no answer. [B]"""


class CallFailed(Exception):
    """A call brought no data.

    Args:
        reason: Stable name, shown to users as the reason of a degraded answer.
        outcome: What it says about the API as a whole.
        retryable: Whether the same call may succeed at once.
        retry_after: How long the API asked to be left alone. [s]
    """

    def __init__(
        self, reason: str, outcome: Outcome, *, retryable: bool = False, retry_after: float = 0.0
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.outcome = outcome
        self.retryable = retryable
        self.retry_after = retry_after


class MarketApiClient:
    """Connections to the market API.

    Args:
        base_url: Its root; `/external-api/v1/…` is added.
        clock: Reads dates in Retry-After.
        timeout_seconds: For each step of a call; the whole call is bounded by
            the caller, because a body that drips never meets a timeout per step.
        connections: Open at the same time.
        headers: Added to every call, for example `traceparent`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock,
        timeout_seconds: float,
        connections: int,
        headers: Callable[[], Mapping[str, str]],
    ) -> None:
        self._clock = clock
        self._headers = headers
        # No environment proxies, no redirects: this client talks to one configured host.
        self._http = httpx.AsyncClient(
            base_url=base_url.rstrip("/"),
            timeout=httpx.Timeout(timeout_seconds),
            limits=httpx.Limits(max_connections=connections),
            headers={"accept": "application/json", "accept-encoding": "identity"},
            follow_redirects=False,
            trust_env=False,
        )

    async def data(self, market: MarketId, series: Iterable[str]) -> bytes:
        """The whole history of some series of a market, as sent.

        Raises:
            CallFailed: If anything but a complete answer of bearable size came.
        """
        url = f"/external-api/v1/markets/{market}/data"
        query = {"metrics": ",".join(series)}
        try:
            async with self._http.stream(
                "GET", url, params=query, headers=self._headers()
            ) as response:
                self._check(response)
                return await _body(response)
        except httpx.TimeoutException as error:
            raise CallFailed("timeout", Outcome.FAILURE, retryable=True) from error
        except httpx.ConnectError as error:
            raise CallFailed("connection_failed", Outcome.FAILURE, retryable=True) from error
        except httpx.TransportError as error:
            raise CallFailed("connection_lost", Outcome.FAILURE, retryable=True) from error

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == httpx.codes.OK:
            return
        if status == httpx.codes.NOT_FOUND:
            raise CallFailed("not_found", Outcome.NEUTRAL)
        refused = 400 <= status < 500
        raise CallFailed(
            "rate_limited" if status == httpx.codes.TOO_MANY_REQUESTS else f"status_{status}",
            Outcome.NEUTRAL if refused else Outcome.FAILURE,
            retryable=status in {502, 503, 504},
            retry_after=_retry_after(response.headers.get("retry-after", ""), self._clock.now()),
        )


async def _body(response: httpx.Response) -> bytes:
    # Raw: an answer that was compressed unasked is not JSON, and no bomb is unpacked.
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > LARGEST_BODY_BYTES:
            raise CallFailed("too_large", Outcome.FAILURE)
    return bytes(body)


def _retry_after(text: str, now: datetime) -> float:
    """The wait that a Retry-After header asks for; 0 if it cannot be read. [s]"""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max((parsedate_to_datetime(text) - now).total_seconds(), 0.0)
    except (ValueError, TypeError):  # no date, or one without a zone
        return 0.0
