"""Kernels held to references, also over columns as sources that were continued have them: with
other codes of users, and codes of texts that are as narrow as their number allows."""

from datetime import datetime

import numpy as np
from attrs import evolve

from sightline.adapters.columns import Texts, UserColumns, columns_of
from sightline.adapters.columns.columns import Longs
from sightline.adapters.columns.engine import Kernel
from sightline.adapters.columns.kernels import KERNELS
from sightline.domain.questions import History, Question


def hold(question: Question, history: History, now: datetime) -> None:
    """The kernel of a question says what its reference says, however users are numbered."""
    kernel: Kernel = KERNELS[type(question)]
    columns = columns_of(history, kernel.wanted(question))
    expected = question.reference(history, now)
    assert kernel.answer(question, columns, now) == expected
    assert kernel.answer(question, renumbered(columns), now) == expected


def renumbered(columns: UserColumns) -> UserColumns:
    """Users in the opposite order, and one among them who has no row here."""
    ids = (*columns.user_ids[::-1], "a user without rows")
    user = len(columns.user_ids) - 1 - columns.user
    order = np.argsort(user, kind="stable")
    types = columns.types
    return evolve(
        columns,
        user=user[order].astype(np.int32),
        at=columns.at[order],
        position=None if columns.position is None else columns.position[order],
        fits=tuple(one[order] for one in columns.fits),
        fields=tuple(_narrow(one, order) for one in columns.fields),
        numbers=tuple(one[order] for one in columns.numbers),
        types=None if types is None else _narrow(types, order),
        user_ids=ids,
    )


def _narrow(texts: Texts, order: Longs) -> Texts:
    values = (*texts.values, "unused")
    return Texts(texts.codes[order].astype(np.min_scalar_type(len(values))), values)
