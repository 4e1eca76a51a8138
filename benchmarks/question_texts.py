"""The questions of the benchmark in SQL: the best text we know for the engine, and what others
publish, both over the same table. Every row of an answer is a key and a figure."""

from collections.abc import Mapping

from .question_set import CONVERTS, STEPS, TOUCHES, WEEKS

_CHANNELS = [f"ch{at}" for at in range(8)]
_MINE = "from any_event where tenant = 1"
_QUARTER = "happened_at >= '2025-06-01' and happened_at < '2025-08-30'"
_TWELVE_WEEKS = "happened_at >= '2025-06-02' and happened_at < '2025-08-25'"
_WEEK = "happened_at >= '2025-08-23' and happened_at < '2025-08-30'"
_AFTER_JULY = "happened_at >= '2025-07-24' and happened_at < '2025-08-30'"

_DAILY = f"""select day, count(*) from (
  select distinct happened_at::date as day, user_key {_MINE} and {_QUARTER}) group by day"""

#: Days from a series, users told apart per day, days without anybody filled with nought.
_DAILY_PUBLISHED = f"""
with days as (select unnest(generate_series(timestamp '2025-06-01', timestamp '2025-08-29',
    interval 1 day)) as day),
  counted as (select date_trunc('day', happened_at) as day, count(distinct user_id) as total
    {_MINE} and {_QUARTER} group by day)
select day::date, sum(total)::bigint from (
  select day, 0 as total from days union all select day, total from counted) group by day"""

_CUBE = f"""select happened_at::date, variant_extract(facts, 'channel')::varchar, event_type,
    count(*) {_MINE} and happened_at >= '2025-06-02' and happened_at < '2025-06-30'
    and variant_extract(facts, 'n')::integer < 5 group by all"""

#: Properties out of their JSON text, as where they are kept as it.
_CUBE_PUBLISHED = f"""select date_trunc('day', happened_at)::date,
    json_extract_string(properties, '$.channel'), event_type, count(*)
  {_MINE} and happened_at >= '2025-06-02' and happened_at < '2025-06-30'
    and json_extract(properties, '$.n')::double < 5 group by all"""

_TOP = f"""select variant_extract(facts, 'page')::varchar as page, count(*) as events
  {_MINE} and {_QUARTER} group by page order by events desc, page limit 10"""

_TOP_PUBLISHED = f"""select json_extract_string(properties, '$.page') as page, count(*) as events
  {_MINE} and {_QUARTER} group by page order by events desc, page limit 10"""

_STEPS = f"event_type in ({', '.join(map(repr, STEPS))}) and happened_at >= '2025-06-01'"

#: Step by step, each on what is left: the latest start that reached the step before.
_FUNNEL = f"""with e as materialized (
    select user_key, happened_at as instant, event_type as kind {_MINE} and {_STEPS}),
  s1 as (select user_key, instant, instant as entered from e where kind = '{
    STEPS[0]
}' and instant < '2025-08-30'),
  {
    ", ".join(
        f"s{n + 1} as (select b.user_key, b.instant, a.entered "
        f"from (from e where kind = '{kind}') b asof join s{n} a "
        f"on b.user_key = a.user_key and b.instant >= a.instant "
        f"where b.instant <= a.entered + interval 7 day)"
        for n, kind in enumerate(STEPS[1:], 1)
    )
}
{
    " union all ".join(
        f"select {n}, count(distinct user_key) from s{n}" for n in range(1, len(STEPS) + 1)
    )
}"""


def _nested() -> str:
    """The classic funnel of product analytics: each step's next time, by windows in windows."""
    over = "over (partition by user_key order by instant desc rows unbounded preceding)"
    times = ", ".join(
        f"case when event_type = '{kind}' then happened_at end as t{n}"
        for n, kind in enumerate(STEPS)
    )
    text = f"select user_key, happened_at as instant, {times} {_MINE} and {_STEPS}"
    last = len(STEPS) - 1
    for known in range(1, last + 1):
        kept = ", ".join(f"t{n}" for n in range(known))
        nexts = ", ".join(f"min(t{n}) {over} as t{n}" for n in range(known, last + 1))
        text = f"select user_key, instant, {kept}, {nexts} from ({text})"
        if known < last:
            kept = ", ".join(f"t{n}" for n in range(known + 1))
            later = ", ".join(
                f"case when t{n} < t{n - 1} then null else t{n} end as t{n}"
                for n in range(known + 1, last + 1)
            )
            text = f"select user_key, instant, {kept}, {later} from ({text})"
    reached = [
        " and ".join(f"t{n - 1} < t{n} and t{n} <= t0 + interval 7 day" for n in range(1, upto + 1))
        for upto in range(1, last + 1)
    ]
    cases = " ".join(f"when {reached[n - 1]} then {n + 1}" for n in range(last, 0, -1))
    furthest = (
        f"select user_key, max(case {cases} else 1 end) as steps from ({text}) "
        "where t0 is not null and t0 < '2025-08-30' group by user_key"
    )
    return (
        f"with users as ({furthest}) select step, count(*) filter (steps >= step) "
        f"from users, range(1, {last + 2}) s(step) group by step"
    )


