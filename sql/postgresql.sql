-- Events in PostgreSQL (15 or newer), after schema.sql. Why it has this form is said there.

-- Text sorts by bytes here as in the other engines. A database in English or German would sort
-- 'Zoo' after 'apple' and pass over '-', and ties in queries.sql would fall differently.
alter table organizations alter column org_id type text collate "C";
alter table users alter column user_id type text collate "C";
alter table user_orgs alter column org_id type text collate "C",
                      alter column user_id type text collate "C";
alter table metrics alter column org_id type text collate "C",
                    alter column metric_name type text collate "C";

create table events (
    org_id text collate "C" not null,
    event_date date not null,
    event_time timestamptz not null,
    event_id text collate "C" not null,
    user_id text collate "C" not null,
    event_type text collate "C" not null,
    schema_version integer not null default 1,
    properties jsonb not null default '{}',
    primary key (org_id, event_id, event_date),
    -- A generated column cannot be the key of partitions, so the day is given and checked.
    check (event_date = (event_time at time zone 'UTC')::date)
) partition by range (event_date);

create index events_by_day on events (org_id, event_date, user_id);
create index events_by_type on events (org_id, event_type, event_date, event_time, user_id);
create index events_by_user on events (org_id, user_id, event_date, event_time);

-- Keeps what no month was made for, so that no event is refused for its date. Watch that it stays
-- empty: a month cannot be made while rows of it lie here.
create table events_other partition of events default;

-- Makes the months that are missing; call it ahead of time, from a job:
--   call create_event_partitions(date '2026-09-01', 3);
-- To end a month: alter table events detach partition events_2026_06 concurrently; drop table ...
create procedure create_event_partitions(first_month date, months integer)
language plpgsql as $$
declare
    begins date;
begin
    for number in 0 .. months - 1 loop
        begins := date_trunc('month', first_month::timestamp) + make_interval(months => number);
        execute format(
            'create table if not exists %I partition of events for values from (%L) to (%L)',
            'events_' || to_char(begins, 'YYYY_MM'), begins, (begins + interval '1 month')::date
        );
    end loop;
end
$$;

insert into calendar (day, week_start, week)
select day, date_trunc('week', day::timestamp)::date, (day - date '1970-01-05') / 7
from (
    select date '2020-01-01' + number as day from generate_series(0, 7304) as numbers (number)
) as days;
