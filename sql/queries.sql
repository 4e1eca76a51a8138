-- Questions about the tables of schema.sql, in the SQL that SQLite, PostgreSQL, DuckDB and
-- ClickHouse share. The tests run every one of them on the sample files and on a larger slice of
-- the sample workspace and hold the engines equal to each other and to a loop in Python.
--
-- Parameters: :first_day and :last_day are dates in UTC, both included; :org_id is one tenant.
-- In psql write :'first_day', in DuckDB $first_day, in ClickHouse {first_day:Date}.
--
-- What these texts keep away from, because engines differ in it without saying so:
--   dates from instants   a cast takes the session's time zone in PostgreSQL and DuckDB: event_date
--   date + 1              a day later, or in SQLite the number 2027: the table calendar
--   1 / 2                 0 in SQLite and PostgreSQL, 0.5 in DuckDB and ClickHouse
--   round(2.5), 2.7 to    2 or 3 by engine and type: the answers are counts, whoever asks divides
--     integer             and rounds
--   nothing to join       NULL, in ClickHouse 0 or '', which count(column) counts: counts are made
--                         before the join, and coalesce is right for both
--   union and order by    sorts the last part only in ClickHouse: the union is in brackets
--   a column's name       in ClickHouse `v.user_id` where a join has two of them: as user_id
--   order of text         by the database's language in PostgreSQL: columns are collate "C"
--   NULLs in an order     smallest in SQLite, largest in PostgreSQL, last both ways in DuckDB and
--                         ClickHouse: nothing that can be NULL is sorted by
--   like                  ignores case in SQLite: no like
--   an alias that is a    `order by events` may mean the column or the table's row: event_count
--     table
--
-- The plans were read from EXPLAIN on 98,000 events, after ANALYZE, for the thirty days to
-- 2026-08-31; tests/sql/test_plans.py asks EXPLAIN again.

-- C1: the five organizations with the most events, with name and plan, in a range of days. For the
-- last 30 days :last_day is today or yesterday and :first_day is 29 days before it. Ties go by id.
--
-- Counts first and joins five rows afterwards, so nothing of an organization is read per event.
--   SQLite      SEARCH events USING COVERING INDEX events_by_day (ANY(org_id) AND event_date>? AND
--               event_date<?): jumps from organization to organization and reads the range of each.
--               Without ANALYZE it scans an index from end to end.
--   PostgreSQL  only partitions of the range are in the plan, here events_2026_08 read whole, for
--               most of it is in the range; HashAggregate; a part of a month goes by events_by_day.
--   DuckDB      SEQ_SCAN with the range pushed down: reads two columns, passes over other days.
--   ClickHouse  parts of the range's months only, PREWHERE on the day; reads the same two columns.
-- Beyond some hundred million events in the range, count per organization and day as events are
-- loaded, and ask that.

-- name: top_organizations
select o.org_id, o.name, o.plan, counted.event_count
from (
    select org_id, count(*) as event_count
    from events
    where event_date between :first_day and :last_day
    group by org_id
) as counted
join organizations as o on o.org_id = counted.org_id
order by counted.event_count desc, o.org_id
limit 5;

-- C1: daily active users of every organization, each day of the range in UTC, 0 where there were
-- none. Active is who has any event; visitors without an account and crawlers count.
-- For one organization add `and org_id = :org_id` twice.
--
-- The counting is done in one pass and the empty days are joined to it: joining the events to the
-- calendar instead reads each organization's range once per day, and took twelve times as long in
-- SQLite.
--   SQLite      the same covering index, which is in the order of the groups: no sorting
--   PostgreSQL  only partitions of the range; GroupAggregate over a sort by organization and day
--   DuckDB, ClickHouse  as above, hash aggregation
-- Days do not add up: a month's active users are not the sum of its days'.

-- name: daily_active_users
with active as (
    select org_id, event_date, count(distinct user_id) as active_users
    from events
    where event_date between :first_day and :last_day
    group by org_id, event_date
)
select o.org_id, c.day, coalesce(a.active_users, 0) as active_users
from organizations as o
cross join calendar as c
left join active as a on a.org_id = o.org_id and a.event_date = c.day
where c.day between :first_day and :last_day
order by o.org_id, c.day;

-- What happens how often: events of one organization per day and type. Days and types without any
-- have no row.
--
-- SQLite finds the range by events_by_day and fetches the rows for their type; PostgreSQL reads
-- events_by_type of the organization in the months of the range, without the table.

