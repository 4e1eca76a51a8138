"""Arrays as the figures of a level."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....domain.questions.series import Figures
from ..columns import Bools, Doubles


def listed(values: NDArray[Any]) -> Figures:
    """Whole numbers, shape (groups, stretches)."""
    found: Figures = values.tolist()
    return found


def listed_where(values: Doubles, there: Bools | bool) -> Figures:
    """Numbers, None where there is none or it is infinite."""
    kept = np.isfinite(values) & there
    if kept.all():
        return listed(values)
    found = values.astype(object)
    found[~kept] = None
    return listed(found)
