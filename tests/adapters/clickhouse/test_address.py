import pytest

from sightline.adapters.clickhouse.address import ClickHouseAddress, clickhouse_address
from sightline.domain.errors import InvalidInput


def test_an_address_names_servers_who_asks_and_where() -> None:
    assert clickhouse_address("clickhouse://me:p%40%2C%3Aw@a:8124,b,[::1]:9,[::2]/events") == (
        ClickHouseAddress(
            (("a", 8124), ("b", 8123), ("::1", 9), ("::2", 8123)), "me", "p@,:w", "events"
        )
    )


def test_what_is_left_out_has_the_defaults_of_the_engine() -> None:
    assert clickhouse_address("clickhouses://columns") == ClickHouseAddress(
        (("columns", 8443),), "default", "", "default", secure=True
    )


@pytest.mark.parametrize(
    "url", ["http://a:8123", "clickhouse://", "clickhouse:///events", "clickhouse://a:b", "a:8123"]
)
def test_another_form_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        clickhouse_address(url)
