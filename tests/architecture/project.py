"""What the tests of this folder look at: the project's files and its modules as trees."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"


@cache
def files(under: str) -> tuple[Path, ...]:
    """Every file that belongs to the project, relative to its root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", under]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    paths = map(Path, listed.stdout.splitlines())
    return tuple(sorted(path for path in paths if (ROOT / path).is_file()))


@cache
def modules(under: str = "src") -> tuple[Path, ...]:
    """Every Python module of a folder, relative to the project's root."""
    return tuple(path for path in files(under) if path.suffix == ".py")


@cache
def tree(module: Path) -> ast.Module:
    """A module as its syntax tree."""
    return ast.parse((ROOT / module).read_text(encoding="utf-8"), filename=str(module))


def roots(module: Path) -> frozenset[str]:
    """The top-level packages that a module imports absolutely, wherever in it."""
    return frozenset(name.split(".")[0] for name in _absolute_imports(module))


def _absolute_imports(module: Path) -> Iterator[str]:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
