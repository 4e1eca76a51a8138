"""What is installed is what is in src, all of it and nothing empty (ADR 2)."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from .project import ROOT, files


def build(source: Path, target: str, into: Path) -> Path:
    """Build without a network and without isolation."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (built,) = into.iterdir()
    return built


def contents(wheel: Path) -> dict[str, int]:
    """Sizes by name, without the metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {
            entry.filename: entry.file_size
            for entry in archive.infolist()
            if ".dist-info/" not in entry.filename
        }


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    return contents(build(ROOT, "wheel", tmp_path_factory.mktemp("wheel")))


def test_the_wheel_holds_every_file_of_the_package(installed: dict[str, int]) -> None:
    expected = {f"sightline/{path.relative_to('src')}" for path in files("src")}
    assert set(installed) == expected


def test_nothing_in_it_is_empty_but_the_mark_of_types(installed: dict[str, int]) -> None:
    assert [name for name, size in installed.items() if size == 0] == ["sightline/py.typed"]


def test_the_migrations_are_in_it(installed: dict[str, int]) -> None:
    folder = "sightline/adapters/sql/migrations/"
    assert {f"{folder}env.py", f"{folder}versions/r0001_initial.py"} <= set(installed)


def test_a_wheel_made_from_the_source_archive_is_the_same(
    installed: dict[str, int], tmp_path: Path
) -> None:
    archive = build(ROOT, "sdist", tmp_path / "sdist")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert contents(build(unpacked, "wheel", tmp_path / "wheel")) == installed
