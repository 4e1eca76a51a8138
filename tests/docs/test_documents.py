"""The documents keep their promises: form, links, decisions, examples."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
DECISIONS = sorted(ROOT.glob("docs/adr/*.md"))
HEADINGS = [
    "Context", "Decision", "Consequences", "Alternatives considered", "Enforced by"
]  # fmt: skip


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_within_the_project_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (document.parent / target).exists(), target


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.name)
def test_a_decision_has_its_parts_and_fits_a_page(decision: Path) -> None:
    text = decision.read_text(encoding="utf-8")
    number = int(decision.name[:4])
    assert re.match(rf"# {number}\. \S", text)
    assert "\nStatus: " in text
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert len(text.splitlines()) <= 60


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_every_decision_that_the_code_names_exists() -> None:
    named = {
        int(number)
        for path in (ROOT / "src").rglob("*.py")
        for number in re.findall(r"ADR (\d+)", path.read_text(encoding="utf-8"))
    }
    assert named
    assert named <= {int(path.name[:4]) for path in DECISIONS}


def test_every_test_that_a_decision_names_exists() -> None:
    for decision in DECISIONS:
        for name in re.findall(
            r"`((?:tests|benchmarks|src/(?!sightline))[\w/.-]+)`", decision.read_text()
        ):
            assert (ROOT / name).exists(), (decision.name, name)


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("document", ["README.md", "docs/questions.md"])
def test_the_examples_of_documents_are_true(document: str) -> None:
    failed, tried = doctest.testfile(str(ROOT / document), module_relative=False)
    assert tried > 0
    assert failed == 0


def test_every_place_and_test_that_a_requirement_names_exists() -> None:
    rows = [
        line.split("|")[1:-1]
        for line in (ROOT / "docs/requirements.md").read_text(encoding="utf-8").splitlines()
        if re.match(r"\| [PECX]\d+ \|", line)
    ]
    assert len(rows) > 25
    for identifier, _, places, tests in rows:
        named = re.findall(r"`([\w/.-]+)`", places + tests)
        assert re.search(r"`(tests|benchmarks)/", tests), identifier
        for name in named:
            assert (ROOT / name).exists(), (identifier.strip(), name)
