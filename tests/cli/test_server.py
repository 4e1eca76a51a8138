"""The real server: its limits, and how it stops."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .command import KEY, PATIENCE, Running, set_up, started

#: What a machine with other work may add. [s]
SLACK_SECONDS = 15.0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("data"), "serve") as serving:
        serving.wait_until_ready()
        yield serving
        assert serving.stop(signal.SIGTERM)[0] == 0


def head(*lines: str) -> bytes:
    return "\r\n".join(("GET /health/live HTTP/1.1", "Host: x", *lines, "", "")).encode()


def answered(running: Running, sent: bytes) -> bytes:
    with running.connect() as connection:
        try:
            connection.sendall(sent)
            return connection.recv(4096)
        except (BrokenPipeError, ConnectionResetError):
            return b""  # it has heard enough and closed


def test_a_plain_request_is_answered_and_the_software_not_named(running: Running) -> None:
    said = answered(running, head()).lower()
    assert said.startswith(b"http/1.1 200 ok\r\n")
    assert b"granian" not in said


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["X: " + "a" * 60_000], 200),
        (["X: " + "a" * 200_000], 431),
        ([f"X{number}: a" for number in range(20_000)], 431),
    ],
    ids=["60 KB", "200 KB", "20,000 lines"],
)
def test_a_head_has_a_largest_size(running: Running, lines: list[str], status: int) -> None:
    assert answered(running, head(*lines))[9:12].decode() == str(status)


def test_a_head_that_never_ends_is_closed_after_nine_seconds(running: Running) -> None:
    began = time.monotonic()
    with running.connect(b"GET /health/live HTTP/1.1\r\n") as connection:
        assert b"200" not in connection.recv(4096)
    assert 3 < time.monotonic() - began < 9 + SLACK_SECONDS


def begun(length: int) -> bytes:
    """A request whose body is still to come."""
    lines = (
        "POST /api/v1/properties HTTP/1.1",
        "Host: x",
        "Connection: close",
        "Content-Type: application/json",
        f"X-Api-Key: {KEY}",
        "Expect: 100-continue",
        f"Content-Length: {length}",
    )
    return "\r\n".join((*lines, "", "")).encode()


def in_flight(connection: socket.socket) -> None:
    """Wait until the application reads the body of what was begun."""
    assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")


def test_what_is_in_flight_is_answered_before_the_end(tmp_path: Path) -> None:
    set_up(tmp_path)
    with started(tmp_path, "serve") as running:
        running.wait_until_ready()
        body = b'{"name": "x"}'
        with running.connect(begun(len(body))) as connection:
            in_flight(connection)
            connection.sendall(body[:5])
            running.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            assert running.process.poll() is None
            connection.sendall(body[5:])
            assert connection.recv(4096).startswith(b"HTTP/1.1 422 ")
        assert running.process.wait(PATIENCE) == 0


def test_sockets_that_hang_do_not_keep_it(tmp_path: Path) -> None:
    with started(tmp_path, "serve", SIGHTLINE_STOP_DEADLINE_SECONDS="1") as running:
        running.wait_until_ready()
        silent = [running.connect() for _ in range(5)]
        halved = [running.connect(b"GET / HTTP/1.1\r\n") for _ in range(5)]
        code, seconds = running.stop(signal.SIGINT)
        assert (code, seconds < 1 + SLACK_SECONDS) == (0, True)
        for connection in (*silent, *halved):
            connection.close()


def test_a_second_signal_is_an_order(tmp_path: Path) -> None:
    set_up(tmp_path)
    settings = {"SIGHTLINE_STOP_DEADLINE_SECONDS": "60", "SIGHTLINE_BODY_DEADLINE_SECONDS": "60"}
    with started(tmp_path, "serve", **settings) as running:
        running.wait_until_ready()
        with running.connect(begun(100)) as connection:
            in_flight(connection)
            running.process.send_signal(signal.SIGTERM)
            time.sleep(1)  # two signals at one moment would be one
            code, seconds = running.stop(signal.SIGTERM)
        assert (code, seconds < 60 - SLACK_SECONDS) == (130, True)


def test_a_killed_parent_takes_the_serving_process_with_it(tmp_path: Path) -> None:
    with started(tmp_path, "serve", SIGHTLINE_STOP_DEADLINE_SECONDS="1") as running:
        running.wait_until_ready()
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait()
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            try:
                running.connect().close()
            except ConnectionRefusedError:
                return
            time.sleep(0.05)
        raise AssertionError("somebody still listens")


def test_a_wrong_setting_stops_the_start_and_is_named(tmp_path: Path) -> None:
    wrong = {"SIGHTLINE_LOG_LEVEL": "loud", "SIGHTLINE_SECRET": "short"}
    with started(tmp_path / "none", "serve", **wrong) as running:
        assert running.process.wait(20) == 1
    assert not (tmp_path / "none").exists()
