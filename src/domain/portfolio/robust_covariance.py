"""Distances from the middle of a cloud of points that outliers cannot hide by bending it.

The minimum covariance determinant: of all halves of the points, the one that fills the
least space says what is ordinary. It is sought from four fixed beginnings, so the same
points give the same answer, in any order.
"""

from collections.abc import Sequence
from math import fsum, sqrt
from operator import mul
from statistics import median
from typing import NamedTuple

from ..errors import InvalidInput
from ..statistics import chi_square_probability, chi_square_quantile

FEWEST_PER_COLUMN = 5
"""Points per column without which nothing is tested. [1]"""

MOST_FITTED = 1_000
"""Points from which the ordinary half is chosen; more are thinned out evenly. [1]"""

_REWEIGHTING = 0.975
_MOST_STEPS = 30

_Row = Sequence[float]
_Matrix = list[list[float]]


class _Shape(NamedTuple):
    centre: list[float]
    factor: _Matrix  # lower triangle L, with the covariance L·Lᵀ

    @property
    def volume(self) -> float:
        """Square root of the covariance's determinant."""
        found = 1.0
        for at, row in enumerate(self.factor):
            found *= row[at]
        return found


def classic_distances(rows: Sequence[_Row]) -> tuple[float, ...] | None:
    """Squared Mahalanobis distances by mean and covariance (divisor n).

    None where the points lie on a line or plane, or there are none.
    """
    shape = _shape(rows)
    return tuple(_distances(shape, rows)) if shape else None


