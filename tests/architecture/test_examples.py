"""Every example in a docstring runs and says the truth."""

import doctest
import importlib
from pathlib import Path

import pytest

from .project import ROOT, modules

WITH_EXAMPLES = [path for path in modules("src") if ">>> " in (ROOT / path).read_text("utf-8")]


@pytest.mark.parametrize("module", WITH_EXAMPLES, ids=str)
def test_every_example_gives_what_it_says(module: Path) -> None:
    name = ".".join(("sightline", *module.with_suffix("").parts[1:])).removesuffix(".__init__")
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


def test_there_are_examples() -> None:
    assert len(WITH_EXAMPLES) > 3
