"""A stand-in for the market API, with sample data and faults that can be switched.

The entry is `serve_stand_in`::

    stand_in = await serve_stand_in("127.0.0.1", 8090)   # port 0 takes a free one
    print(stand_in.url)
    await stand_in.forever()                             # or: await stand_in.aclose()

It speaks HTTP/1.1 over raw sockets, because no server for applications lets one
cut a connection in the middle of a body, send it byte by byte or say nothing.
"""

import asyncio
import json
import re
import socket
import struct
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from attrs import define, field, frozen

from ...domain.identifiers import MarketId
from ...domain.measures import CATALOGUE
from ..sample.markets import SampleMarket, sample_markets

HUGE_BYTES = 64 * 1_048_576

_ROOT = "/external-api/v1/markets/"
_SERIES = {definition.market_series: definition for definition in CATALOGUE.values()}
_LARGEST_REQUEST = 65_536
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Fault(StrEnum):
    """What goes wrong with every answer about a market."""

    NONE = "none"
    SLOW = "slow"
    DRIP = "drip"
    HALF_BODY = "half_body"
    RESET = "reset"
    ERRORS = "errors"
    ERRORS_80 = "errors_80"
    MALFORMED = "malformed"
    NOT_JSON = "not_json"
    WRONG_UNIT = "wrong_unit"
    STALE = "stale"
    BLACKHOLE = "blackhole"
    HUGE = "huge"
    NAN = "nan"


@frozen
class _Request:
    method: str
    path: str
    query: Sequence[tuple[str, str]]
    body: bytes


@frozen
class _Answer:
    status: int
    body: bytes
    fault: Fault = Fault.NONE
    media_type: str = "application/json"


