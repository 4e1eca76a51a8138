-- Customer analytics: the tables that all engines can read as they stand.
--
-- How to use it (SQLite, PostgreSQL and DuckDB run this file unchanged):
--   sqlite3 a.sqlite < sql/schema.sql   && sqlite3 a.sqlite < sql/sqlite.sql
--   psql -f sql/schema.sql -f sql/postgresql.sql
--   duckdb a.duckdb < sql/schema.sql    && duckdb a.duckdb < sql/duckdb.sql
--   clickhouse-client --multiquery < sql/clickhouse.sql          (all tables: its DDL is its own)
-- The second file makes the one table whose form decides everything, `events`, and fills
-- `calendar`. Questions are in queries.sql, sample rows in sample/.
--
-- WHAT THE EVENTS TABLE IS MADE FOR
--
-- columns        org_id, event_date, event_time, event_id, user_id, event_type, schema_version,
--                properties; the same in every dialect.
--
-- event_date     The UTC day of event_time, stored, and checked where the engine can check.
--                Questions filter and group by it, partitions are cut by it, and no query has to
--                cast an instant to a day, which PostgreSQL and DuckDB do in the time zone of the
--                session and SQLite in UTC.
--
-- keys           (org_id, event_id): a tenant's event counts once, whoever sends it again. Ids are
--                UUIDs of version 7 where we make them, so new rows go to the end of the index
--                instead of all over it. A unique key of a partitioned PostgreSQL table must hold
--                the partition's column, hence (org_id, event_id, event_date) there: the same id on
--                two days passes, which the ledger in front of the table refuses. DuckDB and
--                ClickHouse are loaded in blocks behind that ledger and keep no key.
--
-- indexes        One per question, each beginning with org_id, because no reader sees two tenants,
--                and each covering its question, so that the table itself is not touched:
--                  events_by_day   (org_id, event_date, user_id)
--                      active users, events per organization
--                  events_by_type  (org_id, event_type, event_date, event_time, user_id)
--                      one type in a range: funnels, cohorts, counts per type
--                  events_by_user  (org_id, user_id, event_date, event_time)
--                      the history of one user, first and last seen
--                Three, and no more: each is paid for at every insert. The newest events of an
--                organization are the end of the primary key, ids of version 7 being in the order
--                of time.
--
-- writes         Rows are only appended. No foreign key leads out of events: it is a look-up
--                per row, and visitors have no row in users. Batches of hundreds per
--                transaction, COPY or blocks for thousands. PostgreSQL's old partitions are left
--                alone by writers and vacuum; SQLite has one writer in WAL mode.
--
-- partitions     A month of event_date: a range of days reads the months it touches, an old month is
--                dropped in an instant instead of deleted for hours. Months, not days: 90 partitions
--                cost planning time, three do not. Not by organization: the largest is a third of
--                everything, the smallest a hundredth; at more than one machine shards are cut by
--                (org_id, user_id), so that a user's events stay together.
--
-- evolution      What is new in an event goes to `properties` and needs no DDL: old rows answer
--                NULL. `schema_version` says by which version of the type's schema the row was
--                checked. A property that many questions filter by becomes a column by
--                `alter table events add column ...` without a default, which rewrites nothing in
--                any of the four engines (the tests do it; in ClickHouse the type is Nullable, or
--                old rows answer ''); readers take coalesce(column, property). Columns are never
--                renamed or given another type: a new one is added, filled, and the old one
--                dropped when nobody reads it.

create table organizations (
    org_id text not null primary key,
    name text not null,
    plan text not null,
    -- In SQLite a time is text in UTC of one width, '2026-08-31 23:59:59.123+00:00',
    -- so that the order of the text is the order of time.
    created_at timestamp with time zone not null
);

create table users (
    user_id text not null primary key,
    email text not null,
    name text not null,
    role text not null,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null
);

-- Many to many: agencies work for several organizations.
create table user_orgs (
    org_id text not null references organizations (org_id),
    user_id text not null references users (user_id),
    role text not null,
    joined_at timestamp with time zone not null,
    primary key (org_id, user_id)
);

-- One value per organization, metric and day. Whether values add up over days is a matter of the
-- metric: sessions and revenue do, mrr_usd is a level, nps an average. A day without a value has no
-- row. NUMERIC, not float: sums of money must not depend on the order of adding.
create table metrics (
    org_id text not null references organizations (org_id),
    metric_name text not null,
    date date not null,
    value numeric(18, 4) not null,
    primary key (org_id, metric_name, date)
);

-- Every day of 2020 to 2039. It stands in for date arithmetic, which no two dialects share
-- (SQLite answers '2026-08-31' + 1 with 2027), and makes days without events visible.
create table calendar (
    day date not null primary key,
    week_start date not null,   -- the Monday
    week integer not null       -- weeks since Monday 1970-01-05, so that differences are exact
);
