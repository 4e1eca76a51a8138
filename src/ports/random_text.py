"""Text that nobody can guess."""

from typing import Protocol


class RandomText(Protocol):
    """Draws secrets, so that the inside needs no source of chance."""

    def draw(self, alphabet: str, length: int) -> str:
        """So many characters, each drawn evenly from the alphabet."""
