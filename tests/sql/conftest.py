from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest

from .engines import Engine, load
from .rows import Rows, generated_rows, sample_file_rows

ENGINES = ("sqlite", "postgresql", "duckdb", "clickhouse")


@cache
def slice_of_the_workspace() -> Rows:
    """Some fifty thousand events of twelve organizations."""
    return generated_rows(0.05)


@pytest.fixture(scope="session", params=["files", "slice"])
def rows(request: pytest.FixtureRequest) -> Rows:
    return sample_file_rows() if request.param == "files" else slice_of_the_workspace()


@pytest.fixture(scope="session", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, rows: Rows, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """An engine with the rows; nobody writes to it."""
    with closing(load(request.param, rows, tmp_path_factory.mktemp(request.param))) as engine:
        yield engine


@pytest.fixture(params=ENGINES)
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine of one's own with the sample files."""
    with closing(load(request.param, sample_file_rows(), tmp_path)) as engine:
        yield engine
