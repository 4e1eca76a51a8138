"""The rules of the house that no other tool keeps."""

import re
import subprocess
import sys
from pathlib import Path

from .project import ROOT, files, modules, roots

FRAMEWORKS = (
    "aiosqlite",
    "alembic",
    "cattrs",
    "cryptography",
    "cyclopts",
    "granian",
    "httpx",
    "hypothesis",
    "joserfc",
    "jsonschema_rs",
    "litestar",
    "msgspec",
    "prometheus_client",
    "pytest",
    "redis",
    "rich",
    "sqlalchemy",
    "stamina",
    "structlog",
)
#: Names that say nothing about what is in a module.
EMPTY_NAMES = re.compile(
    r"(utils?|helpers?|common|misc|managers?|services?|models?|types|constants|base|shared)$"
)
LONGEST_MODULE = 450
#: Modules that may be longer; each needs its reason here.
LONGER: set[str] = {
    "src/domain/errors.py",  # one tree, drawn at its top; half of it would not be a tree
}


def test_the_domain_imports_attrs_and_the_standard_library_only() -> None:
    allowed = {"attrs", *sys.stdlib_module_names}
    assert {str(one): roots(one) - allowed for one in modules("src/domain")} == {
        str(one): frozenset() for one in modules("src/domain")
    }


def test_the_domain_reads_no_clock_and_asks_nobody() -> None:
    outside = {"asyncio", "logging", "os", "secrets", "socket", "subprocess", "time"}
    assert [str(one) for one in modules("src/domain") if roots(one) & outside] == []


def test_using_the_domain_loads_no_framework() -> None:
    loaded = (
        f"import sys, sightline.domain.windows; print(*(sys.modules.keys() & {set(FRAMEWORKS)}))"
    )
    run = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def test_strategies_load_whoever_is_imported_first() -> None:
    for first in ("sightline.testing.strategies", "sightline.testing.contracts.tenants"):
        code = (
            f"import {first}; from hypothesis import strategies as st;"
            "from sightline.domain.windows import TimeWindow; st.from_type(TimeWindow).validate()"
        )
        subprocess.run([sys.executable, "-c", code], check=True)


def test_the_command_says_its_help_without_loading_the_server() -> None:
    code = (
        "import sys, sightline.entrypoints.cli;"
        "print(*(sys.modules.keys() & {'litestar', 'granian', 'sqlalchemy', 'httpx'}))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def test_every_module_is_named_after_its_subject() -> None:
    parts = {part for module in modules("src") for part in (*module.parts[1:-1], module.stem)}
    assert [part for part in sorted(parts) if EMPTY_NAMES.fullmatch(part)] == []


def test_no_module_is_longer_than_one_can_read() -> None:
    longer = {str(one) for one in modules("src") if len(_lines(one)) > LONGEST_MODULE}
    assert longer == LONGER


def test_requirements_hold_versions_and_hashes_and_no_address() -> None:
    for listed in files("requirements"):
        text = (ROOT / listed).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index-url" not in text
        requirements = re.findall(r"^\S+==\S+", text, re.MULTILINE)
        hashed = re.findall(r"^\S+==[^\n]*\\\n    --hash=sha256:", text, re.MULTILINE)
        assert len(hashed) == len(requirements) > 5


def test_what_runs_has_the_versions_that_are_tested() -> None:
    tested = _versions("dev")
    for listed in ("run", "build", "bench"):
        others = {name: at for name, at in _versions(listed).items() if name in tested}
        assert others == {name: tested[name] for name in others}, listed
    assert set(_versions("run")) | set(_versions("build")) <= set(tested)


def test_what_make_run_installs_is_what_the_package_asks_for() -> None:
    locked = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    asked = re.search(r"^dependencies = \[(.*?)^\]", _project(), re.MULTILINE | re.DOTALL)
    assert asked
    names = re.findall(r'"([a-z-]+)', asked[1])
    assert len(names) > 10
    for name in names:
        assert re.search(rf"^{name}(\[.*\])?==", locked, re.MULTILINE), name


def _versions(listed: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{listed}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([^\s=]+)==(\S+)", text, re.MULTILINE))


def _lines(module: Path) -> list[str]:
    return (ROOT / module).read_text(encoding="utf-8").splitlines()


def _project() -> str:
    return (ROOT / "pyproject.toml").read_text(encoding="utf-8")
