"""The health of several properties at once."""

from litestar import Controller, post

from ...domain.portfolio.side_by_side import SideBySide, SideBySideQuestion
from ...domain.tenancy import CostClass
from .inputs import Call


class PortfolioHealthController(Controller):
    """How healthy your properties are beside one another."""

    path = "/api/v1/portfolio"
    tags = ("Portfolio health",)

    @post(
        "/compare",
        operation_id="compareProperties",
        needs="properties:read",
        takes=SideBySideQuestion,
        audit="read",
        cost_class=CostClass.HEAVY,
        may_fail=(404,),
        status_code=200,
    )
    async def compare(self, request: Call) -> SideBySide:
        """Two to twenty properties side by side.

        Each with its score against its own market, every metric in a row, and every two of them
        with the difference of their scores, taken apart by metric, and how sure their order is.
        A property whose market cannot be read is a column with the reason; only if that is so
        of all of them there is no answer.
        """
        question = await request.payload(SideBySideQuestion)
        return await request.cases.compare_properties(request.tenant, question)
