"""Does somebody try keys?"""

from datetime import datetime, timedelta

from attrs import define, field

from ..ports.clock import Clock

#: So many wrong credentials in a window are no slip of the hand.
SUSPICIOUS = 10
_REMEMBERED = 10_000


@define
class _Peer:
    """What an address did in its present window."""

    ends_at: datetime
    failures: int = 0
    told: bool = False


@define
class SuspectGuessing:
    """Use case: tells an address that guesses keys from one that made a mistake.

    Counted per process, in windows that begin with an address' first wrong
    credential. Of very many addresses the oldest are forgotten.

    Args:
        clock: Tells when a window is over.
        window: How long one is.
    """

    clock: Clock
    window: timedelta
    _peers: dict[str, _Peer] = field(factory=dict, init=False)

    def failed(self, address: str) -> None:
        """A credential from this address was wrong."""
        peer = self._current(address)
        if peer is None:
            peer = _Peer(self.clock.now() + self.window)
            self._peers.pop(address, None)  # the newest stands last, so the oldest goes first
            self._peers[address] = peer
            if len(self._peers) > _REMEMBERED:
                del self._peers[next(iter(self._peers))]
        peer.failures += 1

    def refused(self, address: str) -> bool:
        """An address has used its limit up; whether to raise the alarm, once a window."""
        peer = self._current(address)
        if peer is None or peer.told or peer.failures < SUSPICIOUS:
            return False
        peer.told = True
        return True

    def _current(self, address: str) -> _Peer | None:
        peer = self._peers.get(address)
        return peer if peer is not None and self.clock.now() < peer.ends_at else None
