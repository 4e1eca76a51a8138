"""Chance from the operating system's cryptographic source."""

import secrets

from attrs import frozen


@frozen
class SystemRandomText:
    """Draws from `secrets`."""

    def draw(self, alphabet: str, length: int) -> str:
        return "".join(secrets.choice(alphabet) for _ in range(length))