-- name: events_per_day_and_type
select event_date, event_type, count(*) as event_count
from events
where org_id = :org_id and event_date between :first_day and :last_day
group by event_date, event_type
order by event_date, event_type;

-- New users of one organization by week, 0 where there were none: whose first event ever lies in
-- the week. History before the range counts, so the first weeks of a young table hold everybody;
-- ask for `signup` events where that is meant. The first and the last week have the days only that
-- lie in the range.
--
-- Reads the organization's part of events_by_user (SQLite) or events_by_day (PostgreSQL, in every
-- month) without the table: a first event cannot be found without looking at all before it.

-- name: new_users_by_week
with first_seen as (
    select user_id, min(event_date) as day
    from events
    where org_id = :org_id and event_date <= :last_day
    group by user_id
),
counted as (
    select c.week_start, count(*) as new_users
    from first_seen as f
    join calendar as c on c.day = f.day
    where c.day between :first_day and :last_day
    group by c.week_start
),
weeks as (
    select distinct week_start
    from calendar
    where day between :first_day and :last_day
)
select w.week_start as week_start, coalesce(n.new_users, 0) as new_users
from weeks as w
left join counted as n on n.week_start = w.week_start
order by w.week_start;

-- Weekly retention of one organization: of those who signed up in a week of the range (week 0, all
-- of them), how many had any event one, two, ... weeks later. Every cell up to the last week is
-- there, 0 where nobody came; the cells of the last week are short of days unless :last_day is a
-- Sunday. Users, not rates: a rate is for whoever knows how to round it.
--
-- The cohort comes by events_by_type, the activity by events_by_day; weeks are whole numbers, so
-- their difference needs no date arithmetic.

-- name: weekly_retention
with weeks as (
    select distinct week, week_start
    from calendar
    where day between :first_day and :last_day
),
cohort as (
    select e.user_id, min(c.week) as week
    from events as e
    join calendar as c on c.day = e.event_date
    where e.org_id = :org_id and e.event_type = 'signup'
        and e.event_date between :first_day and :last_day
    group by e.user_id
),
active as (
    select distinct e.user_id, c.week
    from events as e
    join calendar as c on c.day = e.event_date
    where e.org_id = :org_id and e.event_date between :first_day and :last_day
),
returned as (
    select cohort.week, active.week - cohort.week as weeks_later, count(*) as users
    from cohort
    join active on active.user_id = cohort.user_id
    where active.week >= cohort.week
    group by cohort.week, active.week - cohort.week
)
select began.week_start, later.week - began.week as weeks_later, coalesce(r.users, 0) as users
from weeks as began
cross join weeks as later
left join returned as r on r.week = began.week and r.weeks_later = later.week - began.week
where later.week >= began.week
order by began.week_start, weeks_later;

-- A funnel of three steps of one organization: users who visited, of them those who signed up then
-- or later, of them those who activated then or later, all within the range of days. Other events
-- may lie between; equal times count as in order.
--
-- The earliest time of each step decides, which is exact only because no window limits the way from
-- the first step to the last. With a window the latest start that reaches a step has to be carried
-- on, or users are lost who began twice; the API does that (funnel/analyze).
-- PostgreSQL reads each step's type from events_by_type alone. SQLite does so for the first step
-- and then looks up in events_by_user what those users did in the range.

-- name: three_step_funnel
with visited as (
    select user_id, min(event_time) as reached_at
    from events
    where org_id = :org_id and event_type = 'visit'
        and event_date between :first_day and :last_day
    group by user_id
),
signed_up as (
    select v.user_id as user_id, min(e.event_time) as reached_at
    from events as e
    join visited as v on v.user_id = e.user_id
    where e.org_id = :org_id and e.event_type = 'signup'
        and e.event_date between :first_day and :last_day
        and e.event_time >= v.reached_at
    group by v.user_id
),
activated as (
    select s.user_id as user_id, min(e.event_time) as reached_at
    from events as e
    join signed_up as s on s.user_id = e.user_id
    where e.org_id = :org_id and e.event_type = 'activate'
        and e.event_date between :first_day and :last_day
        and e.event_time >= s.reached_at
    group by s.user_id
)
select step, event_type, users
from (
    select 1 as step, 'visit' as event_type, count(*) as users from visited
    union all
    select 2 as step, 'signup' as event_type, count(*) as users from signed_up
    union all
    select 3 as step, 'activate' as event_type, count(*) as users from activated
) as steps
order by step;
