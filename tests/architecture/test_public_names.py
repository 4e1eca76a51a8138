"""What users of the library may import: taking a name away is a decision, so it is seen here."""

import importlib
from pathlib import Path

from .project import modules

SNAPSHOT = Path(__file__).with_name("public_names.txt")
ROOMS = ("src/domain", "src/testing/strategies", "src/bootstrap")


def public_names() -> list[str]:
    """Every name that an ``__all__`` of the library's rooms lists."""
    found = []
    for path in (path for room in ROOMS for path in modules(room)):
        name = ".".join(("sightline", *path.with_suffix("").parts[1:])).removesuffix(".__init__")
        module = importlib.import_module(name)
        found += [f"{name}.{public}" for public in getattr(module, "__all__", ())]
    return sorted(found)


def test_every_public_name_is_there() -> None:
    for name in public_names():
        module, _, public = name.rpartition(".")
        assert hasattr(importlib.import_module(module), public), name


def test_the_public_names_are_those_that_were_decided() -> None:
    assert public_names() == SNAPSHOT.read_text(encoding="utf-8").splitlines()
