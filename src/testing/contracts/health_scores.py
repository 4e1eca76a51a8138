"""What every repository of health scores must keep.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of an empty repository of properties and the one of their scores.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime, timedelta

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.identifiers import MarketId, PropertyId, TenantId
from ...domain.portfolio.health_score import score_words
from ...domain.portfolio.health_selection import HealthFilter, HealthQuery
from ...domain.portfolio.health_thresholds import Grade, Thresholds
from ...domain.portfolio.kept_health import (
    KeptHealth,
    Period,
    PortfolioState,
    PropertyScore,
    Standing,
)
from ...domain.portfolio.portfolio_health import Grouping, health_summary, summary_row
from ...domain.portfolio.portfolio_scoring import BucketLine
from ...domain.portfolio.property import PropertyDraft
from ...domain.windows import Interval
from ...ports.health_scores import HealthScoreRepository, KeptBuckets
from ...ports.properties import PropertyRepository
from ..strategies import (
    bucket_histories,
    health_filters,
    health_queries,
    portfolio_states,
    property_drafts,
    property_scores,
    standings,
    thresholds,
)

__all__ = [
    "test_a_grade_finds_what_the_limits_of_its_tenant_say",
    "test_a_score_history_replaces_the_one_before",
    "test_a_score_that_saw_less_never_replaces_one_that_saw_more",
    "test_a_tenant_is_behind_as_soon_as_anything_moves",
    "test_a_tenant_never_sees_the_scores_of_another",
    "test_a_walk_over_pages_sees_every_score_once",
    "test_every_change_moves_the_revision",
    "test_lists_are_what_the_query_means",
    "test_ranking_replaces_every_standing",
    "test_scores_come_back_as_they_were_kept",
    "test_scores_go_with_their_property",
    "test_summaries_come_back_as_they_were_kept",
    "test_summaries_get_what_the_filter_means",
]

Pair = tuple[PropertyRepository, HealthScoreRepository]
Fresh = Callable[[], AbstractAsyncContextManager[Pair]]

_ACME, _RIVAL = TenantId("acme"), TenantId("rival")
_NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)
_IDS = tuple(map(PropertyId, range(1, 5)))
_DRAFT = PropertyDraft(
    name="One", address="1 Sample Street", market_id=MarketId(1), area_sqft=1.0, year_built=1999,
    property_class="A", current_occupancy_rate=90.0,
)  # fmt: skip


@st.composite
def portfolios(draw: st.DrawFn) -> Sequence[tuple[PropertyScore, Standing | None]]:
    """Scores of some of four properties, each perhaps with a place."""
    chosen = draw(st.lists(st.sampled_from(_IDS), min_size=1, unique=True))
    return [
        (draw(property_scores(st.just(one))), draw(st.none() | standings(one)))
        for one in sorted(chosen)
    ]


def _histories() -> st.SearchStrategy[Mapping[PropertyId, Sequence[BucketLine]]]:
    return st.dictionaries(st.sampled_from(_IDS), bucket_histories(), max_size=4)


_STATE = PortfolioState(1, 0, 0, date(2025, 9, 15), _NOON, 0, "done")


async def _filled(
    pair: Pair,
    portfolio: Sequence[tuple[PropertyScore, Standing | None]],
    histories: Mapping[PropertyId, Sequence[BucketLine]],
) -> list[KeptHealth]:
    """Keep all of it; what is kept, without changes."""
    properties, scores = pair
    await properties.put_all(_ACME, [evolve(_DRAFT, id=one) for one in _IDS], _NOON)
    await scores.put(_ACME, [score for score, _ in portfolio])
    said = {score.id: standing for score, standing in portfolio if standing}
    await scores.rank(_ACME, said, _STATE)
    await scores.put_buckets(
        _ACME, {one: KeptBuckets("key", lines) for one, lines in histories.items()}
    )
    return [KeptHealth(score, standing, None, None) for score, standing in portfolio]


def _with_changes(
    kept: Sequence[KeptHealth],
    histories: Mapping[PropertyId, Sequence[BucketLine]],
    period: Period | None,
) -> list[KeptHealth]:
    found = (_bucket(histories.get(one.score.id, ()), period) for one in kept)
    return [
        evolve(one, period_score=score, change=change)
        for one, (score, change) in zip(kept, found, strict=True)
    ]


def _bucket(
    lines: Sequence[BucketLine], period: Period | None
) -> tuple[float | None, float | None]:
    found = ((o.score, o.change) for o in lines if period == Period(o.interval, o.start))
    return next(found, (None, None))


def _period(
    query: HealthQuery, histories: Mapping[PropertyId, Sequence[BucketLine]]
) -> Period | None:
    """The one that is asked for, or the latest that is complete anywhere."""
    interval = query.period.interval
    starts = [
        line.start
        for lines in histories.values()
        for line in lines
        if line.interval is interval and line.complete
    ]
    start = query.period.start or max(starts, default=None)
    return Period(interval, start) if start else None


@given(portfolio=portfolios(), histories=_histories(), query=health_queries())
async def test_lists_are_what_the_query_means(
    fresh: Fresh,
    portfolio: Sequence[tuple[PropertyScore, Standing | None]],
    histories: Mapping[PropertyId, Sequence[BucketLine]],
    query: HealthQuery,
) -> None:
    async with fresh() as pair:
        kept = await _filled(pair, portfolio, histories)
        told = _with_changes(kept, histories, _period(query, histories))
        found = await pair[1].page(_ACME, query)
        assert found.items == query.reference(told)
        assert (found.next is None) == (
            len(evolve(query, limit=None).reference(told)) <= (query.limit or len(told))
        )


@given(portfolio=portfolios(), histories=_histories(), query=health_queries())
async def test_a_walk_over_pages_sees_every_score_once(
    fresh: Fresh,
    portfolio: Sequence[tuple[PropertyScore, Standing | None]],
    histories: Mapping[PropertyId, Sequence[BucketLine]],
    query: HealthQuery,
) -> None:
    async with fresh() as pair:
        await _filled(pair, portfolio, histories)
        whole = (await pair[1].page(_ACME, evolve(query, limit=None))).items
        page = await pair[1].page(_ACME, evolve(query, limit=1))
        walked = list(page.items)
        while page.next is not None:
            page = await pair[1].page(_ACME, evolve(query, limit=1, after=page.next))
            walked += page.items
        assert tuple(walked) == whole


def _said_by(limits: Thresholds, score: PropertyScore) -> PropertyScore:
    if score.score is None or score.standard_error is None:
        return score
    words = score_words(limits, score.score, score.standard_error)
    return evolve(score, **words._asdict())


@given(
    portfolio=portfolios(),
    ours=thresholds(),
    theirs=thresholds(),
    grades=st.lists(st.sampled_from(Grade), min_size=1, unique=True).map(tuple),
)
async def test_a_grade_finds_what_the_limits_of_its_tenant_say(
    fresh: Fresh,
    portfolio: Sequence[tuple[PropertyScore, Standing | None]],
    ours: Thresholds,
    theirs: Thresholds,
    grades: tuple[Grade, ...],
) -> None:
    limits = {_ACME: ours, _RIVAL: theirs}
    where = HealthFilter(grade=grades)
    async with fresh() as (properties, scores):
        for tenant, said in limits.items():
            await properties.put_all(tenant, [evolve(_DRAFT, id=one) for one in _IDS], _NOON)
            await scores.put(tenant, [_said_by(said, score) for score, _ in portfolio])
        for tenant, said in limits.items():
            expected = {
                score.id
                for score, _ in portfolio
                if score.score is not None and said.grades.grade(score.score) in grades
            }
            found = (await scores.page(tenant, HealthQuery(where))).items
            assert {one.score.id for one in found} == expected
            rows = await scores.rows(tenant, where, None)
            counted = health_summary(said, rows, None).distribution.grades
            assert sum(counted[one] for one in grades) == sum(counted.values()) == len(expected)


@given(
    portfolio=portfolios(),
    histories=_histories(),
    where=health_filters(),
    interval=st.sampled_from([Interval.MONTH, Interval.QUARTER]),
)
async def test_summaries_get_what_the_filter_means(
    fresh: Fresh,
    portfolio: Sequence[tuple[PropertyScore, Standing | None]],
    histories: Mapping[PropertyId, Sequence[BucketLine]],
    where: HealthFilter,
    interval: Interval,
) -> None:
    async with fresh() as pair:
        kept = await _filled(pair, portfolio, histories)
        period = Period(interval, date(2025, 7, 1))
        told = _with_changes(kept, histories, period)
        rows = await pair[1].rows(_ACME, where, period)
        fitting = [one for one in told if where.fits(one)]
        subjects = await pair[0].some(_ACME, [one.score.id for one in fitting])
        assert rows == tuple(map(summary_row, fitting, subjects))


@given(
    portfolio=portfolios(),
    asked=st.lists(
        st.tuples(
            st.sampled_from([Interval.MONTH, Interval.QUARTER]),
            st.none() | st.sampled_from(Grouping),
        ),
        max_size=3,
        unique=True,
    ),
    said=thresholds(),
)
async def test_summaries_come_back_as_they_were_kept(
    fresh: Fresh,
    portfolio: Sequence[tuple[PropertyScore, Standing | None]],
    asked: Sequence[tuple[Interval, Grouping | None]],
    said: Thresholds,
) -> None:
    async with fresh() as pair:
        await _filled(pair, portfolio, {})
        scores = pair[1]
        rows = await scores.rows(_ACME, HealthFilter(), None)
        for wanted in (list(asked), []):
            kept = {key: health_summary(said, rows, key[1]) for key in wanted}
            await scores.put_summaries(_ACME, kept)
            for interval in (Interval.MONTH, Interval.QUARTER):
                for by in (None, *Grouping):
                    found = await scores.summary(_ACME, interval, by)
                    assert found == kept.get((interval, by))
                    assert await scores.summary(_RIVAL, interval, by) is None


@given(portfolio=portfolios())
async def test_scores_come_back_as_they_were_kept(
    fresh: Fresh, portfolio: Sequence[tuple[PropertyScore, Standing | None]]
) -> None:
    async with fresh() as pair:
        kept = await _filled(pair, portfolio, {})
        assert await pair[1].everything(_ACME) == tuple(one.score for one in kept)
        for one in _IDS:
            expected = next((each for each in kept if each.score.id == one), None)
            assert await pair[1].one(_ACME, one) == expected
        missing = set(_IDS) - {one.score.id for one in kept}
        assert await pair[1].unscored(_ACME) == tuple(sorted(missing))


@given(one=property_scores(st.just(PropertyId(1))), other=property_scores(st.just(PropertyId(1))))
async def test_a_score_that_saw_less_never_replaces_one_that_saw_more(
    fresh: Fresh, one: PropertyScore, other: PropertyScore
) -> None:
    async with fresh() as pair:
        await _filled(pair, [(one, None)], {})
        await pair[1].put(_ACME, [other])
        (kept,) = await pair[1].everything(_ACME)
        assert kept == (other if other.inputs.supersedes(one.inputs) else one)


@given(portfolio=portfolios(), histories=_histories(), removed=st.sampled_from(_IDS))
async def test_scores_go_with_their_property(
    fresh: Fresh,
    portfolio: Sequence[tuple[PropertyScore, Standing | None]],
    histories: Mapping[PropertyId, Sequence[BucketLine]],
    removed: PropertyId,
) -> None:
    async with fresh() as (properties, scores):
        kept = await _filled((properties, scores), portfolio, histories)
        await properties.remove(_ACME, removed, None)
        left = (await scores.page(_ACME, HealthQuery())).items
        assert {one.score.id for one in left} == {one.score.id for one in kept} - {removed}
        assert removed not in await scores.history_keys(_ACME)
        # What comes too late is not kept, and hinders nothing else.
        await scores.put(_ACME, [score for score, _ in portfolio])
        await scores.put_buckets(_ACME, {one: KeptBuckets("late", ()) for one in _IDS})
        said = {score.id: standing for score, standing in portfolio if standing}
        await scores.rank(_ACME, said, _STATE)
        assert removed not in {score.id for score in await scores.everything(_ACME)}
        assert set(await scores.history_keys(_ACME)) == set(_IDS) - {removed}
        # Another property of that id begins without a score.
        await properties.put_all(_ACME, [evolve(_DRAFT, id=removed)], _NOON)
        assert await scores.one(_ACME, removed) is None
        assert removed in await scores.unscored(_ACME)


def _places() -> st.SearchStrategy[Mapping[PropertyId, Standing | None]]:
    return st.fixed_dictionaries({one: st.none() | standings(one) for one in _IDS})


@given(portfolio=portfolios(), state=portfolio_states(), later_places=_places())
async def test_ranking_replaces_every_standing(
    fresh: Fresh,
    portfolio: Sequence[tuple[PropertyScore, Standing | None]],
    state: PortfolioState,
    later_places: Mapping[PropertyId, Standing | None],
) -> None:
    async with fresh() as pair:
        kept = await _filled(pair, portfolio, {})
        scores = pair[1]
        places = {
            one.score.id: place for one in kept if (place := later_places[one.score.id]) is not None
        }
        await scores.rank(_ACME, places, state)
        for one in kept:
            found = await scores.one(_ACME, one.score.id)
            assert found
            assert found.standing == places.get(one.score.id)
        assert (await scores.state(_ACME)).state == state
        # Without a state it stays what it was; without standings those that are there stay.
        await scores.rank(_ACME, places, None)
        assert (await scores.state(_ACME)).state == state
        later = evolve(state, markets_position=state.markets_position + 1)
        await scores.rank(_ACME, None, later)
        assert (await scores.state(_ACME)).state == later
        for one in kept:
            found = await scores.one(_ACME, one.score.id)
            assert found
            assert found.standing == places.get(one.score.id)


@given(before=bucket_histories(), after=bucket_histories())
async def test_a_score_history_replaces_the_one_before(
    fresh: Fresh, before: Sequence[BucketLine], after: Sequence[BucketLine]
) -> None:
    one = PropertyId(1)
    async with fresh() as (properties, scores):
        await properties.put_all(_ACME, [evolve(_DRAFT, id=one)], _NOON)
        for key, lines in (("first", before), ("second", after)):
            await scores.put_buckets(_ACME, {one: KeptBuckets(key, lines)})
            assert await scores.history_keys(_ACME) == {one: key}
            kept = await scores.state(_ACME)
            latest = {
                interval: max(starts)
                for interval in (Interval.MONTH, Interval.QUARTER, Interval.YEAR)
                if (starts := [o.start for o in lines if o.interval is interval and o.complete])
            }
            assert kept.latest == latest


@given(portfolio=portfolios(), histories=_histories())
async def test_a_tenant_never_sees_the_scores_of_another(
    fresh: Fresh,
    portfolio: Sequence[tuple[PropertyScore, Standing | None]],
    histories: Mapping[PropertyId, Sequence[BucketLine]],
) -> None:
    async with fresh() as (properties, scores):
        await _filled((properties, scores), portfolio, histories)
        await properties.put_all(_RIVAL, [evolve(_DRAFT, id=one) for one in _IDS], _NOON)
        assert await scores.everything(_RIVAL) == ()
        assert (await scores.page(_RIVAL, HealthQuery())).items == ()
        period = Period(Interval.QUARTER, date(2025, 7, 1))
        assert await scores.rows(_RIVAL, HealthFilter(), period) == ()
        assert await scores.history_keys(_RIVAL) == {}
        assert await scores.state(_RIVAL) == (None, {}, 0)
        assert await scores.unscored(_RIVAL) == _IDS
        before = (await scores.page(_ACME, HealthQuery())).items
        await scores.put(_RIVAL, [evolve(score, score=1.0) for score, _ in portfolio])
        await scores.rank(_RIVAL, {}, _STATE)
        await scores.put_buckets(_RIVAL, {one: KeptBuckets("theirs", ()) for one in _IDS})
        assert (await scores.page(_ACME, HealthQuery())).items == before
        assert set(await scores.history_keys(_ACME)) == set(histories)


@given(drafts=st.lists(property_drafts(), min_size=1, max_size=3))
async def test_a_tenant_is_behind_as_soon_as_anything_moves(
    fresh: Fresh, drafts: Sequence[PropertyDraft]
) -> None:
    day = date(2025, 9, 15)
    async with fresh() as (properties, scores):
        assert await scores.behind(0, day) == ()
        for draft in drafts:
            added = await properties.add(_ACME, draft, _NOON)
            assert await scores.behind(0, day) == (_ACME,)
            await scores.rank(_ACME, {}, evolve(_STATE, position=added.version))
            assert await scores.behind(0, day) == ()
        assert await scores.behind(1, day) == (_ACME,)
        assert await scores.behind(0, day + timedelta(days=1)) == (_ACME,)
        await properties.add(_RIVAL, drafts[0], _NOON)
        assert await scores.behind(1, day) == (_ACME, _RIVAL)


@given(portfolio=portfolios())
async def test_every_change_moves_the_revision(
    fresh: Fresh, portfolio: Sequence[tuple[PropertyScore, Standing | None]]
) -> None:
    async with fresh() as pair:
        await _filled(pair, portfolio, {})
        scores = pair[1]
        seen = [(await scores.state(_ACME)).revision]
        await scores.put(_ACME, [score for score, _ in portfolio])
        seen.append((await scores.state(_ACME)).revision)
        await scores.put_buckets(_ACME, {PropertyId(1): KeptBuckets("key", ())})
        seen.append((await scores.state(_ACME)).revision)
        await scores.rank(_ACME, {}, _STATE)
        seen.append((await scores.state(_ACME)).revision)
        assert seen == sorted(set(seen))
