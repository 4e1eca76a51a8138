"""Answer questions over events, within what a tenant may have looked at."""

from collections.abc import Mapping

from attrs import frozen

from ..domain.attributes import Attributes
from ..domain.errors import QuestionTooCostly
from ..domain.identifiers import TenantId
from ..domain.questions import Answer, Explanation, Posed, Question, asked_at
from ..ports.clock import Clock
from ..ports.limit_plans import LimitPlans
from ..ports.question_engine import Asked, QuestionEngine
from ..ports.users import UserRepository

PATIENCE = 10
"""So many times more events may be looked at where nobody waits for the answer."""


@frozen
class AskQuestion:
    """Use case: the exact answer to a question, with its rules and the position it saw.

    Args:
        engine: Who answers.
        users: What is known of users.
        plans: How many events a tenant may have looked at by one question.
        clock: Tells what is still open.
    """

    engine: QuestionEngine
    users: UserRepository
    plans: LimitPlans
    clock: Clock

    async def __call__(
        self,
        tenant: TenantId,
        question: Question,
        through: int | None = None,
        *,
        patient: bool = False,
    ) -> Answer:
        """Ask.

        Args:
            tenant: Of whose events.
            question: What.
            through: The last position that is seen, for the further pages of an answer; None
                for all there is.
            patient: Whether nobody waits for it: then ten times as many events may be looked at.

        Raises:
            QuestionTooCostly: If more events may have to be looked at than the tenant's plan
                allows; nothing was run.
            Unavailable: If a store does not answer in time.
        """
        return await self.posed(tenant, Posed.of(question), through, patient=patient)

    async def posed(
        self,
        tenant: TenantId,
        posed: Posed,
        through: int | None = None,
        *,
        patient: bool = False,
    ) -> Answer:
        """The same for a question that is asked more than once; args and errors as above."""
        weight = await self.engine.weight(tenant, posed.reach)
        allowed = (await self.plans.of(tenant)).question_events * (PATIENCE if patient else 1)
        if weight > allowed:
            raise QuestionTooCostly(weight, allowed)
        now = asked_at(self.clock.now())
        users, seen = await self._known(tenant, posed.attributes)
        asked = Asked(posed.question, users, seen, now, through, posed.told)
        found = await self.engine.answer(tenant, asked)
        return Answer(
            found.figures,
            posed.rules,
            found.position,
            posed.question.complete_until(now),
            Explanation(found.engine, found.path, found.read, weight, now, found.cached),
        )

    async def _known(
        self, tenant: TenantId, names: frozenset[str]
    ) -> tuple[Mapping[str, Attributes], int]:
        if not names:
            return {}, 0
        known = await self.users.known(tenant, names)
        return known.attributes, known.position
