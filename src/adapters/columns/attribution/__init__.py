"""Attribution by whole columns: prefix sums over touches that lie user by user."""

from . import conversions
from .figures import answer, path, wanted

__all__ = ["answer", "conversions", "path", "wanted"]
