"""The whole product with its events on one machine and on several: the same answers, byte by byte.

On several machines there are PostgreSQL, two ClickHouse servers and two API processes that share
nothing else; requests go to one and the other in turn.
"""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pyarrow
import pytest
from attrs import define, field

from ..contracts.clickhouse import Server, servers_of_its_own, store_url
from ..contracts.stores import bare_postgres_database, postgres_url
from .command import PATIENCE, Running, set_up, started

SECRET = "a-secret-that-all-processes-share-0123"
#: Different each time, by nature.
_OF_THE_MOMENT = frozenset({"received_at", "request_id", "created_at", "updated_at"})
DAYS = {"start_date": "2025-12-01", "end_date": "2025-12-03"}


@define
class Place:
    """A deployment that is served, by one process or by several.

    Args:
        data: Folder of each process.
        variables: Its settings.
        servers: Its ClickHouse servers, where it has some.
    """

    data: Sequence[Path]
    variables: dict[str, str]
    servers: Sequence[Server] = ()
    _running: list[Running] = field(factory=list)
    _clients: list[httpx.Client] = field(factory=list)
    _stack: ExitStack = field(factory=ExitStack)

    def start(self) -> None:
        """Start every process, one after another."""
        for folder in self.data:
            running = self._stack.enter_context(started(folder, "serve", **self.variables))
            running.wait_until_ready()
            self._running.append(running)
            self._clients.append(self._stack.enter_context(running.client))

    def clients(self) -> Iterator[httpx.Client]:
        """A client of one process and of the other, in turn."""
        return cycle(self._clients)

    def kill_one(self) -> None:
        """Kill the process that was started first; where it was alone, start another one."""
        victim = self._running.pop(0)
        self._clients.pop(0)
        os.killpg(victim.process.pid, signal.SIGKILL)
        victim.process.wait(PATIENCE)
        if not self._running:
            self.start()

    def close(self) -> None:
        """End every process."""
        self._stack.close()


@contextmanager
def one_machine(folder: Path) -> Iterator[Place]:
    """SQLite, DuckDB and one process."""
    variables = {"SIGHTLINE_SECRET": SECRET}
    set_up(folder, **variables)
    yield Place([folder], variables)


@contextmanager
def several_machines(folder: Path) -> Iterator[Place]:
    """PostgreSQL, ClickHouse on two servers, and two processes."""
    with servers_of_its_own(2) as servers:
        variables = {
            "SIGHTLINE_SECRET": SECRET,
            "SIGHTLINE_DATABASE_URL": postgres_url(bare_postgres_database()),
            "SIGHTLINE_COLUMNAR_URL": store_url(servers),
        }
        set_up(folder, **variables)
        yield Place([folder / "first", folder / "second"], variables, servers)


PLACES = (one_machine, several_machines)


@contextmanager
def served(make: Callable[[Path], AbstractContextManager[Place]], folder: Path) -> Iterator[Place]:
    """A place whose processes run."""
    with make(folder) as made:
        try:
            made.start()
            yield made
        finally:
            made.close()


@pytest.fixture(params=PLACES, ids=lambda make: make.__name__)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with served(request.param, tmp_path) as made:
        yield made


def event(number: int, **said: Any) -> dict[str, Any]:
    return {
        "event_id": f"e{number:05}",
        "user_id": f"u{number % 7}",
        "event_type": "visit" if number % 3 else "signup",
        "timestamp": f"2025-12-{1 + number % 3:02}T{number % 24:02}:00:00Z",
        "properties": {"n": number, "channel": "ads" if number % 2 else "mail"},
        **said,
    }


def timeless(answer: Any) -> Any:
    """An answer without what differs by nature."""
    if isinstance(answer, dict):
        return {name: timeless(one) for name, one in answer.items() if name not in _OF_THE_MOMENT}
    return [timeless(one) for one in answer] if isinstance(answer, list) else answer


def told(answer: httpx.Response) -> Any:
    """Status, body and what a header says of a repetition."""
    return [
        answer.status_code,
        answer.headers.get("idempotent-replayed"),
        timeless(answer.json()),
    ]


