"""The tables of power readings: a file of their own, for no log knows what is in it.

docs/energy.md says what each is for.
"""

#: One script per layout; a script that was ever released is never changed.
POWER_LAYOUTS = (
    """
    create table tenant (id varchar not null, position bigint not null);
    create table circuit (key integer not null, tenant varchar not null, id uuid not null);
    create table reading (circuit integer not null, at_ms bigint not null, watts integer not null);
    create table quarter_hour (
        circuit integer not null, number integer not null, energy_watt_ms bigint not null,
        covered_ms integer not null, readings integer not null,
        sum_of_readings_w bigint not null, peak_w integer not null);
    """,
)
