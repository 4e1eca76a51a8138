"""What can be wrong with a funnel."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from ...errors import Flaw, InvalidFields
from .options import LONGEST_GRACE, LONGEST_WINDOW, StepOrder, StepTouch

if TYPE_CHECKING:
    from .query import FunnelQuery

MOST_STEPS = 20
"""Most steps of one funnel."""

MOST_EXCLUSIONS = 10
"""Most excluding events of one funnel."""


def funnel_flaws(query: "FunnelQuery") -> Iterator[Flaw]:
    """Everything that is wrong with a funnel as a whole."""
    yield from _step_flaws(query)
    yield from _time_flaws(query)
    yield from _exclusion_flaws(query)
    yield from _stretch_flaws(query)
    yield from _breakdown_flaws(query)
    yield from _trend_flaws(query)


def _step_flaws(query: "FunnelQuery") -> Iterator[Flaw]:
    if not 1 <= len(query.steps) <= MOST_STEPS:
        yield Flaw(("steps",), "too_many", f"must be 1 to {MOST_STEPS} steps")
    if query.steps and query.steps[0].optional:
        message = "an attempt begins with the first step, so it cannot be left out"
        yield Flaw(("steps", 0, "optional"), "first_step", message)
    if query.order is not StepOrder.ORDERED:
        for at, step in enumerate(query.steps[1:], 1):
            if step.optional:
                message = "only steps that are ordered can be left out"
                yield Flaw(("steps", at, "optional"), "order", message)


def _time_flaws(query: "FunnelQuery") -> Iterator[Flaw]:
    if not timedelta(0) < query.window <= LONGEST_WINDOW:
        message = f"must be positive and at most {LONGEST_WINDOW.days} days"
        yield Flaw(("window",), "out_of_range", message)
    if not timedelta(0) <= query.grace <= LONGEST_GRACE:
        message = f"must not be negative, and at most {LONGEST_GRACE.days} day"
        yield Flaw(("grace",), "out_of_range", message)
    if query.grace and query.order is not StepOrder.ORDERED:
        message = "only steps that are ordered can change places within a grace"
        yield Flaw(("grace",), "order", message)


def _exclusion_flaws(query: "FunnelQuery") -> Iterator[Flaw]:
    if len(query.exclusions) > MOST_EXCLUSIONS:
        yield Flaw(("exclusions",), "too_many", f"must be at most {MOST_EXCLUSIONS}")
    for at, one in enumerate(query.exclusions):
        yield from _known(query, one.to_step, ("exclusions", at, "to_step"))


def _stretch_flaws(query: "FunnelQuery") -> Iterator[Flaw]:
    for name, one in (("trend", query.trend), ("time_to_convert", query.time_to_convert)):
        if one is None:
            continue
        if one.to_step is not None:
            yield from _known(query, one.to_step, (name, "to_step"))
        elif one.from_step >= len(query.steps):
            message = "must be an earlier step than the last"
            yield Flaw((name, "from_step"), "out_of_order", message)


def _breakdown_flaws(query: "FunnelQuery") -> Iterator[Flaw]:
    if query.breakdown is not None and isinstance(query.breakdown.attribution, StepTouch):
        path = ("breakdown", "attribution", "step")
        yield from _known(query, query.breakdown.attribution.step, path)


def _trend_flaws(query: "FunnelQuery") -> Iterator[Flaw]:
    try:
        query.axis()
    except InvalidFields as error:
        for flaw in error.flaws:
            yield Flaw(("trend", *flaw.path), flaw.code, flaw.message)


def _known(query: "FunnelQuery", step: int, path: tuple[str | int, ...]) -> Iterator[Flaw]:
    if not 1 <= step <= len(query.steps):
        yield Flaw(path, "out_of_range", f"must be one of the {len(query.steps)} steps")
