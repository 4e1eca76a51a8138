"""The folder src is the package sightline, and nothing else (ADR 2)."""

import subprocess
import sys

from .project import ROOT, modules, roots

ROOMS = ("adapters", "application", "bootstrap", "domain", "entrypoints", "ports", "testing")


def test_inside_the_package_every_import_of_it_is_relative() -> None:
    assert [
        str(module) for module in modules("src") if roots(module) & {"sightline", "src", *ROOMS}
    ] == []


def test_outside_it_the_package_has_one_name() -> None:
    outside = (*modules("tests"), *modules("benchmarks"))
    assert [str(module) for module in outside if roots(module) & {"src", *ROOMS}] == []


def test_no_module_was_loaded_under_a_second_name() -> None:
    second = [name for name in sys.modules if name.split(".")[0] in {"src", *ROOMS}]
    assert second == []


def test_the_working_directory_is_not_on_the_path_of_the_command() -> None:
    script = "import sys, runpy; sys.argv = ['sightline', '--version']\n"
    code = script + (
        "try:\n    from sightline.entrypoints.cli import main; main()\n"
        "except SystemExit:\n    pass\n"
        "assert not any(name.split('.')[0] == 'src' for name in sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