def send(client: httpx.Client, *events: Any, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return client.post("/api/v1/events", json={"events": events}, headers=named)


def walked(place: Place, **asked: Any) -> list[Any]:
    """All pages of a list, each asked of the next process."""
    found, cursor, clients = [], None, place.clients()
    while True:
        query = {**asked, **({"cursor": cursor} if cursor else {})}
        answer = next(clients).get("/api/v1/events", params=query)
        assert answer.status_code == 200, answer.text
        found.append(timeless({**answer.json(), "next_cursor": None}))
        if (cursor := answer.json()["next_cursor"]) is None:
            return found


def streamed(client: httpx.Client, **asked: Any) -> list[Any]:
    """The same in one stream of each kind."""
    lines, cells, arrow = (
        client.get("/api/v1/events", params=asked, headers={"accept": media})
        for media in ("application/x-ndjson", "text/csv", "application/vnd.apache.arrow.stream")
    )
    table = pyarrow.ipc.open_stream(arrow.content).read_all().drop_columns(["received_at"])
    ids = [line.split(",")[1] for line in cells.text.splitlines()[1:]]
    assert ids == table["event_id"].to_pylist()
    return [
        timeless([json.loads(line) for line in lines.text.splitlines()]),
        str(table.to_pylist()),
    ]


def wait_until_loaded(client: httpx.Client, event_id: str) -> None:
    """Until an event is in the columnar store."""
    give_up = time.monotonic() + PATIENCE
    while True:
        answer = client.get(f"/api/v1/events/{event_id}/trace")
        if answer.status_code == 200 and "figures" in answer.json()["visible_in"]:
            return
        assert time.monotonic() < give_up, answer.text
        time.sleep(0.05)  # another process: nothing tells us when it has loaded


def filters(condition: Any) -> str:
    return json.dumps(condition)


def everything_asked(place: Place) -> list[Any]:
    """What lists, streams, traces and figures say."""
    clients = place.clients()
    ads = {"property": "channel", "op": "eq", "value": "ads"}
    few = {"property": "n", "op": "lt", "value": 40}
    pro = {"scope": "user", "property": "plan", "op": "eq", "value": "pro"}
    found: list[Any] = [
        walked(place, limit=17),
        walked(place, limit=5, user_id="u3"),
        walked(place, limit=5, event_type="signup", **DAYS),
        walked(place, limit=7, filters=filters({"and": [ads, {"not": few}]})),
        walked(place, limit=7, filters=filters({"and": [pro, few]})),
        streamed(next(clients), filters=filters({"or": [ads, few]})),
        streamed(next(clients), user_id="u3", limit=3),
    ]
    paths = [f"/events/{rest}" for rest in ("e00001", "e00001/trace", "nobody", "quarantine")]
    for path in (*paths, "/metrics/summary", "/metrics/summary"):
        query = DAYS if "summary" in path else {}
        found += [told(next(clients).get(f"/api/v1{path}", params=query))]
    return found


def sent(place: Place) -> list[Any]:
    """What senders hear who send once and again, to one process and the other."""
    clients = place.clients()
    batch = [event(number) for number in range(60)]
    naive = event(61, timestamp="2025-12-01T00:00:00")
    answers = [
        send(next(clients), *batch, idempotency_key='"first"'),
        send(next(clients), *batch, idempotency_key='"first"'),
        send(next(clients), event(1), event(60), idempotency_key='"second"'),
        send(next(clients), event(1, user_id="u9"), event(62)),
        send(next(clients), event(63), idempotency_key='"first"'),
        send(next(clients), naive, event(64), prefer="handling=lenient"),
        next(clients).put("/api/v1/users/u3", json={"attributes": {"plan": "pro"}}),
        next(clients).put("/api/v1/metric-definitions/revenue", json={"over_days": "sum"}),
        next(clients).post(
            "/api/v1/metrics",
            json={"metrics": [{"date": "2025-12-02", "metric_name": "revenue", "value": 0.3}]},
        ),
    ]
    return [told(answer) for answer in answers]


def answers(place: Place) -> list[Any]:
    """What a place says to senders and readers, before and after it loaded what was sent."""
    found = sent(place)
    assert [status for status, *_ in found[:6]] == [200, 200, 200, 409, 422, 200]
    fresh = walked(place, limit=17)
    wait_until_loaded(next(place.clients()), "e00064")
    assert fresh == walked(place, limit=17)
    return [*found, *everything_asked(place)]


def test_every_answer_is_the_same_on_one_machine_and_on_several(tmp_path: Path) -> None:
    found = []
    for make in PLACES:
        with served(make, tmp_path / make.__name__) as place:
            found.append(answers(place))
    for one, other in zip(*found, strict=True):
        assert one == other


def test_what_was_acknowledged_outlives_the_process_that_was_to_load_it(place: Place) -> None:
    """It is killed at once; where servers can be away, one is, so that nothing was loaded."""
    client = next(place.clients())
    for server in place.servers[1:]:
        server.kill()
    assert send(client, *(event(number) for number in range(100))).status_code == 200
    if place.servers:
        away = client.get("/api/v1/events")
        assert (away.status_code, str(place.servers[1].port) in away.text) == (503, True)
    place.kill_one()
    for server in place.servers[1:]:
        server.begin().ready()
    survivor = next(place.clients())
    again = send(survivor, *(event(number) for number in range(100)))
    assert {one["status"] for one in again.json()["results"]} == {"duplicate"}
    wait_until_loaded(survivor, "e00099")
    assert exact(survivor, 100)


def test_a_process_killed_while_it_loads_loses_and_repeats_nothing(place: Place) -> None:
    client = next(place.clients())
    lines = b"".join(json.dumps(event(number)).encode() + b"\n" for number in range(25_000))
    headers = {"content-type": "application/x-ndjson"}
    assert client.post("/api/v1/events/bulk", content=lines, headers=headers).status_code == 200
    place.kill_one()
    survivor = next(place.clients())
    wait_until_loaded(survivor, "e24999")
    assert exact(survivor, 25_000)


def test_a_stream_that_broke_off_is_completed_by_another_process(place: Place) -> None:
    client = next(place.clients())
    arrived, position = broken_off(client, place.kill_one)
    assert_completed(next(place.clients()), arrived, position)


def test_a_stream_that_a_server_left_breaks_off_and_never_looks_whole(tmp_path: Path) -> None:
    with served(several_machines, tmp_path) as place:
        client = next(place.clients())
        arrived, position = broken_off(client, place.servers[1].kill)
        place.servers[1].begin().ready()
        assert_completed(client, arrived, position)


#: So many, and so long, that what is on its way cannot be all of it.
MANY, LONG = 20_000, "x" * 1_000


def broken_off(client: httpx.Client, breaks: Callable[[], None]) -> tuple[list[Any], str]:
    """The whole lines of a stream that something breaks off, and the position it told."""
    lines = (
        json.dumps(event(number, properties={"n": number, "long": LONG})).encode() + b"\n"
        for number in range(MANY)
    )
    headers = {"content-type": "application/x-ndjson"}
    assert client.post("/api/v1/events/bulk", content=lines, headers=headers).status_code == 200
    wait_until_loaded(client, f"e{MANY - 1:05}")
    content, told = bytearray(), httpx.Headers()
    with pytest.raises(httpx.TransportError):
        receive(client, content, told, breaks)
    whole = content.split(b"\n")[:-1]
    return [json.loads(line) for line in whole], told["as-of-position"]


def receive(
    client: httpx.Client, content: bytearray, told: httpx.Headers, breaks: Callable[[], None]
) -> None:
    """Receive a stream that something breaks off once a megabyte has arrived."""
    headers = {"accept": "application/x-ndjson"}
    with client.stream("GET", "/api/v1/events", headers=headers) as answer:
        told.update(answer.headers)
        for part in answer.iter_bytes():
            if len(content) < 1_000_000 <= len(content) + len(part):
                breaks()
            content += part


def assert_completed(client: httpx.Client, arrived: list[Any], position: str) -> None:
    """What is still missing comes, without what was sent meanwhile."""
    late = [event(MANY + number) for number in range(100)]
    assert send(client, *late).status_code == 200
    last = arrived[-1]
    answer = client.get(
        "/api/v1/events",
        headers={"accept": "application/x-ndjson"},
        params={"as_of_position": position, "after": f"{last['timestamp']},{last['position']}"},
    )
    assert (answer.status_code, answer.headers["as-of-position"]) == (200, str(MANY))
    found = [*arrived, *map(json.loads, answer.text.splitlines())]
    assert 0 < len(arrived) < MANY
    order = [(one["timestamp"], one["position"]) for one in found]
    assert order == sorted(order, reverse=True)
    assert sorted(one["position"] for one in found) == list(range(1, MANY + 1))


def exact(client: httpx.Client, count: int) -> bool:
    """Whether stream and figures have so many events, each once."""
    answer = client.get("/api/v1/events", headers={"accept": "application/x-ndjson"})
    ids = [json.loads(line)["event_id"] for line in answer.text.splitlines()]
    query = {**DAYS, "metrics": "events"}
    total = client.get("/api/v1/metrics/summary", params=query).json()["metrics"][0]["total"]
    return sorted(ids) == [f"e{number:05}" for number in range(count)] and total["value"] == count
