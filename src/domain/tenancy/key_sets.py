"""When the published keys of another issuer are read, and how long they are believed."""

from enum import Enum

from attrs import frozen

from .signing_keys import PublicKey

#: How old a key set may be before it is read again while it is used. [s]
REFRESH_AFTER = 30.0
#: How long an issuer is left alone after it was asked, whatever it said. [s]
PAUSE = 30.0
#: How old a key set may be before it is worth nothing. [s]
BELIEVED_FOR = 3_600.0


@frozen
class KeySet:
    """What is known of an issuer's keys.

    Args:
        keys: Its keys as they were last read.
        read_at: When that was, by a clock that is never set; None if never. [s]
        asked_at: When it was last asked, by the same clock; None if never. [s]
    """

    keys: tuple[PublicKey, ...] = ()
    read_at: float | None = None
    asked_at: float | None = None

    def find(self, key_id: str) -> PublicKey | None:
        """The key of an id."""
        return next((key for key in self.keys if key.id == key_id), None)


class Step(Enum):
    """What to do when a key is wanted."""

    USE = "use"
    """Answer from what is known."""
    USE_AND_READ = "use_and_read"
    """The same, and read the set again meanwhile."""
    READ = "read"
    """Read the set first."""
    GIVE_UP = "give_up"
    """Nothing is known, and the issuer was asked a moment ago."""


def step(known: KeySet, key_id: str, now: float) -> Step:
    """What to do for a key of an issuer now.

    Made-up key ids cause one reading per pause, however many there are; an issuer
    that is down costs nobody anything while its keys are believed.
    """
    may_ask = known.asked_at is None or now - known.asked_at >= PAUSE
    believed = known.read_at is not None and now - known.read_at < BELIEVED_FOR
    if believed and known.find(key_id) is not None:
        old = known.read_at is not None and now - known.read_at >= REFRESH_AFTER
        return Step.USE_AND_READ if old and may_ask else Step.USE
    if may_ask:
        return Step.READ
    return Step.USE if believed else Step.GIVE_UP
