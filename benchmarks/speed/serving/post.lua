-- Posts the bodies that lie in a file, one a line and one after another; prints what came of it as JSON.
local bodies, at = {}, 0

function init(args)
   wrk.headers["Content-Type"] = "application/json"
   for body in io.lines(args[1]) do
      bodies[#bodies + 1] = wrk.format("POST", nil, nil, body)
   end
end

function request()
   at = at % #bodies + 1
   return bodies[at]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '\nFIGURES {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "refused": %d, "broken": %d}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
      errors.connect + errors.read + errors.write + errors.timeout))
end
