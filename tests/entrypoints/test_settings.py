import stat
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.entrypoints.settings import (
    InvalidSettings,
    LogFormat,
    Settings,
    described,
    kept,
    read_settings,
    variable,
)

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"

WRONG = {
    "SIGHTLINE_HOST": "two words",
    "SIGHTLINE_PORT": "70000",
    "SIGHTLINE_DATA_DIR": "data?",
    "SIGHTLINE_DASHBOARD_DIR": "out?",
    "SIGHTLINE_DATABASE_URL": "mysql://user:hunter2-hunter2@host/base",
    "SIGHTLINE_MIGRATION_DATABASE_URL": "sqlite:///hunter2-hunter2",
    "SIGHTLINE_MARKET_API_URL": "ftp://market",
    "SIGHTLINE_MARKET_API_DEADLINE_SECONDS": "nan",
    "SIGHTLINE_DEMO_KEY": "sl_live_made_up",
    "SIGHTLINE_SECRET": "hunter2",
    "SIGHTLINE_PUBLIC_URL": "sightline.example",
    "SIGHTLINE_ISSUERS_FILE": "issuers?.json",
    "SIGHTLINE_CORS_ORIGINS": "https://fine.example, *",
    "SIGHTLINE_WORKERS": "0",
    "SIGHTLINE_JOBS": "somewhere",
    "SIGHTLINE_REDIS_URL": "memcached://host",
    "SIGHTLINE_COLUMNAR_URL": "clickhouse://host:8123/base?password=hunter2",
    "SIGHTLINE_LIMIT_PLAN": "unlimited",
    "SIGHTLINE_KUBERNETES_URL": "cluster:6443",
    "SIGHTLINE_KUBERNETES_NAMESPACE": "Pools/",
    "SIGHTLINE_KUBERNETES_POOLS": "machines",
    "SIGHTLINE_KUBERNETES_TOKEN_FILE": "token?",
    "SIGHTLINE_KUBERNETES_CA_FILE": "ca#1",
    "SIGHTLINE_ANONYMOUS_REQUESTS_PER_MINUTE": "0",
    "SIGHTLINE_TRUSTED_PROXIES": "10.0.0.0/8,10.0.0.1/8",
    "SIGHTLINE_CONCURRENT_REQUESTS": "0",
    "SIGHTLINE_CONCURRENT_HEAVY_REQUESTS": "1.5",
    "SIGHTLINE_CONCURRENT_BULK_WRITES": "-1",
    "SIGHTLINE_WAITING_REQUESTS": "none",
    "SIGHTLINE_ADMISSION_WAIT_SECONDS": "61",
    "SIGHTLINE_LOG_LEVEL": "loud",
    "SIGHTLINE_LOG_FORMAT": "xml",
    "SIGHTLINE_BODY_DEADLINE_SECONDS": "0",
    "SIGHTLINE_STOP_DEADLINE_SECONDS": "1.5",
}


def test_nothing_need_be_set() -> None:
    settings = read_settings({"PATH": "/bin"})
    assert settings == Settings()
    assert settings.database_url == "sqlite:///.sightline/sightline.sqlite"
    assert (settings.host, settings.port, settings.log_format) == (
        "127.0.0.1",
        8000,
        LogFormat.JSON,
    )


def test_every_setting_is_read_from_its_variable() -> None:
    settings = read_settings(
        {
            "SIGHTLINE_HOST": "0.0.0.0",
            "SIGHTLINE_PORT": "8080",
            "SIGHTLINE_DASHBOARD_DIR": "/srv/dashboard",
            "SIGHTLINE_DATA_DIR": "/srv/sight line",
            "SIGHTLINE_DATABASE_URL": "postgresql://me:pw@db/sightline",
            "SIGHTLINE_MIGRATION_DATABASE_URL": "postgresql://owner:pw@db/sightline",
            "SIGHTLINE_MARKET_API_URL": "https://markets.example/base",
            "SIGHTLINE_MARKET_API_DEADLINE_SECONDS": "0.5",
            "SIGHTLINE_DEMO_KEY": "for-scripts",
            "SIGHTLINE_SECRET": "s" * 32,
            "SIGHTLINE_PUBLIC_URL": "https://sightline.example",
            "SIGHTLINE_ISSUERS_FILE": "/etc/sightline/issuers.json",
            "SIGHTLINE_CORS_ORIGINS": "https://a.example,http://localhost:3000",
            "SIGHTLINE_WORKERS": "4",
            "SIGHTLINE_JOBS": "none",
            "SIGHTLINE_REDIS_URL": "redis://:pw@cache:6379/0",
            "SIGHTLINE_COLUMNAR_URL": "clickhouse://me:p%40w@a:8123,b:8124/events",
            "SIGHTLINE_LIMIT_PLAN": "starter",
            "SIGHTLINE_KUBERNETES_URL": "https://10.0.0.1:6443",
            "SIGHTLINE_KUBERNETES_NAMESPACE": "pools",
            "SIGHTLINE_KUBERNETES_POOLS": "deployment",
            "SIGHTLINE_KUBERNETES_TOKEN_FILE": "/run/token",
            "SIGHTLINE_KUBERNETES_CA_FILE": "/run/ca.crt",
            "SIGHTLINE_ANONYMOUS_REQUESTS_PER_MINUTE": "60",
            "SIGHTLINE_TRUSTED_PROXIES": "10.0.0.0/8,fd00::1",
            "SIGHTLINE_CONCURRENT_REQUESTS": "8",
            "SIGHTLINE_CONCURRENT_HEAVY_REQUESTS": "3",
            "SIGHTLINE_CONCURRENT_BULK_WRITES": "4",
            "SIGHTLINE_WAITING_REQUESTS": "20",
            "SIGHTLINE_ADMISSION_WAIT_SECONDS": "0.1",
            "SIGHTLINE_LOG_LEVEL": "debug",
            "SIGHTLINE_LOG_FORMAT": "console",
            "SIGHTLINE_BODY_DEADLINE_SECONDS": "2.5",
            "SIGHTLINE_STOP_DEADLINE_SECONDS": "7",
        }
    )
    defaults = attrs.asdict(Settings())
    assert {name for name, value in attrs.asdict(settings).items() if value == defaults[name]} == (
        set()
    )
    assert settings.cors_origins == ("https://a.example", "http://localhost:3000")
    assert settings.server_secret() == b"s" * 32


