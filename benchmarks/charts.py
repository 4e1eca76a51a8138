"""A chart of questions from what the benchmark printed.

Run as ``python -m benchmarks.charts PRINTED PICTURE``: bars of processor time on a logarithmic
scale, question by question, as SVG.
"""

import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

_LINE = re.compile(r"^ *([a-z ]+), (\S.*?) +median [\d.]+ ms, cpu ([\d.]+) ms")
_COLORS: Mapping[str, str] = {"ours": "#0b6e4f", "by day": "#5aa786"}
_OTHERS = "#9aa5b1"
_LEFT, _WIDTH, _BAR, _GAP = 210, 430, 16, 14


def chart(printed: str) -> str:
    """The picture of what the benchmark of questions printed."""
    groups: dict[str, list[tuple[str, float]]] = {}
    for found in filter(None, map(_LINE.match, printed.splitlines())):
        groups.setdefault(found[1], []).append((found[2], float(found[3])))
    most = max(value for bars in groups.values() for _, value in bars)
    drawn: list[str] = []
    top = 30
    for name, bars in groups.items():
        drawn.append(f'<text x="8" y="{top + 12}" font-weight="600">{escape(name)}</text>')
        drawn += _bars(sorted(bars, key=lambda bar: bar[1]), top, most)
        top += _BAR * len(bars) + _GAP
    return _picture(drawn, top)


def _bars(bars: Sequence[tuple[str, float]], top: int, most: float) -> Iterator[str]:
    for at, (who, value) in enumerate(bars):
        y, width = top + _BAR * at, _WIDTH * math.log10(max(value, 1.1)) / math.log10(most)
        color = _COLORS.get(who, _OTHERS)
        yield f'<text x="{_LEFT - 6}" y="{y + 12}" text-anchor="end">{escape(who)}</text>'
        place = f'x="{_LEFT}" y="{y + 2}" width="{width:.0f}" height="{_BAR - 4}"'
        yield f'<rect {place} fill="{color}"/>'
        yield f'<text x="{_LEFT + width + 5:.0f}" y="{y + 12}">{value:.0f} ms</text>'


def _picture(drawn: Sequence[str], height: int) -> str:
    width = _LEFT + _WIDTH + 80
    title = "Processor time per question, largest tenant of ten million events (logarithmic)"
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"',
            '  font-family="sans-serif" font-size="12">',
            f"<title>{title}</title>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            f'<text x="8" y="18">{title}</text>',
            *drawn,
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(chart(Path(sys.argv[1]).read_text()))
