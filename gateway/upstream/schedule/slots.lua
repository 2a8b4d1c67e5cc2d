-- The rules of slots.py on state that processes share. One round trip, four commands.
-- KEYS[1]  the connection; holds "last:before" in microseconds
-- ARGV     interval, idle, longest wait, push (0: take a slot; else: none before so long from now)
-- Returns  1 when taken or pushed, 0 when the slot lies beyond the longest wait; and the wait to it
local interval, idle = tonumber(ARGV[1]), tonumber(ARGV[2])
local longest, push = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local last, before = now - idle, now - idle
local held = redis.call('GET', KEYS[1])
if held then
  local a, b = string.match(held, '^(%d+):(%d+)$')
  last, before = tonumber(a), tonumber(b)
end

local slot
if push > 0 then
  last = math.max(last, now + push - interval)
  before = math.max(before, last - interval)
  slot = math.max(last + interval, before + 2 * interval)
else
  local earliest = last + interval
  if last - before >= idle then earliest = last end
  slot = math.max(now, earliest, before + 2 * interval)
  if slot - now > longest then return {0, slot - now} end
  last, before = slot, last
end

-- After the last slot and a time of idleness the key says no more than its absence.
local keep = math.ceil((last - now + idle) / 1000)
redis.call('SET', KEYS[1], string.format('%.0f:%.0f', last, before), 'PX', keep)
return {1, slot - now}
