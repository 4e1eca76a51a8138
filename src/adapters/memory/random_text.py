"""Chance that repeats itself."""

from random import Random

from attrs import define, field


@define
class SeededRandomText:
    """Draws the same texts in the same order, every time."""

    seed: int = 0
    _random: Random = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._random = Random(self.seed)

    def draw(self, alphabet: str, length: int) -> str:
        return "".join(self._random.choices(alphabet, k=length))