def test_the_database_file_lies_in_the_data_folder() -> None:
    settings = read_settings({"SIGHTLINE_DATA_DIR": "/srv/sight line"})
    assert settings.database_url == "sqlite:////srv/sight line/sightline.sqlite"


def test_every_setting_can_be_wrong_and_every_wrong_one_is_named() -> None:
    assert set(WRONG) == {name for name, _, _ in described()}
    with pytest.raises(InvalidSettings) as caught:
        read_settings(WRONG | {"SIGHTLINE_PROT": "1"})
    named = [flaw.path[0] for flaw in caught.value.flaws]
    assert sorted(named, key=str) == sorted([*WRONG, "SIGHTLINE_PROT"])
    assert "did you mean SIGHTLINE_PORT?" in str(caught.value)


@given(names=st.sets(st.sampled_from(sorted(WRONG)), min_size=1))
def test_any_set_of_wrong_values_is_reported_as_it_is(names: set[str]) -> None:
    with pytest.raises(InvalidSettings) as caught:
        read_settings({name: WRONG[name] for name in names})
    assert {flaw.path[0] for flaw in caught.value.flaws} == names


@given(value=st.text(min_size=12).map(lambda text: f"{text}-hunter2-hunter2-\x01"))
def test_no_refusal_repeats_a_secret(value: str) -> None:
    secret = {
        "SIGHTLINE_SECRET": "hunter2-hunter2",
        "SIGHTLINE_DEMO_KEY": value,
        "SIGHTLINE_DATABASE_URL": value,
        "SIGHTLINE_MIGRATION_DATABASE_URL": value,
    }
    with pytest.raises(InvalidSettings) as caught:
        read_settings(secret)
    assert "hunter2" not in str(caught.value)


def test_showing_the_settings_shows_no_secret() -> None:
    settings = read_settings(
        {
            "SIGHTLINE_SECRET": "hunter2" * 5,
            "SIGHTLINE_DEMO_KEY": "hunter2",
            "SIGHTLINE_DATABASE_URL": "postgresql://me:hunter2@db/sightline",
            "SIGHTLINE_MIGRATION_DATABASE_URL": "postgresql://owner:hunter2@db/sightline",
            "SIGHTLINE_REDIS_URL": "redis://:hunter2@cache",
            "SIGHTLINE_COLUMNAR_URL": "clickhouse://me:hunter2@columns",
        }
    )
    assert "hunter2" not in repr(settings)


def test_several_processes_need_postgresql() -> None:
    with pytest.raises(InvalidSettings, match="SIGHTLINE_WORKERS: must be 1 with SQLite"):
        read_settings({"SIGHTLINE_WORKERS": "2"})


def test_several_processes_need_to_know_where_events_are_in_columns() -> None:
    several = {"SIGHTLINE_WORKERS": "2", "SIGHTLINE_DATABASE_URL": "postgresql://db/sightline"}
    with pytest.raises(InvalidSettings, match="WORKERS: must be 1 without SIGHTLINE_COLUMNAR_URL"):
        read_settings(several)
    assert read_settings({**several, "SIGHTLINE_COLUMNAR_URL": "clickhouse://a"}).keeps_columns
    assert not read_settings({**several, "SIGHTLINE_COLUMNAR_URL": "none"}).keeps_columns
    with pytest.raises(InvalidSettings) as caught:
        read_settings({**several, "SIGHTLINE_COLUMNAR_URL": "clickhose://a"})
    assert [flaw.path[0] for flaw in caught.value.flaws] == ["SIGHTLINE_COLUMNAR_URL"]


def test_only_postgresql_has_an_owner_of_the_tables() -> None:
    with pytest.raises(InvalidSettings, match="SIGHTLINE_MIGRATION_DATABASE_URL: is for Postgre"):
        read_settings({"SIGHTLINE_MIGRATION_DATABASE_URL": "postgresql://owner@db/sightline"})


def test_an_empty_variable_counts_as_absent() -> None:
    assert read_settings({variable("demo_key"): "", variable("port"): ""}) == Settings()


def test_a_made_secret_is_kept_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    settings = read_settings({"SIGHTLINE_DATA_DIR": str(tmp_path / "new" / "data")})
    secret = settings.server_secret()
    assert len(secret) == 64
    assert settings.server_secret() == secret
    file = tmp_path / "new" / "data" / "secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secret"]


def test_of_two_that_start_at_once_one_secret_wins(tmp_path: Path) -> None:
    def overtaken() -> str:
        (tmp_path / "secret").write_text("theirs\n", encoding="utf-8")
        return "ours"

    assert kept(str(tmp_path), "secret", overtaken) == "theirs"
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_the_operations_page_lists_every_setting_as_it_is() -> None:
    page = OPERATIONS.read_text(encoding="utf-8")
    for name, default, means in described():
        assert f"| `{name}` | {default} | {means} |" in page
