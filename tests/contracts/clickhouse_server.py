"""A ClickHouse server of the tests: chDB behind as much of the HTTP interface as a client needs.

Run as ``python clickhouse_server.py FOLDER PORT``, it keeps its data in the folder, listens on
loopback (on any free port if it is 0) and prints the port once it answers.
"""

import email
import email.policy
import queue
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import chdb

#: It comes with types that say nothing.
_ENGINE: Any = chdb
_SESSIONS = 4
#: Of the HTTP interface itself; everything else in an address is a setting of the engine.
_NOT_SETTINGS = re.compile(
    "query|query_id|database|session_.*|default_format|client_protocol_version|compress|role"
    "|decompress|wait_end_of_query|enable_http_compression|send_progress_.*|http_.*|cancel_http_.*"
)
_KILL = re.compile(r"\s*KILL QUERY WHERE query_id = ", re.IGNORECASE)


class Session:
    """A session of the engine, which keeps database and settings from one query to the next."""

    def __init__(self, folder: str) -> None:
        self._connection = _ENGINE.connect(folder)
        self._database = ""
        self._settings: dict[str, str] = {}

    def ask(
        self, database: str, settings: dict[str, str], text: str, parameters: dict[str, str]
    ) -> bytes:
        """What the engine answers."""
        if database != self._database:
            self._connection.query(f"USE `{database}`")
            self._database = database
        if settings != self._settings:
            wanted = dict.fromkeys(self._settings, "DEFAULT")
            wanted |= {name: f"'{value}'" for name, value in settings.items()}
            self._connection.query("SET " + ", ".join(map(" = ".join, wanted.items())))
            self._settings = settings
        return bytes(self._connection.query(text, "TabSeparated", params=parameters).bytes())


class Engine:
    """Sessions of one engine; a query waits for a free one."""

    def __init__(self, folder: str) -> None:
        self._free: queue.LifoQueue[Session] = queue.LifoQueue()
        for _ in range(_SESSIONS):
            self._free.put(Session(folder))

    def answer(self, asked: dict[str, str], body: str) -> bytes:
        """What the engine says to a request."""
        text = "\n".join(part for part in (asked.get("query"), body) if part)
        parameters = {
            name.removeprefix("param_"): value
            for name, value in asked.items()
            if name.startswith("param_")
        }
        settings = {
            name: value
            for name, value in asked.items()
            if not (name.startswith("param_") or _NOT_SETTINGS.fullmatch(name))
        }
        if _KILL.match(text):
            # The engine gives ids of its own, so a query carries its id in a comment.
            text = _KILL.sub("KILL QUERY WHERE query like concat('/* ', ", text, count=1)
            text = re.sub(r"(\{\w+:String\})", r"\1, ' */%')", text, count=1)
        elif "query_id" in asked:
            text = f"/* {asked['query_id']} */ {text}"
        session = self._free.get()
        try:
            return session.ask(asked.get("database", "default"), settings, text, parameters)
        finally:
            self._free.put(session)


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of a connection, one after another."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    engine: Engine

    def do_GET(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        body = self._body()
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/form-data"):
            self._answer("", _fields(kind, body))
        else:
            self._answer(body.decode())

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer(self, body: str, fields: dict[str, str] | None = None) -> None:
        asked = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        try:
            found = self.engine.answer(asked | (fields or {}), body)
        except Exception as error:  # whatever the engine says is an answer
            self._send(500, str(error).encode(), _code(str(error)))
        else:
            self._send(200, found)

    def _send(self, status: int, body: bytes, code: str | None = None) -> None:
        self.send_response(status)
        self.send_header("X-ClickHouse-Server-Display-Name", "test")
        if code is not None:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: standard output belongs to whoever started it."""


def _fields(kind: str, body: bytes) -> dict[str, str]:
    whole = b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body
    message = email.message_from_bytes(whole, policy=email.policy.HTTP)
    return {
        str(part.get_param("name", header="content-disposition")): _text(part)
        for part in message.iter_parts()
    }


def _text(part: Any) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def _code(message: str) -> str:
    found = re.search(r"Code: (\d+)", message)
    return found[1] if found else "1000"


def main() -> None:
    folder, port = sys.argv[1], int(sys.argv[2])
    Handler.engine = Engine(folder)
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)  # noqa: T201
    server.serve_forever()


if __name__ == "__main__":
    main()
