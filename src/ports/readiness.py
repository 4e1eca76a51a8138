"""Whether something outside answers, so that requests may be sent here."""

from typing import Protocol


class ReadinessProbe(Protocol):
    """One thing that must answer before requests can be."""

    @property
    def name(self) -> str:
        """What is probed, for example ``record_store``."""

    async def problem(self) -> str | None:
        """Why it is not ready, for an operator; None if it is. Never raises, answers quickly."""
