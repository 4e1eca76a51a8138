"""Funnels as rows."""

from collections.abc import Iterator

from ..sheet import Cell, Sheet, cells_of, columns_of
from .figures import FunnelFigures, StepFigures


def funnel_sheet(figures: FunnelFigures) -> Sheet:
    """A row per step, and per step of each value of the breakdown; the whole has no value."""
    return Sheet(("value", "other", *columns_of(StepFigures)), _steps(figures))


def _steps(figures: FunnelFigures) -> Iterator[tuple[Cell, ...]]:
    yield from ((None, False, *cells_of(step)) for step in figures.steps)
    for one in figures.breakdowns or ():
        yield from ((one.value, one.other, *cells_of(step)) for step in one.steps)
