"""What became of something that was written."""

from enum import StrEnum


class Outcome(StrEnum):
    """What a write came to."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
