"""Where grades begin, who is to be looked at and what stands out: limits that a tenant may set."""

from collections.abc import Iterator
from enum import StrEnum

from attrs import astuple, field, fields_dict, frozen

from ..errors import Flaw

LARGEST_LIMIT = 1e6
"""Largest limit of a measure that has no end of its own. [1]"""

LARGEST_PROBABILITY = 0.9999
"""Up to it, and down to 1 less it, the limit of a profile can be worked out. [0..1]"""


class Grade(StrEnum):
    """A score in one letter, A the best; the model's thresholds say where each begins."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


class ScoreConfidence(StrEnum):
    """How narrow a score's 90 % interval is, by the model's thresholds."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@frozen(slots=False)
class GradeBounds:
    """The lowest score of each grade; what lies under that of D is E.

    Args:
        a: Of grade A. [points, 0..100]
        b: Of grade B, under that of A. [points, 0..100]
        c: Of grade C, under that of B. [points, 0..100]
        d: Of grade D, under that of C. [points, 0..100]

    >>> GradeBounds().grade(71.54).value
    'B'
    """

    a: float = 75.0
    b: float = 60.0
    c: float = 40.0
    d: float = 25.0

    def grade(self, score: float) -> Grade:
        """The grade of a score."""
        if score >= self.b:
            return Grade.A if score >= self.a else Grade.B
        if score >= self.c:
            return Grade.C
        return Grade.D if score >= self.d else Grade.E


@frozen(slots=False)
class Thresholds:
    """The limits by which scores are sorted into kinds; no score moves with them.

    The model they belong to checks them.

    Args:
        grades: Where each grade begins.
        high_confidence: Half of the 90 % interval up to which confidence is high. [points, 0..100]
        medium_confidence: The same for medium, beyond it is low; not under `high_confidence`.
            [points, 0..100]
        watch_below: A score under it is to be watched. [points, 0..100]
        under_performer_below: Under it lies the whole interval of an under-performer.
            [points, 0..100]
        under_performer_percentile: Up to it an under-performer stands among its peers.
            [percent, 0..100]
        outlier_score: Modified z-score, either way, beyond which a score or one metric's
            deviation stands out. [0.000001..1000000]
        outlier_profile_probability: Share of ordinary properties whose profile of all metrics does
            not stand out. [0.0001..0.9999]
        fence: From a quartile to the inner fence of a box plot, as `outlier_score` over 0.
            [interquartile ranges]
        far_fence: The same to the outer fence; not under `fence`. [interquartile ranges]
    """

    grades: GradeBounds = field(factory=GradeBounds)
    high_confidence: float = 7.5
    medium_confidence: float = 15.0
    watch_below: float = 40.0
    under_performer_below: float = 50.0
    under_performer_percentile: float = 25.0
    outlier_score: float = 3.5
    outlier_profile_probability: float = 0.975
    fence: float = 1.5
    far_fence: float = 3.0

    def confidence(self, half_width: float) -> ScoreConfidence:
        """How far a score may be relied upon.

        Args:
            half_width: Of its 90 % interval, before it is cut to 0 to 100. [points]
        """
        if half_width <= self.high_confidence:
            return ScoreConfidence.HIGH
        medium = half_width <= self.medium_confidence
        return ScoreConfidence.MEDIUM if medium else ScoreConfidence.LOW


def threshold_flaws(thresholds: Thresholds, path: tuple[str, ...]) -> Iterator[Flaw]:
    """What is wrong with some thresholds, if anything; NaN is nowhere within limits.

    Args:
        thresholds: Of a model.
        path: Where they are in it.
    """
    yield from _grade_flaws(thresholds.grades, (*path, "grades"))
    for name, (lowest, highest) in _LIMITS.items():
        if not lowest <= getattr(thresholds, name) <= highest:
            yield _out_of_range((*path, name), lowest, highest)
    for low, high in (("high_confidence", "medium_confidence"), ("fence", "far_fence")):
        if getattr(thresholds, high) < getattr(thresholds, low):
            yield Flaw((*path, high), "reversed", f"must not be under {low}")


_POINTS = (0.0, 100.0)
_LIMITS = {
    "high_confidence": _POINTS,
    "medium_confidence": _POINTS,
    "watch_below": _POINTS,
    "under_performer_below": _POINTS,
    "under_performer_percentile": _POINTS,
    "outlier_score": (1 / LARGEST_LIMIT, LARGEST_LIMIT),
    "outlier_profile_probability": (1 - LARGEST_PROBABILITY, LARGEST_PROBABILITY),
    "fence": (1 / LARGEST_LIMIT, LARGEST_LIMIT),
    "far_fence": (1 / LARGEST_LIMIT, LARGEST_LIMIT),
}


def _grade_flaws(grades: GradeBounds, path: tuple[str, ...]) -> Iterator[Flaw]:
    above = None
    for name, bound in zip(fields_dict(GradeBounds), astuple(grades), strict=True):
        if not 0 <= bound <= 100:
            yield _out_of_range((*path, name), *_POINTS)
        elif above is not None and bound >= above[1]:
            message = f"must be under the {above[1]:.12g} of {above[0].upper()}"
            yield Flaw((*path, name), "not_descending", message)
        above = (name, bound)


def _out_of_range(path: tuple[str, ...], lowest: float, highest: float) -> Flaw:
    return Flaw(path, "out_of_range", f"must lie in {lowest:g} to {highest:g}")