def robust_distances(rows: Sequence[_Row]) -> tuple[float, ...] | None:
    """Squared distances by the reweighted minimum covariance determinant.

    For ordinary (normal) points they follow a chi-square distribution with as many
    degrees of freedom as columns. None where half of the points or more lie on a line
    or plane.

    Args:
        rows: Shape (n_points, n_columns), finite, at least five points per column.

    Raises:
        InvalidInput: If there are fewer.

    References:
        P. J. Rousseeuw, K. van Driessen, Technometrics 41 (1999) 212 (concentration
        steps); M. Hubert, P. J. Rousseeuw, T. Verdonck, J. Comput. Graph. Stat. 21
        (2012) 618 (fixed beginnings); C. Croux, G. Haesbroeck, J. Multivar. Anal. 71
        (1999) 161 (consistency factor of reweighting).
    """
    columns = len(rows[0]) if rows else 1
    if len(rows) < FEWEST_PER_COLUMN * columns:
        message = f"{len(rows)} points are fewer than {FEWEST_PER_COLUMN} per column"
        raise InvalidInput(message, path=("rows",), code="too_few")
    fitted: Sequence[_Row] = sorted(tuple(row) for row in rows)
    if len(fitted) > MOST_FITTED:
        fitted = [fitted[at * len(fitted) // MOST_FITTED] for at in range(MOST_FITTED)]
    tightest = _tightest(fitted)
    if tightest is None:
        return None
    distances = _distances(tightest, fitted)
    # Half of normal points lie within the distribution's median.
    scale = median(distances) / chi_square_quantile(0.5, columns)
    limit = chi_square_quantile(_REWEIGHTING, columns) * scale
    kept = [row for row, far in zip(fitted, distances, strict=True) if far <= limit]
    shape = _shape(kept)
    if shape is None:
        return None
    # Cutting the tails made the covariance too small by this much.
    short = chi_square_probability(chi_square_quantile(_REWEIGHTING, columns), columns + 2)
    factor = short / _REWEIGHTING
    return tuple(factor * far for far in _distances(shape, rows))


def _tightest(rows: Sequence[_Row]) -> _Shape | None:
    half = (len(rows) + len(rows[0]) + 1) // 2
    best: _Shape | None = None
    for start in _beginnings(rows):
        found = _concentrated(rows, start, half)
        if found is None:
            return None
        if best is None or found.volume < best.volume:
            best = found
    return best


def _concentrated(rows: Sequence[_Row], order: Sequence[float], half: int) -> _Shape | None:
    """Concentration steps from the half that comes first in an order; each shrinks the volume."""
    shape = _shape(_nearest(rows, order, half))
    for _ in range(_MOST_STEPS):
        if shape is None:
            return None
        following = _shape(_nearest(rows, _distances(shape, rows), half))
        if following and following.volume >= shape.volume * (1 - 1e-12):
            return shape
        shape = following
    return shape


def _nearest(rows: Sequence[_Row], order: Sequence[float], half: int) -> Sequence[_Row]:
    # Equal distances are decided by the points themselves, not by their places.
    return [row for _, row in sorted(zip(order, rows, strict=True))[:half]]


def _beginnings(rows: Sequence[_Row]) -> Sequence[Sequence[float]]:
    """Four orders of the points, ordinary ones first."""
    scaled = _scaled(rows)
    radii = [fsum(value * value for value in row) for row in scaled]
    largest = [max(map(abs, row)) for row in scaled]
    # Spatial signs: every point counts by its direction only.
    signs = [
        [value / sqrt(radius) for value in row] if radius > 0 else list(row)
        for row, radius in zip(scaled, radii, strict=True)
    ]
    spherical = _shape(signs, [0.0] * len(rows[0]))
    clipped = [[max(-1.5, min(value, 1.5)) for value in row] for row in scaled]
    wrapped = _shape(clipped)
    orders = [radii, largest]
    orders += [_distances(shape, scaled) for shape in (spherical, wrapped) if shape]
    return orders


def _scaled(rows: Sequence[_Row]) -> Sequence[_Row]:
    """Every column around its median, in robust deviations."""
    middles = [median(column) for column in zip(*rows, strict=True)]
    spreads = [
        median(abs(value - middle) for value in column) or 1.0
        for column, middle in zip(zip(*rows, strict=True), middles, strict=True)
    ]
    return [
        [
            (value - middle) / spread
            for value, middle, spread in zip(row, middles, spreads, strict=True)
        ]
        for row in rows
    ]


def _shape(rows: Sequence[_Row], centre: list[float] | None = None) -> _Shape | None:
    """Mean and factored covariance; None where the covariance has no inverse."""
    if not rows:
        return None
    columns = list(zip(*rows, strict=True))
    count = len(rows)
    middle = centre or [sum(column) / count for column in columns]
    centred = [
        [value - mean for value in column] for column, mean in zip(columns, middle, strict=True)
    ]
    covariance = [
        [sum(map(mul, left, right)) / count for right in centred[: at + 1]]
        for at, left in enumerate(centred)
    ]
    factor = _factor(covariance)
    return _Shape(middle, factor) if factor else None


def _factor(covariance: _Matrix) -> _Matrix | None:
    """Cholesky's factor of a lower triangle; None where it is not positive definite."""
    factor: _Matrix = []
    for at, given in enumerate(covariance):
        row: list[float] = []
        for column in range(at):
            rest = given[column] - _product(row, factor[column])
            row.append(rest / factor[column][column])
        rest = given[at] - _product(row, row)
        if rest <= 1e-10 * given[at] or rest <= 0:
            return None
        factor.append([*row, sqrt(rest)])
    return factor


def _product(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=False))


def _distances(shape: _Shape, rows: Sequence[_Row]) -> list[float]:
    """Squared distances, column by column: a portfolio of points at a quarter of the cost."""
    solved: list[list[float]] = []
    totals = [0.0] * len(rows)
    for column, mean, factors in zip(
        zip(*rows, strict=True), shape.centre, shape.factor, strict=True
    ):
        rest = [value - mean for value in column]
        for one, factor in zip(solved, factors, strict=False):
            rest = [value - known * factor for value, known in zip(rest, one, strict=True)]
        last = factors[-1]
        rest = [value / last for value in rest]
        solved.append(rest)
        totals = [total + value * value for total, value in zip(totals, rest, strict=True)]
    return totals
