"""The health score of a property, taken apart."""

# ruff: noqa: RUF009  (`described` makes a field, not a shared default)

from datetime import date

from attrs import frozen
from litestar import Controller, get
from litestar.params import FromPath

from ...domain.portfolio.health_report import PropertyHealth
from .inputs import Call, described
from .properties import property_id as identified


@frozen
class HealthParameters:
    """When."""

    as_of: date | None = described(
        "The score as it was known at this date: the property's history and the market's latest "
        "month until then. Now, without it.",
        default=None,
        example="2025-06-30",
    )


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
        The model is the built-in one; `rules` says how a score comes about.
        """
        as_of = request.parameters(HealthParameters).as_of
        return await request.cases.score_property(request.tenant, identified(property_id), as_of)
