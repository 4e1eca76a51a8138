"""Answers as rows, for spreadsheets and data frames."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeAlias

from attrs import astuple, fields, frozen

Cell: TypeAlias = str | int | float | bool | datetime | tuple[str, ...] | None
"""What a row says in one column; None for nothing, instants in UTC."""


@frozen
class Sheet:
    """The rows of an answer.

    Args:
        columns: Names of the answer's fields, each once; what lies in an object has the names of
            both with a dot between.
        rows: Cells in the order of the columns, made as they are read: once.
    """

    columns: tuple[str, ...]
    rows: Iterable[tuple[Cell, ...]]


def columns_of(kind: type[Any]) -> tuple[str, ...]:
    """The columns of something whose fields are cells."""
    return tuple(one.name for one in fields(kind))


def cells_of(value: Any) -> tuple[Cell, ...]:
    """The cells of something whose fields are cells."""
    return astuple(value, recurse=False)
