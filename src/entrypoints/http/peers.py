"""Who is at the other end before a credential says so: addresses, and what they may spend."""

import random
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

import structlog
from attrs import define, field

from ...bootstrap import UseCases
from ...ports.telemetry import Telemetry
from .access import is_public
from .audit import Peers
from .limits import exceeded, fields
from .observe import send_answer
from .protocol import App, Receive, Scope, Send

Proxies = tuple[IPv4Network | IPv6Network, ...]
_log = structlog.get_logger()

_PROVEN = 10_000
_LONGEST_FORWARDED = 2_000


@define
class PeerLimited:
    """Charges an address for every request that is not vouched for yet.

    Paid for are documents for everybody, requests without a credential, and
    the first request with each credential, before it is checked: guessing keys
    costs the guesser's address and no tenant anything. A credential that was
    found good is remembered by its hash until it fails or many others came
    after it, so that a busy or attacked address does not stop those who are
    known. Health is free: who watches it must not be refused.

    An address that is refused after many wrong credentials is suspected of
    guessing: once a window that is logged, with the address as the audit log
    would hide it, and counted.

    Args:
        app: What is wrapped; it sets ``user`` in the scope if a credential is good.
        cases: Who is charged.
        telemetry: Told of refusals.
        peers: Hides addresses.
        trusted: Proxies whose X-Forwarded-For is believed.
        jitter: Spreads those that come again. [0..1)
    """

    app: App
    cases: UseCases
    telemetry: Telemetry
    peers: Peers
    trusted: Proxies = ()
    jitter: Callable[[], float] = random.random
    _proven: dict[int, None] = field(factory=dict, init=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/health/"):
            await self.app(scope, receive, send)
            return
        open_to_all = is_public(scope["path"])
        shown = None if open_to_all else _shown(scope["headers"])
        if shown not in self._proven:
            peer = address(scope, self.trusted)
            decision = await self.cases.limit_peer(peer)
            if not decision.allowed:
                if self.cases.suspect_guessing.refused(peer):
                    self._raise_alarm(peer, scope["request_id"])
                self.telemetry.count("limits.refused", cost_class="anonymous")
                error = exceeded(decision, self.jitter)
                told = fields((self.cases.limit_peer.policy,), decision)
                await send_answer(send, error, scope["request_id"], told)
                return
        await self.app(scope, receive, send)
        if shown is not None:
            self._remember(shown, scope.get("user") is not None)
            if scope.get("wrong_credential"):
                self.cases.suspect_guessing.failed(address(scope, self.trusted))

    def _raise_alarm(self, peer: str, request_id: str) -> None:
        self.telemetry.count("auth.key_guessing_suspected")
        hidden = self.peers.hidden(peer)
        _log.warning("key_guessing_suspected", peer=hidden, request_id=request_id)

    def _remember(self, shown: int, good: bool) -> None:
        if not good:
            self._proven.pop(shown, None)
        elif shown not in self._proven:
            self._proven[shown] = None
            if len(self._proven) > _PROVEN:
                del self._proven[next(iter(self._proven))]


def _shown(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """A hash of the credentials, so that none lies about in memory; None without any.

    Python's hash is enough: it is keyed per process, and a match only spares a
    request the address' charge, never the check of the credential itself.
    """
    found = [pair for pair in headers if pair[0] in {b"authorization", b"x-api-key"}]
    return hash(tuple(found)) if found else None


def address(scope: Scope, trusted: Proxies) -> str:
    """Who pays for what nobody vouches for: an IPv4 address, or the /64 of an IPv6 one.

    X-Forwarded-For counts only as far as proxies that are trusted wrote it: read
    from its end, the first address that is none of theirs. Everything before
    that, anybody can make up. A peer without an address (a local socket) is `local`.
    """
    client = scope.get("client")
    peer: str = client[0] if client else "local"
    if not trusted:
        return _owner(peer)
    values = (value for name, value in scope["headers"] if name == b"x-forwarded-for")
    forwarded = b",".join(values)[-_LONGEST_FORWARDED:].decode("latin-1")
    return _forwarded(peer, forwarded, trusted)


@lru_cache(maxsize=4096)
def _owner(peer: str) -> str:
    try:
        found = ip_address(peer)
    except ValueError:
        return "local"
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return f"{IPv6Network((int(found) >> 64 << 64, 64))}"


@lru_cache(maxsize=4096)
def _forwarded(peer: str, forwarded: str, trusted: Proxies) -> str:
    for hop in reversed([part.strip() for part in forwarded.split(",")]):
        if not _is_trusted(peer, trusted) or _owner(hop) == "local":
            break
        peer = hop
    return _owner(peer)


def _is_trusted(peer: str, trusted: Proxies) -> bool:
    try:
        found = ip_address(peer)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in trusted)
