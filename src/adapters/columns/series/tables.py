"""What adds up: counts, sums and extremes of the finest cells, merged for the levels above."""

from functools import cached_property
from typing import Any

import numpy as np
from attrs import define
from numpy.typing import NDArray

from ....domain.questions.series import Aggregate, Figures
from ..columns import Codes, Doubles, Longs
from .facts import Facts
from .listed import listed, listed_where
from .sums import added, cell_sums

Table = NDArray[Any]


@define(eq=False, slots=False)
class Merge:
    """How the finest cells become those of a level.

    Args:
        to: The group of each of the finest groups; None where they are the same.
        groups: How many groups the level has.
        timed: Whether intervals stay apart.
        cumulative: Whether every interval takes those before it along.
    """

    to: Codes | None
    groups: int
    timed: bool
    cumulative: bool

    def of(self, table: Table, kind: np.ufunc, none: float = 0) -> Table:
        """The cells of a level, shape (groups, stretches).

        Args:
            table: The finest cells, shape (finest groups, intervals).
            kind: What merges two of them.
            none: What it makes of nothing.
        """
        merged = table
        if self.to is not None:
            merged = np.full((self.groups, table.shape[1]), none, table.dtype)
            kind.at(merged, self.to, table)
        if not self.timed:
            return np.asarray(kind.reduce(merged, axis=1, keepdims=True))
        return np.asarray(kind.accumulate(merged, axis=1)) if self.cumulative else merged


@define(eq=False, slots=False)
class Tables:
    """The finest cells of a measure, each table of shape (groups, intervals).

    Args:
        facts: Its rows; every interval is one segment.
    """

    facts: Facts

    def figures(self, aggregate: Aggregate, merge: Merge) -> Figures:
        """An aggregate that adds up, by group and stretch of a level."""
        if aggregate is Aggregate.COUNT:
            return listed(merge.of(self.count, np.add))
        count = merge.of(self.numbers_count, np.add)
        match aggregate:
            case Aggregate.SUM:
                return listed_where(self._sum(merge), True)
            case Aggregate.AVG:
                return listed_where(self._sum(merge) / np.maximum(count, 1), count > 0)
            case Aggregate.MIN:
                return listed_where(merge.of(self.least, np.minimum, np.inf), count > 0)
        return listed_where(merge.of(self.most, np.maximum, -np.inf), count > 0)

    def _sum(self, merge: Merge) -> Doubles:
        with np.errstate(over="ignore", invalid="ignore"):
            return added(np.array([merge.of(one, np.add) for one in self.sums]))

    @cached_property
    def count(self) -> Longs:
        """How many rows."""
        return self._table(np.bincount(self.facts.cell(), minlength=self.facts.cells))

    @cached_property
    def numbers_count(self) -> Longs:
        """How many rows with a number."""
        return self._table(np.bincount(self._numeric[0], minlength=self.facts.cells))

    @cached_property
    def sums(self) -> list[Doubles]:
        """The parts of their sums."""
        with np.errstate(over="ignore", invalid="ignore"):
            parts = cell_sums(*self._numeric, self.facts.cells)
        return [self._table(one) for one in parts if one.any()] or [self._table(parts[-1])]

    @cached_property
    def least(self) -> Doubles:
        """Their smallest numbers; infinite where there is none."""
        return self._extreme(np.minimum, np.inf)

    @cached_property
    def most(self) -> Doubles:
        """Their largest numbers; infinite where there is none."""
        return self._extreme(np.maximum, -np.inf)

    @cached_property
    def _numeric(self) -> tuple[Longs | Codes, Doubles]:
        return self.facts.numeric()

    def _extreme(self, kind: np.ufunc, none: float) -> Doubles:
        cells = np.full(self.facts.cells, none)
        kind.at(cells, *self._numeric)
        return self._table(cells)

    def _table(self, cells: Table) -> Table:
        of = self.facts.segments
        return cells.reshape(self.facts.groups, of.count)[:, of.first]
