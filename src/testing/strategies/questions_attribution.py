"""Attribution questions on the grid of the histories, and journeys to share credit among."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from ...domain.questions import EventPattern, History, QuestionRange
from ...domain.questions.attribution import (
    AttributionModel,
    AttributionQuery,
    Conversion,
    ConversionKey,
    ConversionsQuery,
    ConvertedPath,
    Counting,
    Outcomes,
    PositionWeights,
    QualifyingConversion,
    Touch,
    Touchpoint,
)
from .question_histories import (
    event_patterns,
    question_conditions,
    question_histories,
    question_instants,
    question_ranges,
)

_VALUES = ("ads", "mail", "social", "", "Direct")
_HOUR = timedelta(hours=1)


def attribution_histories() -> st.SearchStrategy[History]:
    """Histories in which users are touched often, and convert."""
    return question_histories(
        instants=question_instants(12),
        types=("visit", "visit", "visit", "pay", "pay", "refund"),
        least=8,
        most=24,
    )


def attribution_queries() -> st.SearchStrategy[AttributionQuery]:
    """Questions with every option, all models at once in any order."""
    return st.builds(
        AttributionQuery,
        st.just(QuestionRange("2026-03-27", "2026-04-02")) | question_ranges(),
        conversions(),
        touchpoints(),
        st.sampled_from((6, 18, 48, 720, 720)).map(lambda hours: hours * _HOUR)
        | st.just(timedelta(microseconds=1)),
        st.permutations(list(AttributionModel)).map(tuple),
        half_lives(),
        position_weights(),
        st.sampled_from(Counting),
        st.sampled_from(QualifyingConversion),
        st.booleans(),
        st.sampled_from((("", "direct"), ("ADS",), ())),
        st.none() | st.none() | st.none() | st.none() | question_conditions(),
    )


def conversions() -> st.SearchStrategy[Conversion]:
    """Any pattern, worth 1 or what a property says."""
    return st.builds(
        lambda one, named: Conversion(one.event_type, one.filters, named),
        st.just(EventPattern("pay")) | event_patterns(("pay", "refund")),
        st.sampled_from((None, "amount")),
    )


def touchpoints() -> st.SearchStrategy[Touchpoint]:
    """Any pattern, credited by a property that few events lack."""
    return st.builds(
        lambda one: Touchpoint(one.event_type, one.filters, property="channel"),
        st.just(EventPattern("visit")) | event_patterns(("visit", "refund")),
    )


def half_lives() -> st.SearchStrategy[timedelta]:
    """From so short that old touches are worth nothing to so long that all are alike."""
    return st.sampled_from(
        (timedelta(microseconds=1), timedelta(minutes=1), 6 * _HOUR, 168 * _HOUR)
    )


def position_weights() -> st.SearchStrategy[PositionWeights]:
    """The usual ones, all to one end, and none to either."""
    pairs = st.sampled_from(((0.4, 0.4), (1.0, 0.0), (0.0, 0.3), (0.0, 0.0), (0.5, 0.5)))
    return pairs.map(lambda pair: PositionWeights(*pair))


@st.composite
def conversions_queries(draw: st.DrawFn) -> ConversionsQuery:
    """Pages of the first conversions, and of those after one or beside it."""
    position = st.integers(0, 16)
    after = draw(st.none() | st.builds(ConversionKey, question_instants(), position))
    return ConversionsQuery(draw(attribution_queries()), draw(st.integers(1, 4)), after)


@st.composite
def converted_paths(draw: st.DrawFn, least: int = 1) -> ConvertedPath:
    """Conversions with some touches before them, some at one instant.

    Args:
        draw: Given by Hypothesis.
        least: How many touches there are at least.
    """
    ages = sorted(draw(st.lists(st.integers(0, 12), min_size=least, max_size=6)), reverse=True)
    at = datetime(2026, 3, 31, tzinfo=UTC)
    values = st.sampled_from(_VALUES)
    touches = tuple(Touch(at - age * 6 * _HOUR, draw(values)) for age in ages)
    return ConvertedPath("u1", at, 1, None, touches)


def outcomes(values: tuple[str, ...] = ("a", "b", "c", "d")) -> st.SearchStrategy[Outcomes]:
    """Journeys by path, each made at least once; converted ones among them or none.

    Args:
        values: Of touches.
    """
    path = st.lists(st.sampled_from(values), min_size=1, max_size=4).map(tuple)
    counts = st.tuples(st.integers(0, 3), st.integers(0, 3)).filter(any)
    return st.dictionaries(path, counts, max_size=6)
