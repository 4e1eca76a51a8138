"""What the values of settings must look like."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Any

from attrs import Attribute

from ..domain.errors import InvalidInput
from ..domain.tenancy import fixed_key

HOST = re.compile(r"[0-9A-Za-z.:_-]{1,253}", re.ASCII)
HTTP_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?", re.ASCII)
ORIGIN = re.compile(r"https?://[0-9A-Za-z.:\[\]_-]+", re.ASCII)
DATABASE_URL = re.compile(r"sqlite:///.+|postgresql(\+psycopg)?://\S+")
POSTGRESQL_URL = re.compile(r"postgresql(\+psycopg)?://\S+")
CLICKHOUSE_URL = re.compile(
    r"none|clickhouses?://([^\s/@?#]+@)?[0-9A-Za-z.:,\[\]_-]+(/[0-9A-Za-z_]+)?", re.ASCII
)
REDIS_URL = re.compile(r"rediss?://\S+")
FOLDER = re.compile(r"[^?#%\x00-\x1f]+")
NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
SHORTEST_SECRET = 32
#: What cannot be said of other settings while these are not what they should be, by its code.
NEEDED: Mapping[object, str] = {
    "database_url": "needs_postgresql",
    "columnar_url": "needs_columns",
}

Validator = Callable[[Any, "Attribute[Any]", Any], None]


def matches(pattern: re.Pattern[str], expected: str) -> Validator:
    """Refuse what does not have a form."""

    def check(_: Any, attribute: "Attribute[Any]", value: str | None) -> None:
        if value is not None and not pattern.fullmatch(value):
            raise InvalidInput(f"must be {expected}", path=(attribute.name,), code="form")

    return check


def between(least: float, most: float, unit: str = "") -> Validator:
    """Refuse what lies outside of two bounds."""

    def check(_: Any, attribute: "Attribute[Any]", value: float) -> None:
        if not least <= value <= most:
            message = f"must lie between {least:g} and {most:g}{unit}"
            raise InvalidInput(message, path=(attribute.name,), code="out_of_range")

    return check


def origins(_: Any, attribute: "Attribute[Any]", value: tuple[str, ...]) -> None:
    """Refuse what is not the origin of a page."""
    if not all(ORIGIN.fullmatch(origin) for origin in value):
        message = "must be exact origins with commas between, such as https://app.example.com"
        raise InvalidInput(message, path=(attribute.name,), code="form")


def networks(_: Any, attribute: "Attribute[Any]", value: tuple[str, ...]) -> None:
    """Refuse what is no address and no network."""
    for one in value:
        try:
            ip_network(one)
        except ValueError:
            message = "must be IP addresses or networks with commas between, such as 10.0.0.0/8"
            raise InvalidInput(message, path=(attribute.name,), code="form") from None


def usable_key(_: Any, attribute: "Attribute[Any]", value: str | None) -> None:
    """Refuse a fixed key that could not be one."""
    try:
        fixed_key(value or "-")
    except InvalidInput as error:
        raise InvalidInput(f"{error}", path=(attribute.name,), code="key") from None


def long_enough(_: Any, attribute: "Attribute[Any]", value: str | None) -> None:
    """Refuse a secret that could be guessed."""
    if value is not None and len(value) < SHORTEST_SECRET:
        message = f"must have at least {SHORTEST_SECRET} characters"
        raise InvalidInput(message, path=(attribute.name,), code="too_short")
