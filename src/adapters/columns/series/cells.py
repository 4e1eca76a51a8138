"""The cells of a series from columns."""

from typing import Any

import numpy as np
from attrs import field, frozen

from ....domain.questions.series import (
    QUANTILES,
    Aggregate,
    Figures,
    Level,
    LevelCells,
    SeriesQuery,
    Span,
    Timeline,
    check_rows,
    counted_spans,
    levels,
)
from ..columns import Bools, Doubles, Texts, UserColumns
from .cuts import Cuts
from .distinct import users
from .facts import Facts
from .groups import Groups, grouped
from .listed import listed
from .quantiles import quantiles, running_quantiles
from .tables import Merge, Tables

_ADDED_UP = frozenset({Aggregate.COUNT, Aggregate.SUM, Aggregate.AVG, Aggregate.MIN, Aggregate.MAX})


@frozen(eq=False)
class Cells:
    """Makes the cells of a question from its columns."""

    question: SeriesQuery
    columns: UserColumns
    patterns: tuple[int, ...]
    groups: Groups
    cuts: Cuts
    tables: dict[tuple[Any, ...], Tables] = field(factory=dict)

    @staticmethod
    def of(question: SeriesQuery, columns: UserColumns) -> "Cells":
        """From a question and its columns."""
        different = tuple(dict.fromkeys(question.patterns()))
        patterns = tuple(different.index(one) for one in question.patterns())
        cuts = Cuts(columns)
        seen = _seen(question, columns, patterns, cuts)
        dimensions = _dimensions(question, columns)
        groups = grouped(dimensions, seen, lambda count: check_rows(question, [count]))
        return Cells(question, columns, patterns, groups, cuts)

    def levels(self) -> list[LevelCells]:
        """The cells of every level."""
        groups = [self.groups.coarser(one.dimensions) for one in levels(self.question)]
        check_rows(self.question, [len(one) for one in groups])
        return [
            self._level(one, found)
            for one, found in zip(levels(self.question), groups, strict=True)
        ]

    def _level(self, level: Level, groups: Groups) -> LevelCells:
        compared = self.question.compared
        return LevelCells(
            level,
            groups.values,
            self._values(level, groups, self.question.timeline),
            None if compared is None else self._values(level, groups, compared),
        )

    def _values(self, level: Level, groups: Groups, timeline: Timeline) -> list[Figures]:
        if not len(groups):
            return [[] for _ in self.question.measures]
        return [
            self._figures(at, level, groups, timeline) for at in range(len(self.question.measures))
        ]

    def _figures(self, at: int, level: Level, groups: Groups, timeline: Timeline) -> Figures:
        measure, cumulative = self.question.measures[at], self.question.cumulative
        if measure.aggregate in _ADDED_UP:
            merge = Merge(groups.finest, len(groups), level.timed, cumulative)
            return self._tables(at, timeline).figures(measure.aggregate, merge)
        spans = level.spans(timeline)
        if (share := QUANTILES.get(measure.aggregate)) is None:
            counted = timeline.counted(measure, spans, cumulative=cumulative)
            return listed(users(self._facts(at, groups, counted)))
        running = cumulative and level.timed
        return (running_quantiles if running else quantiles)(self._facts(at, groups, spans), share)

    def _tables(self, at: int, timeline: Timeline) -> Tables:
        """The finest cells of a measure, shared by all that read the same of the same events."""
        read = (self.patterns[at], self.question.measures[at].property, timeline.window)
        if read not in self.tables:
            spans = timeline.spans
            self.tables[read] = Tables(self._facts(at, self.groups, spans))
        return self.tables[read]

    def _facts(self, at: int, groups: Groups, spans: tuple[Span, ...]) -> Facts:
        cut, segment, _ = self.cuts.of(spans)
        rows = self.cuts.rows(spans, self.columns.fits[self.patterns[at]])
        name = self.question.measures[at].property
        return Facts(
            self.columns.user[rows],
            segment[rows],
            None if groups.of is None else groups.of[rows],
            None if name is None else self._numbers(name)[rows],
            len(groups),
            cut,
        )

    def _numbers(self, name: str) -> Doubles:
        names = [one.property for one in self.question.measures if one.property is not None]
        return self.columns.numbers[list(dict.fromkeys(names)).index(name)]


def _dimensions(question: SeriesQuery, columns: UserColumns) -> list[Texts]:
    fields = iter(columns.fields)
    found = [columns.types if one is None else next(fields) for one in question.fields()]
    return [one for one in found if one is not None]


def _seen(
    question: SeriesQuery, columns: UserColumns, patterns: tuple[int, ...], cuts: Cuts
) -> Bools | None:
    """The rows that any measure counts anywhere; None for all."""
    if not question.dimensions:
        return None
    seen = np.zeros(len(columns), np.bool_)
    for measure, at in zip(question.measures, patterns, strict=True):
        for spans in set(counted_spans(question, measure)):
            seen[cuts.rows(spans, columns.fits[at])] = True
    return None if seen.all() else seen
