"""What the servers are asked about power, and what they are told.

Every statement is bound to `tenant`, to `circuits`, and to what is visible: rows of appends up
to `through`, without those that never came to their end. Of several rows of one instant or one
quarter hour the one of the last visible append counts.
"""

from ...domain.energy import HOLD, QUARTER_HOUR_MS

_THEIRS = "tenant = {tenant:String} and circuit in {circuits:Array(UUID)}"
_VISIBLE = "version <= {through:UInt64} and version not in {abandoned:Array(UInt64)}"
_NUMBERS = "number >= {first:UInt32} and number < {stop:UInt32}"

BEGUN = "select max(version) from power_begun where tenant = {tenant:String}"
DONE = (
    "select version, position, abandoned from power_done where tenant = {tenant:String} "
    "order by version desc limit 1"
)

_QUARTER_HOURS = f"""
select circuit, number, argMax(
  (energy_watt_ms, covered_ms, readings, sum_of_readings_w, peak_w), version) as last
from power_quarter_hour where {_THEIRS} and {_NUMBERS} and {_VISIBLE}
group by circuit, number"""  # noqa: S608  made of constants

#: `roundDown` finds the last start at a number or before.
CELLS = f"""
select circuit, roundDown(number, {{starts:Array(UInt32)}}) as start, sum(toInt128(last.1)),
  sum(last.2), sum(last.3), sum(last.4), max(last.5)
from ({_QUARTER_HOURS}) group by circuit, start"""  # noqa: S608

ENERGIES = f"""
select place, groupArray(number), groupArray(energy) from (
  select place, number, sum(last.1) as energy
  from ({_QUARTER_HOURS}) quarter
  join (select arrayJoin(arrayZip({{circuits:Array(UUID)}}, {{groups:Array(UInt32)}})) as pair,
    pair.1 as circuit, pair.2 as place) member on quarter.circuit = member.circuit
  group by place, number)
group by place"""  # noqa: S608

READINGS = f"""
select circuit, groupArray(at_ms), groupArray(watts) from (
  select circuit, at_ms, argMax(watts, version) as watts
  from power_reading
  where {_THEIRS} and at_ms >= {{first:Int64}} and at_ms < {{stop:Int64}} and {_VISIBLE}
  group by circuit, at_ms order by at_ms)
group by circuit"""  # noqa: S608

_NEW = "version = {version:UInt64}"
_QUARTER = f"intDiv(at_ms, {QUARTER_HOUR_MS})"

#: The hold rule, for the quarter hours that the readings of an append can change: their own,
#: and those that hold until them or are bridged to them. A stretch that runs over the end of
#: its quarter hour is two pieces, for no reading holds as long as one.
SUMMARISE = f"""
insert into power_quarter_hour (tenant, circuit, number, energy_watt_ms, covered_ms, readings,
  sum_of_readings_w, peak_w, version)
with touched as (
  select distinct circuit, intDiv(at_ms + arrayJoin([-{HOLD.max_gap_ms}, 0, {HOLD.max_gap_ms}]),
    {QUARTER_HOUR_MS}) as number
  from power_reading
  where {_THEIRS} and at_ms >= {{from:Int64}} and at_ms <= {{until:Int64}} and {_NEW}),
near as (select distinct circuit, number + arrayJoin([-1, 0, 1]) as number from touched),
seen as (
  select circuit, at_ms, argMax(watts, version) as power
  from power_reading
  where {_THEIRS} and at_ms >= {{from:Int64}} - {3 * QUARTER_HOUR_MS}
    and at_ms <= {{until:Int64}} + {3 * QUARTER_HOUR_MS}
    and ({_NEW} or {_VISIBLE}) and (circuit, {_QUARTER}) in near
  group by circuit, at_ms),
followed as (
  select circuit, at_ms, power, leadInFrame(at_ms, 1, -1) over (
    partition by circuit order by at_ms rows between current row and 1 following) as next
  from seen),
stretch as (
  select circuit, at_ms, power, {_QUARTER} as own, (own + 1) * {QUARTER_HOUR_MS} as turn,
    at_ms + if(next >= 0 and next - at_ms <= {HOLD.max_gap_ms}, next - at_ms, {HOLD.nominal_ms})
      as ends
  from followed),
piece as (
  select circuit, own as number, least(ends, turn) - at_ms as ms, power, 1 as reading from stretch
  union all
  select circuit, own + 1, ends - turn, power, 0 from stretch where ends > turn)
select {{tenant:String}}, circuit, number, sum(toInt64(power) * ms), sum(ms), sum(reading),
  sum(toInt64(power) * reading), max(power), {{version:UInt64}}
from piece where (circuit, number) in touched
group by circuit, number"""  # noqa: S608
