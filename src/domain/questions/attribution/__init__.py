"""Attribution: which touches brought about conversions, by ten models side by side."""

from .chain import RemovalEffects, removal_effects, shared_by_effect
from .coalitions import RateGame, rate_game
from .conversions import (
    MOST_CONVERSIONS,
    ConversionCredits,
    ConversionKey,
    ConversionPage,
    ConversionsQuery,
    PathCredit,
    PathCredits,
    conversion_page,
)
from .figures import (
    MOST_PLAYERS,
    MOST_STATES,
    MOST_VALUES,
    NO_TOUCH,
    AttributionFigures,
    Credit,
    ModelCredits,
    check_size,
    model_credits,
)
from .journeys import ConvertedPath, Journeys, Outcomes, Touch, journeys, worth
from .options import (
    AttributionModel,
    Conversion,
    Counting,
    PositionWeights,
    QualifyingConversion,
    Touchpoint,
)
from .query import DIRECT_VALUES, AttributionQuery
from .rules import attribution_rules
from .shares import decayed_shares, path_shares, position_shares, touch_shares

__all__ = [
    "DIRECT_VALUES",
    "MOST_CONVERSIONS",
    "MOST_PLAYERS",
    "MOST_STATES",
    "MOST_VALUES",
    "NO_TOUCH",
    "AttributionFigures",
    "AttributionModel",
    "AttributionQuery",
    "Conversion",
    "ConversionCredits",
    "ConversionKey",
    "ConversionPage",
    "ConversionsQuery",
    "ConvertedPath",
    "Counting",
    "Credit",
    "Journeys",
    "ModelCredits",
    "Outcomes",
    "PathCredit",
    "PathCredits",
    "PositionWeights",
    "QualifyingConversion",
    "RateGame",
    "RemovalEffects",
    "Touch",
    "Touchpoint",
    "attribution_rules",
    "check_size",
    "conversion_page",
    "decayed_shares",
    "journeys",
    "model_credits",
    "path_shares",
    "position_shares",
    "rate_game",
    "removal_effects",
    "shared_by_effect",
    "touch_shares",
    "worth",
]
