"""May requests be sent here?"""

import asyncio
from collections.abc import Mapping

from attrs import frozen

from ..ports.readiness import ReadinessProbe


@frozen
class CheckReadiness:
    """Use case: what is not ready, and why."""

    probes: tuple[ReadinessProbe, ...]

    async def __call__(self) -> Mapping[str, str | None]:
        """Per thing that must answer: why it is not ready, or None. All at once, none waits."""
        problems = await asyncio.gather(*(probe.problem() for probe in self.probes))
        return {probe.name: said for probe, said in zip(self.probes, problems, strict=True)}
