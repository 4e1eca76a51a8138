"""Attribution as rows."""

from ..sheet import Sheet, cells_of, columns_of
from .figures import AttributionFigures, Credit


def credit_sheet(figures: AttributionFigures) -> Sheet:
    """A row per model and value."""
    rows = (
        (model.model.value, model.conversion_rate, *cells_of(credit))
        for model in figures.models
        for credit in model.credits
    )
    return Sheet(("model", "conversion_rate", *columns_of(Credit)), rows)