#: A bit per week and user, then users by their bits.
_RETENTION = f"""with masks as (select count(*) as users, mask from (
    select bit_or(1::bigint << (datediff('day', date '2025-06-02', happened_at::date) // 7)) as mask
    {_MINE} and {_TWELVE_WEEKS} group by user_key) group by mask)
select a.week, b.week, sum(users)::bigint
from masks, range({WEEKS}) a(week), range({WEEKS}) b(week)
where b.week >= a.week and (mask >> a.week) & 1 = 1 and (mask >> b.week) & 1 = 1 group by all"""

_RETENTION_PUBLISHED = f"""with active as (
    select distinct date_trunc('week', happened_at) as week, user_id {_MINE} and {_TWELVE_WEEKS})
select datediff('week', date '2025-06-02', a.week), datediff('week', date '2025-06-02', b.week),
  count(distinct a.user_id)
from active a join active b on a.user_id = b.user_id and b.week >= a.week group by all"""

_CONVERSIONS = f"""conversions as materialized (
  select position, user_key, happened_at as instant
  {_MINE} and event_type = '{CONVERTS}' and {_WEEK})"""
_TOUCHES = f"""touches as materialized (select position, user_key, happened_at as instant,
    variant_extract(facts, 'channel')::varchar as channel
  {_MINE} and event_type in ({", ".join(map(repr, TOUCHES))}) and {_AFTER_JULY})"""

#: Touches so far by channel, looked up at the conversion and thirty days before it.
_ATTRIBUTION = f"""with {_CONVERSIONS}, {_TOUCHES},
  counted as materialized (select user_key, instant, channel, {
    ", ".join(
        f"count(*) filter (channel = '{one}') "
        f"over (partition by user_key order by instant, position rows unbounded preceding) as {one}"
        for one in _CHANNELS
    )
} from touches),
  paths as (select b.channel as first, a.channel as last, {
    ", ".join(f"(a.{one} - coalesce(o.{one}, 0))::double as {one}" for one in _CHANNELS)
}
    from conversions c
    asof join counted a on c.user_key = a.user_key and c.instant >= a.instant
    asof join counted b on c.user_key = b.user_key and c.instant - interval 30 day <= b.instant
    asof left join counted o on c.user_key = o.user_key and c.instant - interval 30 day > o.instant
    where a.instant >= c.instant - interval 30 day),
  shares as (select {
    ", ".join(f"sum({one} / ({' + '.join(_CHANNELS)})) as {one}" for one in _CHANNELS)
}
    from paths)
select 'first_touch', first, count(*) from paths group by all
union all select 'last_touch', last, count(*) from paths group by all
union all select 'linear', channel, credit
from (unpivot shares on * into name channel value credit)"""

_ATTRIBUTION_PUBLISHED = f"""with {_CONVERSIONS}, {_TOUCHES},
  joined as (select channel,
      row_number() over (partition by c.position order by t.instant, t.position) as nth,
      count(*) over (partition by c.position) as length
    from conversions c join touches t on c.user_key = t.user_key
      and t.instant <= c.instant and t.instant >= c.instant - interval 30 day)
select 'first_touch', channel, count(*) from joined where nth = 1 group by all
union all select 'last_touch', channel, count(*) from joined where nth = length group by all
union all select 'linear', channel, sum(1.0::double / length) from joined group by all"""

BEST: Mapping[str, str] = {
    "daily users": _DAILY,
    "cube": _CUBE,
    "funnel": _FUNNEL,
    "retention": _RETENTION,
    "attribution": _ATTRIBUTION,
    "top values": _TOP,
}
"""The best text that we know."""

PUBLISHED: Mapping[str, str] = {
    "daily users": _DAILY_PUBLISHED,
    "cube": _CUBE_PUBLISHED,
    "funnel": _nested(),
    "retention": _RETENTION_PUBLISHED,
    "attribution": _ATTRIBUTION_PUBLISHED,
    "top values": _TOP_PUBLISHED,
}
"""How product analytics that ask SQL ask the same, told by us in our own words."""
