-- Events in DuckDB (2.0 or newer), after schema.sql. Why it has this form is said there.
--
-- No key and no index: DuckDB reads columns in blocks of 122,880 rows and passes over blocks whose
-- smallest and largest value do not fit. So what helps is order: load in blocks sorted by org_id,
-- event_date, user_id. A primary key costs a third of the writing rate in blocks of ten thousand and
-- half of it in batches of a hundred; events come from the log, which has refused repeats already.

create table events (
    org_id text not null,
    event_date date not null,
    -- Without a zone, in UTC: of a TIMESTAMPTZ the day depends on the session's time zone.
    event_time timestamp not null,
    event_id text not null,
    user_id text not null,
    event_type text not null,
    schema_version integer not null default 1,
    properties json not null default '{}',
    check (event_date = cast(event_time as date))
);

insert into calendar (day, week_start, week)
select day, cast(date_trunc('week', day) as date), cast(day - date '1970-01-05' as integer) // 7
from (
    select cast(range as date) as day
    from range(timestamp '2020-01-01', timestamp '2040-01-01', interval 1 day)
);
