"""The credits of single conversions, page by page."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from attrs import frozen

from ...attributes import Attributes
from ...errors import Flaw, InvalidFields
from ..patterns import History
from ..question import Reach
from ..sheet import Cell, Sheet, cells_of, columns_of
from .figures import NO_TOUCH
from .journeys import ConvertedPath, journeys
from .options import AttributionModel
from .query import AttributionQuery
from .reference import weight
from .shares import path_shares

MOST_CONVERSIONS = 1_000
"""Most conversions of one page."""


@frozen(order=True)
class ConversionKey:
    """Where a conversion stands among all: by instant, then by position.

    Args:
        at: When. [UTC]
        position: Its place in the order of acknowledgement.
    """

    at: datetime
    position: int


@frozen
class PathCredit:
    """What one value gets of a conversion.

    Args:
        value: The value, or `(none)` where nothing touched.
        touched: False for the latter.
        credit: In conversions, or in what it is worth. [conversions or unit of the property]
    """

    value: str
    touched: bool
    credit: float


@frozen
class PathCredits:
    """What a model makes of a conversion.

    Args:
        model: Which.
        credits: By value, in order of values; null for `markov` and `shapley_rate`, which
            credit all conversions together and none by itself.
    """

    model: AttributionModel
    credits: tuple[PathCredit, ...] | None


@frozen
class ConversionCredits:
    """A conversion and its credits.

    Args:
        user_id: Who converted.
        at: When. [UTC]
        position: The place of the conversion in the order of acknowledgement.
        value: What it is worth; null where no property says so, or no number. [unit of the
            property]
        touches: How many touches are on its path.
        first_touch_at: When the first of them was; null without any. [UTC]
        last_touch_at: When the last of them was; null without any. [UTC]
        models: One for every model of the question, in its order.
    """

    user_id: str
    at: datetime
    position: int
    value: float | None
    touches: int
    first_touch_at: datetime | None
    last_touch_at: datetime | None
    models: tuple[PathCredits, ...]


@frozen
class ConversionPage:
    """Conversions in order of instant and position.

    Args:
        conversions: Those of the page.
        following: The key of the last one, after which the next page begins; null on the last
            page.
    """

    conversions: tuple[ConversionCredits, ...]
    following: ConversionKey | None


@frozen
class ConversionsQuery:
    """The conversions behind an attribution, with what each is credited to.

    Args:
        query: The question whose conversions are listed.
        limit: Most of one page, 1 to 1,000.
        after: Where the page before ended; null for the first.

    Raises:
        InvalidFields: If the limit is out of bounds.
    """

    query: AttributionQuery
    limit: int = 100
    after: ConversionKey | None = None

    def __attrs_post_init__(self) -> None:
        if not 0 < self.limit <= MOST_CONVERSIONS:
            message = f"must lie between 1 and {MOST_CONVERSIONS}"
            raise InvalidFields([Flaw(("limit",), "out_of_range", message)])

    @property
    def explain(self) -> bool:
        """Whether the answer says how it was found."""
        return self.query.explain

    def reach(self) -> Reach:
        """Which events it looks at: those of the question itself."""
        return self.query.reach()

    def rules(self) -> Attributes:
        """Everything that the answer depends on."""
        order = "conversions by instant, then by position"
        return {**self.query.rules(), "order": order, "limit": self.limit}

    def complete_until(self, now: datetime) -> datetime:
        """As of the question itself."""
        return self.query.complete_until(now)

    def attributes(self) -> frozenset[str]:
        """The attributes of users that it looks at."""
        return self.query.attributes()

    def reference(self, history: History, now: datetime) -> ConversionPage:
        """The answer, slow and obvious; `now` changes nothing."""
        paths = journeys(self.query, history).converted
        keyed = sorted((ConversionKey(path.at, path.position), path) for path in paths)
        rest = [path for key, path in keyed if self.after is None or key > self.after]
        return conversion_page(self, rest[: self.limit], more=len(rest) > self.limit)

    def sheet(self, figures: ConversionPage) -> Sheet:
        """A row per conversion, model and value; one of a model that credits none by itself."""
        own, credited = columns_of(ConversionCredits)[:-1], columns_of(PathCredit)
        columns = (*own, "model", *(f"credits.{name}" for name in credited))
        return Sheet(columns, _credit_rows(figures))


def conversion_page(
    question: ConversionsQuery, paths: Iterable[ConvertedPath], *, more: bool
) -> ConversionPage:
    """A page of some paths.

    Args:
        question: Whose models are asked for.
        paths: Those of the page, in order.
        more: Whether others follow.
    """
    told = tuple(_told(question.query, path) for path in paths)
    return ConversionPage(told, ConversionKey(told[-1].at, told[-1].position) if more else None)


def _credit_rows(page: ConversionPage) -> Iterator[tuple[Cell, ...]]:
    none: tuple[Cell, ...] = (None,) * len(columns_of(PathCredit))
    for one in page.conversions:
        own = cells_of(one)[:-1]
        for path in one.models:
            told = [none] if path.credits is None else map(cells_of, path.credits)
            yield from ((*own, path.model.value, *cells) for cells in told)


def _told(question: AttributionQuery, path: ConvertedPath) -> ConversionCredits:
    return ConversionCredits(
        path.user_id,
        path.at,
        path.position,
        path.value,
        len(path.touches),
        path.touches[0].at if path.touches else None,
        path.touches[-1].at if path.touches else None,
        tuple(PathCredits(model, _credits(question, model, path)) for model in question.models),
    )


def _credits(
    question: AttributionQuery, model: AttributionModel, path: ConvertedPath
) -> tuple[PathCredit, ...] | None:
    if model.of_whole:
        return None
    worth = weight(question, path)
    shares = path_shares(question, model, path)
    return tuple(
        PathCredit(NO_TOUCH if one is None else one, one is not None, float(shares[one] * worth))
        for one in sorted(shares, key=lambda one: one or "")
    )