class _Refused(Exception):
    """The request is answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def serve_stand_in(host: str, port: int) -> "MarketStandIn":
    """Serve the sample markets until `aclose`.

    Raises:
        OSError: If the address cannot be bound.
    """
    stand_in = MarketStandIn(sample_markets())
    await stand_in.start(host, port)
    return stand_in


@define(eq=False)
class MarketStandIn:
    """Answers as the contract says, or as the fault says.

    Args:
        markets: What it knows.
        fault: Goes wrong with every market.
        market_faults: Goes wrong with single markets instead.
        slow_seconds: How late a slow answer comes. [s]
        drip_seconds: Between two bytes of a dripping one. [s]
        calls: How often each market was asked for, whatever was answered.
        headers: Of the last such call, names in lower case.
    """

    markets: Mapping[MarketId, SampleMarket]
    fault: Fault = Fault.NONE
    market_faults: dict[MarketId, Fault] = field(factory=dict)
    slow_seconds: float = 5.0
    drip_seconds: float = 0.1
    calls: Counter[MarketId] = field(factory=Counter)
    headers: Mapping[str, str] = field(factory=dict)
    _server: asyncio.Server | None = field(default=None, init=False)
    _url: str = field(default="", init=False)
    _conversations: set[asyncio.Task[None]] = field(factory=set, init=False)

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._url

    async def start(self, host: str, port: int) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._converse, host, port)
        address = self._server.sockets[0].getsockname()
        shown = f"[{host}]" if ":" in host else host
        self._url = f"http://{shown}:{address[1]}"

    async def forever(self) -> None:
        """Serve until cancelled, then close."""
        try:
            await asyncio.Event().wait()
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Stop listening and cut what is open, also what hangs on purpose."""
        if self._server is not None:
            self._server.close()
        for conversation in list(self._conversations):
            conversation.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._conversations.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the other side has gone away or never spoke HTTP
        except asyncio.CancelledError:
            pass  # closing: a cancelled callback of the server would be logged as an error
        finally:
            self._conversations.discard(task)
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection can be used again."""
        try:
            request = await self._request(reader)
            answer = self._answer(request)
        except _Refused as error:
            answer = _Answer(error.status, _json({"error": str(error)}))
        if answer.fault is Fault.BLACKHOLE:
            await reader.read(1)  # says nothing until the other side gives up
            return False
        return await self._send(writer, answer)

    async def _request(self, reader: asyncio.StreamReader) -> _Request:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *lines = head.rstrip("\r\n").split("\r\n")
        match line.split(" "):
            case [method, target, _]:
                pass
            case _:
                raise _Refused(400, "this is not HTTP/1.1")
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > _LARGEST_REQUEST:
            raise _Refused(413, f"a body has at most {_LARGEST_REQUEST} bytes")
        url = urlsplit(target)
        if url.path.startswith(_ROOT):
            self.headers = headers
        query = parse_qsl(url.query, keep_blank_values=True)
        return _Request(method, url.path, query, await reader.readexactly(int(length)))

    def _answer(self, request: _Request) -> _Answer:
        if request.path == "/faults":
            return _Answer(200, _json(self._switch(request)))
        if request.path == "/calls":
            return _Answer(200, _json(self._count(request)))
        if not request.path.startswith(_ROOT):
            raise _Refused(404, f"there are {_ROOT}{{id}}/data, …/metrics, /faults and /calls")
        if request.method != "GET":
            raise _Refused(405, "markets can only be read")
        number, _, rest = request.path.removeprefix(_ROOT).partition("/")
        market = self._market(number)
        if rest == "metrics":
            return _Answer(200, _json(_offered(market)))
        if rest != "data":
            raise _Refused(404, "of a market there are /data and /metrics")
        return self._data(market, request.query)

    def _market(self, number: str) -> SampleMarket:
        if not number.isascii() or not number.isdigit() or len(number) > 15:
            raise _Refused(404, "a market has a number")
        market = MarketId(int(number))
        self.calls[market] += 1
        if market not in self.markets:
            raise _Refused(404, f"there is no market {market}")
        return self.markets[market]

    def _data(self, market: SampleMarket, query: Sequence[tuple[str, str]]) -> _Answer:
        series, start, end = _asked(query)
        fault = self.market_faults.get(market.market, self.fault)
        told = _told(market, series, start, end)
        body = _json(_spoilt(told, fault))
        match fault:
            case Fault.ERRORS:
                raise _Refused(503, "switched to fail")
            case Fault.ERRORS_80 if sum(self.calls.values()) % 5:
                raise _Refused(500, "switched to fail four times of five")
            case Fault.NOT_JSON:
                return _Answer(200, b"<html><body>Welcome</body></html>", fault, "text/html")
            case _:
                return _Answer(200, body, fault)

    def _switch(self, request: _Request) -> object:
        if request.method == "DELETE":
            self.fault = Fault.NONE
            self.market_faults.clear()
        elif request.method == "PUT":
            fault, market = _wanted_fault(request.body)
            if market is None:
                self.fault = fault
            else:
                self.market_faults[market] = fault
        elif request.method != "GET":
            raise _Refused(405, "faults can be read, put and deleted")
        return {
            "fault": self.fault,
            "markets": {str(market): fault for market, fault in self.market_faults.items()},
            "known": list(Fault),
        }

    def _count(self, request: _Request) -> object:
        if request.method == "DELETE":
            self.calls.clear()
        elif request.method != "GET":
            raise _Refused(405, "calls can be read and deleted")
        return {
            "total": sum(self.calls.values()),
            "markets": {str(market): count for market, count in sorted(self.calls.items())},
        }

    async def _send(self, writer: asyncio.StreamWriter, answer: _Answer) -> bool:
        """Send an answer the way its fault wants it; whether the connection is still good."""
        head = _head(answer)
        match answer.fault:
            case Fault.SLOW:
                await asyncio.sleep(self.slow_seconds)
            case Fault.HALF_BODY:
                writer.write(head + answer.body[: len(answer.body) // 2])
                await writer.drain()
                writer.write_eof()
                return False
            case Fault.RESET:
                writer.write(head + answer.body[: len(answer.body) // 10])
                await writer.drain()
                _cut(writer)
                return False
            case Fault.DRIP:
                writer.write(head)
                for byte in answer.body:
                    writer.write(bytes((byte,)))
                    await writer.drain()
                    await asyncio.sleep(self.drip_seconds)
                return True
            case Fault.HUGE:
                writer.write(head)
                for chunk in _padded(answer.body):
                    writer.write(chunk)
                    await writer.drain()
                return True
            case _:
                pass
        writer.write(head + answer.body)
        await writer.drain()
        return True


def _wanted_fault(body: bytes) -> tuple[Fault, MarketId | None]:
    try:
        asked = json.loads(body)
    except ValueError:
        raise _Refused(400, "the body is not JSON") from None
    if not isinstance(asked, dict) or not asked.keys() <= {"fault", "market_id"}:
        raise _Refused(422, 'the body is {"fault": …} and perhaps "market_id"')
    name, market = asked.get("fault"), asked.get("market_id")
    if name not in list(Fault):
        raise _Refused(422, f"fault is one of {', '.join(Fault)}")
    if market is not None and type(market) is not int:
        raise _Refused(422, "market_id is a whole number")
    return Fault(name), None if market is None else MarketId(market)


def _asked(query: Sequence[tuple[str, str]]) -> tuple[frozenset[str], date, date]:
    """The series and the days of a query, checked."""
    parameters = dict(query)
    if len(parameters) < len(query) or not parameters.keys() <= {
        "metrics",
        "start_date",
        "end_date",
    }:
        raise _Refused(400, "parameters are metrics, start_date and end_date, each once")
    series = frozenset(_SERIES)
    if "metrics" in parameters:
        series = frozenset(parameters["metrics"].split(","))
        if unknown := sorted(series - _SERIES.keys()):
            raise _Refused(400, f"unknown metrics: {', '.join(unknown)[:200]}")
    start = _day(parameters.get("start_date", "0001-01-01"), "start_date")
    end = _day(parameters.get("end_date", "9999-12-31"), "end_date")
    if end < start:
        raise _Refused(400, "end_date is before start_date")
    return series, start, end


def _day(text: str, name: str) -> date:
    with suppress(ValueError):
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    raise _Refused(400, f"{name} is not a day such as 2025-01-31")


def _told(market: SampleMarket, series: frozenset[str], start: date, end: date) -> dict[str, Any]:
    return {
        "market_id": market.market,
        "market_name": market.name,
        "city": market.city,
        "state": market.state,
        "market_type": market.market_type,
        "sample_size": market.sample_size,
        "data_quality_score": market.data_quality,
        "confidence_level": market.confidence,
        "last_updated": market.last_updated.isoformat().replace("+00:00", "Z"),
        "performance": [
            {
                "date": row.month.isoformat(),
                **{name: value for name, value in row.values.items() if name in series},
            }
            for row in market.months
            if start <= row.month <= end
        ],
    }


def _offered(market: SampleMarket) -> object:
    names = {name for row in market.months for name in row.values}
    return {
        "market_id": market.market,
        "available_metrics": [
            {
                "name": definition.market_series,
                "display_name": definition.title,
                "unit": "percentage" if definition.unit == "percent" else definition.unit,
                "description": f"{definition.title} of the market, by month.",
            }
            for definition in CATALOGUE.values()
            if definition.market_series in names
        ],
    }


def _spoilt(told: dict[str, Any], fault: Fault) -> dict[str, Any]:
    """The answer with the fault in its content, for faults that lie there."""
    rows = told["performance"]
    match fault:
        case Fault.MALFORMED:
            return {**told, "sample_size": str(told["sample_size"]), "performance": {"rows": rows}}
        case Fault.WRONG_UNIT:
            return {**told, "performance": [_in_other_units(row) for row in rows]}
        case Fault.STALE:
            old = datetime(2024, 9, 3, 14, 30, tzinfo=UTC).isoformat().replace("+00:00", "Z")
            known = [row for row in rows if row["date"] <= "2024-09-01"]
            return {**told, "last_updated": old, "performance": known}
        case Fault.NAN:
            return {**told, "performance": [_without_numbers(row) for row in rows]}
        case _:
            return told


def _in_other_units(row: dict[str, Any]) -> dict[str, Any]:
    """Percent as fractions, yearly rent as monthly."""
    return {name: _converted(name, value) for name, value in row.items()}


def _converted(name: str, value: Any) -> Any:
    if value is None or name == "date":
        return value
    if name == "avg_rent_per_sqft":
        return round(value / 12, 4)
    return round(value / 100, 5) if _SERIES[name].unit == "percent" else value


def _without_numbers(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value if name == "date" else float("nan") for name, value in row.items()}


def _cut(writer: asyncio.StreamWriter) -> None:
    """Close so that the other side sees a reset, not an orderly end."""
    now = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
    writer.transport.abort()


def _head(answer: _Answer) -> bytes:
    length = HUGE_BYTES if answer.fault is Fault.HUGE else len(answer.body)
    lines = (
        f"HTTP/1.1 {answer.status} {'OK' if answer.status == 200 else 'Refused'}",
        f"content-type: {answer.media_type}",
        f"content-length: {length}",
        "cache-control: no-store",
    )
    return "\r\n".join((*lines, "", "")).encode()


def _padded(body: bytes) -> Iterator[bytes]:
    """The body behind so much white space that it is valid JSON and far too large."""
    blank = b" " * 65_536
    left = HUGE_BYTES - len(body)
    while left > 0:
        yield blank[:left]
        left -= len(blank)
    yield body


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()
