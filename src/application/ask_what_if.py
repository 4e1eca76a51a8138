"""Ask what other weights or values would make of a portfolio."""

import asyncio
from collections.abc import Sequence

from attrs import frozen

from ..domain.errors import InvalidInput, PropertyNotFound
from ..domain.identifiers import TenantId
from ..domain.portfolio.health_evidence import HealthInputs, present_inputs
from ..domain.portfolio.kept_health import PropertyScore
from ..domain.portfolio.portfolio_what_if import (
    LARGEST_PORTFOLIO,
    PortfolioWhatIf,
    PortfolioWhatIfQuestion,
    whole_what_if,
)
from ..domain.portfolio.property import Property
from ..domain.portfolio.selection import PropertyQuery
from ..ports.health_models import HealthModelRepository
from ..ports.health_scores import HealthScoreRepository
from ..ports.properties import PropertyRepository
from .make_scores import MakeScores, Sides


@frozen
class AskWhatIf:
    """Use case: a portfolio with other weights or values, and what would lift it most.

    Args:
        properties: Where the properties are kept.
        models: Where the tenant's model is kept.
        scores: Where scores are kept: of those that are current the momentum is taken.
        make: Makes the others.
    """

    properties: PropertyRepository
    models: HealthModelRepository
    scores: HealthScoreRepository
    make: MakeScores

    async def __call__(
        self, tenant: TenantId, question: PortfolioWhatIfQuestion
    ) -> PortfolioWhatIf:
        """Ask; nothing is changed.

        Raises:
            PropertyNotFound: If other values are given of a property that is not meant.
            InvalidFields: If a weight or a value cannot be.
            InvalidInput: If more than 20,000 properties are meant.
            Unavailable: If the record store does not answer.
        """
        model = (await self.models.current(tenant)).model
        question.model(model)  # refused before anything is read
        owned = (await self.properties.page(tenant, PropertyQuery())).items
        subjects = [
            one for one in owned if not question.market_ids or one.market_id in question.market_ids
        ]
        if len(subjects) > LARGEST_PORTFOLIO:
            message = (
                f"{len(subjects)} properties are more than the {LARGEST_PORTFOLIO} of one "
                "question; name some of their markets"
            )
            raise InvalidInput(message, path=("market_ids",), code="too_many")
        there = {subject.id for subject in subjects}
        for other in question.values:
            if other.property_id not in there:
                raise PropertyNotFound(other.property_id)
        sides = await self.make.sides(tenant, {subject.market_id for subject in subjects})
        scores = {score.id: score for score in await self._scores(tenant, subjects, sides)}
        inputs = {
            subject.id: _inputs(subject, scores[subject.id], sides)
            for subject in subjects
            if subject.id in scores
        }
        areas = {subject.id: subject.area_sqft for subject in subjects}
        return await asyncio.to_thread(whole_what_if, model, question, inputs, areas)

    async def _scores(
        self, tenant: TenantId, subjects: Sequence[Property], sides: Sides
    ) -> Sequence[PropertyScore]:
        wanted = {subject.id: sides.inputs(subject) for subject in subjects}
        kept = [
            score
            for score in await self.scores.everything(tenant)
            if wanted.get(score.id) == score.inputs
        ]
        known = {score.id for score in kept}
        rest = [subject for subject in subjects if subject.id not in known]
        return [*kept, *await self.make.scores(tenant, rest, sides, {})]


def _inputs(subject: Property, score: PropertyScore, sides: Sides) -> HealthInputs:
    present = present_inputs(subject, sides.markets[subject.market_id].view)
    return HealthInputs(present.own, present.market, score.momenta)
