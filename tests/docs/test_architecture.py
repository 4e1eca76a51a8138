"""The picture of the house shows the ports that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PORTS = ROOT / "src" / "ports"
PICTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").partition("```mermaid")[2]


def drawn() -> dict[str, set[str]]:
    """The ports of the picture, by the box they stand in."""
    inner = PICTURE.partition("subgraph ports\n")[2].partition("    end\n")[0]
    boxes = re.findall(r'^\s+(\w+)\["(.*)"\]$', inner, re.MULTILINE)
    return {name: set(re.findall(r"\w+", text.replace("<br/>", " "))) for name, text in boxes}


def test_the_picture_shows_every_port_and_no_other() -> None:
    asks = {
        path.stem
        for path in PORTS.glob("*.py")
        if re.search(r"^class \w+\(Protocol\)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert set.union(*drawn().values()) == asks


def test_ports_drawn_to_the_record_store_have_an_adapter_there() -> None:
    met = [
        name
        for box, names in drawn().items()
        if f"{box} -.->|met by| sql" in PICTURE
        for name in names
    ]
    assert len(met) > 5
    for name in met:
        assert (ROOT / f"src/adapters/sql/{name}.py").exists(), name
