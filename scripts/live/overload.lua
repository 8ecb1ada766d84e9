-- For wrk: posts the lines of the file $BODIES in turn (with the token $TOKEN) and counts the answers by status. Used by load.sh.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local headers = { ["Content-Type"] = "application/json" }
  local token = os.getenv("TOKEN")
  if token and token ~= "" then
    headers["Authorization"] = "Bearer " .. token
  end
  requests, sent, counts, hasty = {}, 0, {}, 0
  for body in io.lines(os.getenv("BODIES")) do
    table.insert(requests, wrk.format("POST", nil, headers, body))
  end
end

function request()
  sent = sent + 1
  return requests[sent % #requests + 1]
end

function response(status, headers, body)
  counts[status] = (counts[status] or 0) + 1
  if status == 503 then
    local told = false
    for name in pairs(headers) do
      told = told or name:lower() == "retry-after"
    end
    if not told then
      hasty = hasty + 1
    end
  end
end

function done(summary, latency, requests)
  local all, hasty = {}, 0
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("counts")) do
      all[status] = (all[status] or 0) + count
    end
    hasty = hasty + thread:get("hasty")
  end
  for status, count in pairs(all) do
    io.write(string.format("answers %d %d\n", status, count))
  end
  local errors = summary.errors
  io.write(string.format("hasty %d\nlost %d\nslow %d\n", hasty, errors.connect + errors.read + errors.write, errors.timeout))
end
