"""Series and cubes by whole columns."""

from .answers import answer, path, wanted

__all__ = ["answer", "path", "wanted"]
