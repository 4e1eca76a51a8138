-- For wrk: asks on schedule, counts answers by status, and refusals that do not say when to
-- come again. The first argument is how many requests a thread makes a second; without it a
-- connection asks again as soon as it has its answer.
local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds, microseconds; } sightline_time;
  int gettimeofday(sightline_time *, void *);
]]
local clock = ffi.new("sightline_time")
local threads = {}

local function now()
  ffi.C.gettimeofday(clock, nil)
  return tonumber(clock.seconds) * 1000 + tonumber(clock.microseconds) / 1000
end

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  seen = {}
  silent = 0
  local rate = tonumber(args[1]) or 0
  if rate > 0 then
    local due
    -- Of all connections of the thread, each takes the next moment of one schedule: whatever
    -- becomes of earlier requests, so many are made while any connection is free.
    delay = function()
      due = (due or now()) + 1000 / rate
      return math.max(0, math.floor(due - now() + 0.5))
    end
  end
end

function response(status, headers)
  local name = tostring(status)
  seen[name] = (seen[name] or 0) + 1
  if status ~= 200 and not headers["retry-after"] then
    silent = silent + 1
  end
end

function done(summary, latency)
  local statuses, silent_all = {}, 0
  for _, thread in ipairs(threads) do
    silent_all = silent_all + thread:get("silent")
    for name, count in pairs(thread:get("seen")) do
      statuses[name] = (statuses[name] or 0) + count
    end
  end
  local parts = {}
  for name, count in pairs(statuses) do
    table.insert(parts, string.format('"%s": %d', name, count))
  end
  local errors = summary.errors
  io.write(string.format(
    '\nFOUND {"seconds": %f, "connect": %d, "read": %d, "write": %d, "timeout": %d, ' ..
    '"p99_ms": %f, "silent": %d, "statuses": {%s}}\n',
    summary.duration / 1e6, errors.connect, errors.read, errors.write, errors.timeout,
    latency:percentile(99) / 1000, silent_all, table.concat(parts, ", ")))
end
