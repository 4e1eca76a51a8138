-- All tables in ClickHouse (25 or newer). Why events have this form is said in schema.sql.

create table organizations (
    org_id String,
    name String,
    plan LowCardinality(String),
    created_at DateTime64(3, 'UTC')
) engine = ReplacingMergeTree order by org_id;

create table users (
    user_id String,
    email String,
    name String,
    role LowCardinality(String),
    created_at DateTime64(3, 'UTC'),
    updated_at DateTime64(3, 'UTC')
) engine = ReplacingMergeTree(updated_at) order by user_id;

create table user_orgs (
    org_id String,
    user_id String,
    role LowCardinality(String),
    joined_at DateTime64(3, 'UTC')
) engine = ReplacingMergeTree order by (org_id, user_id);

create table metrics (
    org_id String,
    metric_name LowCardinality(String),
    date Date,
    value Decimal(18, 4)
) engine = ReplacingMergeTree order by (org_id, metric_name, date);

create table calendar (
    day Date,
    week_start Date,
    week Int32
) engine = MergeTree order by day;

-- The order is the index: one organization is one stretch of the file, its days are in order, and a
-- user's events of a day lie together. ReplacingMergeTree would drop repeats only when parts merge;
-- the log in front refuses them, so plain MergeTree counts right at any moment. On several machines:
-- ReplicatedMergeTree behind Distributed(..., cityHash64(org_id, user_id)).
create table events (
    org_id LowCardinality(String),
    event_date Date,
    event_time DateTime64(3, 'UTC') codec(Delta, ZSTD),
    -- Text, not UUID: ClickHouse compares the second half of a UUID first.
    event_id String,
    user_id String,
    event_type LowCardinality(String),
    schema_version UInt16 default 1,
    properties String default '{}' codec(ZSTD(3)),
    constraint same_day check event_date = toDate(event_time, 'UTC')
) engine = MergeTree
partition by toYYYYMM(event_date)
order by (org_id, event_date, user_id, event_time);

insert into calendar
select
    toDate('2020-01-01') + number as day,
    toStartOfWeek(day, 1),
    intDiv(toInt32(day - toDate('1970-01-05')), 7)
from numbers(7305);
