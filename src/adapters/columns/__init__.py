"""Answers to questions over events by whole columns at once, users' events side by side."""

from .columns import Texts, UserColumns, Wanted, columns_of
from .kernels import KERNELS

__all__ = ["KERNELS", "Texts", "UserColumns", "Wanted", "columns_of"]
