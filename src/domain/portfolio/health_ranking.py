"""Scores of many properties beside one another: ranks, percentiles, peers, bands."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from attrs import frozen

from ..errors import InvalidInput
from ..identifiers import MarketId, PropertyId
from .health_thresholds import Thresholds

FEWEST_PEERS = 8
"""Properties, the one in question among them, that make a group of peers. [1]"""


def competition_ranks(scores: Sequence[float]) -> tuple[int, ...]:
    """Ranks, best first; equal scores share the best of their places: 1, 2, 2, 4.

    >>> competition_ranks([48.0, 71.2, 48.0, 30.3])
    (2, 1, 2, 4)
    """
    ascending = sorted(scores)
    return tuple(len(ascending) - bisect_right(ascending, score) + 1 for score in scores)


def percentile(score: float, ascending: Sequence[float]) -> float:
    """How many of a group lie below, ties by half. [percent, 0..100]

    Args:
        score: Of a member of the group, or of anybody else.
        ascending: The group's scores in order; not empty.

    >>> percentile(48.0, [30.3, 48.0, 48.0, 62.1])
    50.0
    """
    if not ascending:
        raise InvalidInput("a group without members has no percentiles", code="empty")
    below = bisect_left(ascending, score)
    equal = bisect_right(ascending, score) - below
    return 100 * (below + equal / 2) / len(ascending)


def percentiles(scores: Sequence[float]) -> tuple[float, ...]:
    """The percentile of each score among all of them; 50 for a single one. [percent]"""
    ascending = sorted(scores)
    return tuple(percentile(score, ascending) for score in scores)


@frozen(slots=False)
class RankedProperty:
    """One property's place in a portfolio.

    Args:
        id: The property.
        score: Its health score. [points]
        rank: 1 for the best; equal scores have equal ranks.
        percentile: Among all that have a score. [percent, 0..100]
    """

    id: PropertyId
    score: float
    rank: int
    percentile: float


def ranking(scores: Mapping[PropertyId, float | None]) -> tuple[RankedProperty, ...]:
    """Every property that has a score, best first; equal ones by id, for paging only."""
    known = [(identifier, score) for identifier, score in scores.items() if score is not None]
    known.sort(key=_best_first)
    ascending = [score for _, score in reversed(known)]
    return tuple(_ranked(known, ascending))


def _best_first(item: tuple[PropertyId, float]) -> tuple[float, PropertyId]:
    return -item[1], item[0]


def _ranked(
    known: Sequence[tuple[PropertyId, float]], ascending: Sequence[float]
) -> Iterator[RankedProperty]:
    count = len(known)
    for identifier, score in known:
        above = bisect_right(ascending, score)
        below = bisect_left(ascending, score)
        middle = 100 * (below + (above - below) / 2) / count
        yield RankedProperty(identifier, score, count - above + 1, middle)


class PeerGroup(StrEnum):
    """Whom a property is held against, narrow to wide."""

    MARKET_TYPE_CLASS = "market_type_class"
    MARKET_TYPE = "market_type"
    MARKET = "market"
    TYPE_CLASS = "type_class"
    TYPE = "type"
    PORTFOLIO = "portfolio"


class Peer(NamedTuple):
    """What makes a property a peer of others; never part of its score.

    Args:
        id: The property.
        market: Its market.
        property_type: office, retail, …; None leaves the groups of types out.
        property_class: A, B, C …
        score: Its health score. [points]
    """

    id: PropertyId
    market: MarketId
    property_type: str | None
    property_class: str
    score: float


@frozen(slots=False)
class PeerStanding:
    """Where a property stands among its peers.

    Args:
        id: The property.
        group: Which group: the narrowest that is large enough.
        description: The same in words.
        peers: Members of the group, the property among them.
        rank: Among them, 1 for the best.
        percentile: Among them. [percent, 0..100]
    """

    id: PropertyId
    group: PeerGroup
    description: str
    peers: int
    rank: int
    percentile: float


def peer_standings(peers: Iterable[Peer], fewest: int = FEWEST_PEERS) -> tuple[PeerStanding, ...]:
    """Where each property stands among its peers, in the given order.

    The narrowest group that has enough members counts: market, type and class, then
    market and type, market, type and class anywhere, type, and at last the whole
    portfolio, however small. A property by itself has percentile 50.

    Args:
        peers: Every property that has a score.
        fewest: Members that a group needs.
    """
    listed = list(peers)
    groups: dict[tuple[object, ...], list[float]] = defaultdict(list)
    for peer in listed:
        for key in _keys(peer):
            groups[key].append(peer.score)
    for members in groups.values():
        members.sort()
    return tuple(_standing(peer, groups, fewest) for peer in listed)


def _keys(peer: Peer) -> Iterator[tuple[object, ...]]:
    kind = peer.property_type
    if kind is not None:
        yield PeerGroup.MARKET_TYPE_CLASS, peer.market, kind, peer.property_class
        yield PeerGroup.MARKET_TYPE, peer.market, kind
    yield PeerGroup.MARKET, peer.market
    if kind is not None:
        yield PeerGroup.TYPE_CLASS, kind, peer.property_class
        yield PeerGroup.TYPE, kind
    yield (PeerGroup.PORTFOLIO,)


def _standing(
    peer: Peer, groups: Mapping[tuple[object, ...], Sequence[float]], fewest: int
) -> PeerStanding:
    keys = list(_keys(peer))
    key = next((key for key in keys if len(groups[key]) >= fewest), keys[-1])
    members = groups[key]
    place = percentile(peer.score, members)
    rank = len(members) - bisect_right(members, peer.score) + 1
    group = PeerGroup(str(key[0]))
    return PeerStanding(
        peer.id,
        group,
        _described(group, peer),
        len(members),
        rank,
        place,
    )


def _described(group: PeerGroup, peer: Peer) -> str:
    where, kind, grade = f"market {peer.market}", peer.property_type, peer.property_class
    return {
        PeerGroup.MARKET_TYPE_CLASS: f"{kind} properties of class {grade} in {where}",
        PeerGroup.MARKET_TYPE: f"{kind} properties in {where}",
        PeerGroup.MARKET: f"all properties in {where}",
        PeerGroup.TYPE_CLASS: f"{kind} properties of class {grade} in all markets",
        PeerGroup.TYPE: f"{kind} properties in all markets",
        PeerGroup.PORTFOLIO: "the whole portfolio",
    }[group]


@frozen(slots=False)
class Attention:
    """Whether a property needs to be looked at.

    Args:
        under_performer: Its interval lies under one limit, and among two peers or more its
            percentile is not over another.
        watch: Its score is under a third.
    """

    under_performer: bool
    watch: bool


def attention(thresholds: Thresholds, score: float, high: float, peers: PeerStanding) -> Attention:
    """Whether a property needs to be looked at.

    Args:
        thresholds: The tenant's limits.
        score: Its health score. [points]
        high: Upper end of its interval. [points]
        peers: Where it stands among its peers.
    """
    behind = peers.peers > 1 and peers.percentile <= thresholds.under_performer_percentile
    return Attention(
        behind and high < thresholds.under_performer_below, score < thresholds.watch_below
    )
