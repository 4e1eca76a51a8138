-- For wrk: counts answers by status, and refusals that do not say when to come again.
-- The first argument is the pause of a connection between an answer and its next request [ms].
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  seen = {}
  silent = 0
  local pause = tonumber(args[1]) or 0
  if pause > 0 then
    delay = function() return pause end
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
