"""Where the servers of a columnar store are."""

from urllib.parse import unquote, urlsplit

from attrs import frozen

from ...domain.errors import InvalidInput

_PORTS = {"clickhouse": 8123, "clickhouses": 8443}


@frozen
class ClickHouseAddress:
    """The servers that hold one store, each a share of it.

    Args:
        hosts: Host and port of each, in an order that never changes.
        user: By which name.
        password: With which password; empty for none.
        database: The database on each.
        secure: Whether the connections are encrypted.
    """

    hosts: tuple[tuple[str, int], ...]
    user: str = "default"
    password: str = ""
    database: str = "default"
    secure: bool = False


def clickhouse_address(url: str) -> ClickHouseAddress:
    """An address from its text.

    >>> clickhouse_address("clickhouse://user:secret@a:8123,b:8123/events").hosts
    (('a', 8123), ('b', 8123))

    Raises:
        InvalidInput: If it has another form.
    """
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    if parts.scheme not in _PORTS or not hosts:
        raise InvalidInput("must be clickhouse://user:password@host:port,host:port/database")
    return ClickHouseAddress(
        tuple(_host(one, _PORTS[parts.scheme]) for one in hosts.split(",")),
        unquote(user) or "default",
        unquote(password),
        parts.path.strip("/") or "default",
        parts.scheme == "clickhouses",
    )


def _host(text: str, port: int) -> tuple[str, int]:
    host, colon, written = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, written = text, str(port)
    if not host or not written.isdecimal():
        raise InvalidInput(f"{text!r} is no host with a port")
    return host.strip("[]"), int(written)
