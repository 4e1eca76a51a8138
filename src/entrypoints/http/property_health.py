"""The health score of a property, taken apart."""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

from datetime import date
from typing import Literal

from attrs import frozen
from litestar import Controller, get
from litestar.params import FromPath

from ...domain.errors import Flaw, InvalidFields
from ...domain.portfolio.health_report import HealthQuestion, PropertyHealth
from ...domain.portfolio.history import HistoryRequest
from ...domain.windows import Interval
from .inputs import Call, described
from .properties import property_id as identified


@frozen
class HealthParameters:
    """When, over which time, and how thoroughly."""

    as_of: date | None = described(
        "The score as it was known at this date: the property's history and the market's latest "
        "month until then. Now, without it.",
        default=None,
        example="2025-06-30",
    )
    interval: Literal["month", "quarter", "year"] | None = described(
        "Show the score over time too, in buckets so long.", default=None, example="quarter"
    )
    start: date | None = described(
        "First day of the history; without it, three years back from its end.", default=None
    )
    end: date | None = described(
        "Last day of the history; without it, the latest month that either side has.", default=None
    )
    explain: bool = described(
        "Whether the score is worked out step by step, with what would move it.", default=False
    )

    def question(self) -> HealthQuestion:
        """The question that is asked.

        Raises:
            InvalidFields: If parts of a history are asked for, but no history.
            InvalidWindow: If a date or the window cannot be.
        """
        return HealthQuestion(self.as_of, self._history(), self.explain)

    def _history(self) -> HistoryRequest | None:
        if self.interval:
            return HistoryRequest(Interval(self.interval), self.start, self.end)
        message = "belongs to a history; ask for one with interval=month, quarter or year"
        flaws = [
            Flaw((name,), "no_history", message)
            for name, value in (("start", self.start), ("end", self.end))
            if value is not None
        ]
        if flaws:
            raise InvalidFields(flaws)
        return None


class PropertyHealthController(Controller):
    """How healthy your properties are."""

    tags = ("Properties",)

    @get(
        "/api/v1/properties/{property_id:str}/health",
        operation_id="getPropertyHealth",
        needs="properties:read",
        asks=HealthParameters,
    )
    async def show(self, request: Call, property_id: FromPath[str]) -> PropertyHealth:
        """The health score of a property, 0 to 100, and why it is what it is.

        50 is at market. Every metric's contribution is told and they add up exactly; the
        interval says how sure the score is, the insights what it means, each with its numbers.
        The numbers behind it are those of your health model, whose version the answer names;
        `rules` says how a score comes about. With `interval` the answer has the score over time,
        with `explain` every step in numbers, so that it can be worked out again, and what better
        values would gain.
        """
        question = request.parameters(HealthParameters).question()
        return await request.cases.score_property(request.tenant, identified(property_id), question)
