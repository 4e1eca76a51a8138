-- Events in SQLite, after schema.sql. Why it has this form is said there.
--
-- Before writing: pragma journal_mode = wal; pragma synchronous = full;

create table events (
    org_id text not null,
    event_date text not null,
    event_time text not null,
    event_id text not null,
    user_id text not null,
    event_type text not null,
    schema_version integer not null default 1,
    properties text not null default '{}',
    primary key (org_id, event_id),
    -- SQLite compares times as text: one width, one zone, or the order is not that of time.
    check (event_time glob '????-??-?? ??:??:??.???+00:00'),
    check (event_date = substr(event_time, 1, 10)),
    check (json_valid(properties))
-- The table is its primary key: a row is written once, not once here and once in an index.
) without rowid;

create index events_by_day on events (org_id, event_date, user_id);
create index events_by_type on events (org_id, event_type, event_date, event_time, user_id);
create index events_by_user on events (org_id, user_id, event_date, event_time);

-- SQLite has no partitions. A month is deleted by
--   delete from events where org_id = :org_id and event_date between :first_day and :last_day
-- in the order of events_by_day; files of their own per month, attached, are the way beyond that.

insert into calendar (day, week_start, week)
with recursive days (number) as (
    select 0
    union all
    select number + 1 from days where number < 7304
)
select
    date('2020-01-01', '+' || number || ' days'),
    -- The calendar begins on a Wednesday, two days after Monday 2019-12-30, week 2608.
    date('2019-12-30', '+' || ((number + 2) / 7 * 7) || ' days'),
    (number + 2) / 7 + 2608
from days;
