-- The rules of timeline.py and slots.py on state that processes share, in one round trip.
-- KEYS[1]  the budget's line, as timeline.py writes it
-- KEYS[2]  since when this Redis remembers: a line it does not know may have been lost before
-- KEYS[3]  the line of the second budget; only with ARGV[9]
-- ARGV     1 interval, 2 owner, 3 lanes, 4 lanes with more than one, 5 hold (0: ask), 6 no slot before so long
--          from now, 7 fair, 8 "lead,late,tenths,grace", 9 interval and 10 owner in the second line
-- Returns  lane (-1: none), wait until the call leaves, wait until asking again (-1: never), heads in line, slot
local fair = tonumber(ARGV[7])
local lead, late, tenths, grace = string.match(ARGV[8], '^(%d+),(%d+),(%d+),(%d+)$')
lead, late, tenths, grace = tonumber(lead), tonumber(late), tonumber(tenths), tonumber(grace)
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local not_before = tonumber(ARGV[6])
if not_before > 0 then not_before = now + not_before end -- else a slot may be one that is a little past

local function idle_of(interval) return math.max(1500000, math.floor(interval * 5 / 2)) end

local function load(key, interval)
  local text = redis.call('GET', key)
  if not text then
    local since = redis.call('GET', KEYS[2])
    if not since then
      since = string.format('%.0f', now)
      redis.call('SET', KEYS[2], since)
    end
    -- Two may have left together just before it began to remember: then none do so soon after.
    local long_ago = math.max(now - idle_of(interval), tonumber(since))
    return {last = long_ago, before = long_ago, streak = 0, heads = {}, interval = interval}
  end
  local line = {heads = {}, interval = interval}
  local last, before, streak = string.match(text, '^(%d+):(%d+):(%d+)')
  line.last, line.before, line.streak = tonumber(last), tonumber(before), tonumber(streak)
  for owner, by, a, b, c, d in string.gmatch(text, ';([^,;]+),(%d+),(%d+),(%d+),(%d+),(%d+)') do
    local since = {tonumber(a), tonumber(b), tonumber(c), tonumber(d)}
    table.insert(line.heads, {owner = owner, by = tonumber(by), since = since})
  end
  return line
end

local function save(key, line)
  local parts = {string.format('%.0f:%.0f:%d', line.last, line.before, line.streak)}
  local latest = line.last + idle_of(line.interval)
  for _, head in ipairs(line.heads) do
    local s = head.since
    table.insert(parts, string.format('%s,%.0f,%.0f,%.0f,%.0f,%.0f', head.owner, head.by, s[1], s[2], s[3], s[4]))
    latest = math.max(latest, head.by + grace)
  end
  redis.call('SET', key, table.concat(parts, ';'), 'PX', math.max(1, math.ceil((latest - now) / 1000)))
end

local function next_slot(line, at)
  local earliest = line.last + line.interval
  if line.last - line.before >= idle_of(line.interval) then earliest = line.last end
  return math.max(at, earliest, line.before + 2 * line.interval)
end

local function has(lanes, lane) return math.floor(lanes / 2 ^ lane) % 2 == 1 end

local function enter(line, owner, lanes)
  local heads, mine = {}, nil
  for _, head in ipairs(line.heads) do
    if head.owner == owner then mine = head
    elseif head.by + grace >= now then table.insert(heads, head) end
  end
  if lanes > 0 then
    local since = mine and mine.since or {0, 0, 0, 0}
    for lane = 0, 3 do
      if not has(lanes, lane) then since[lane + 1] = 0
      elseif since[lane + 1] == 0 then since[lane + 1] = now end
    end
    table.insert(heads, {owner = owner, by = now, since = since})
  end
  line.heads = heads
end

local function before(a, b)
  if a.lane ~= b.lane then return a.lane < b.lane end
  if a.since ~= b.since then return a.since < b.since end
  return a.owner < b.owner
end

local function longer(a, b)
  if a.since ~= b.since then return a.since < b.since end
  if a.lane ~= b.lane then return a.lane < b.lane end
  return a.owner < b.owner
end

local function place(line, owner)
  local waiting, present = {}, false
  for _, head in ipairs(line.heads) do
    for lane = 0, 3 do
      if head.since[lane + 1] > 0 then
        table.insert(waiting, {lane = lane, since = head.since[lane + 1], owner = head.owner})
        present = present or head.owner == owner
      end
    end
  end
  if not present then return nil end
  local slots = {last = line.last, before = line.before, interval = line.interval}
  local streak = line.streak
  local too_late = now - math.min(late, math.floor(line.interval * tenths / 10))
  while true do
    local first, lower = 1, nil
    for i, one in ipairs(waiting) do
      if before(one, waiting[first]) then first = i end
    end
    for i, one in ipairs(waiting) do
      if one.lane > waiting[first].lane and (not lower or longer(one, waiting[lower])) then lower = i end
    end
    local turn = first
    if lower and streak >= fair - 1 then turn, streak = lower, 0
    elseif lower then streak = streak + 1
    else streak = 0 end
    local chosen = table.remove(waiting, turn)
    local slot = next_slot(slots, math.max(chosen.since, not_before))
    if slot < too_late then slot = next_slot(slots, math.max(now, not_before)) end
    if chosen.owner == owner then return {lane = chosen.lane, slot = slot, streak = streak} end
    slots.last, slots.before = slot, slots.last
  end
end

local function expect(line, owner, by)
  for _, head in ipairs(line.heads) do
    if head.owner == owner then head.by = by end
  end
end

local function serve(line, owner, more, mine)
  local heads = {}
  for _, head in ipairs(line.heads) do
    if head.owner == owner then head.since[mine.lane + 1] = has(more, mine.lane) and now or 0 end
    local s = head.since
    if s[1] + s[2] + s[3] + s[4] > 0 then table.insert(heads, head) end
  end
  line.heads = heads
  line.last, line.before, line.streak = mine.slot, line.last, mine.streak
end

-- Grants when the turn is due. Returns lane or -1, waits as above, the slot.
local function ask(line, owner, lanes, more)
  enter(line, owner, lanes)
  local lane, leave, slot = -1, 0, 0
  local mine = place(line, owner)
  if mine and mine.slot <= now + lead then
    lane, leave, slot = mine.lane, math.max(0, mine.slot - now), mine.slot
    serve(line, owner, more, mine)
    mine = place(line, owner)
  end
  if not mine then return lane, leave, -1, slot end
  local back = math.max(0, mine.slot - now)
  expect(line, owner, now + back)
  return lane, leave, back, slot
end

local line = load(KEYS[1], tonumber(ARGV[1]))
local owner, lanes, more, hold = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if hold > 0 then
  line.last = math.max(line.last, now + hold - line.interval)
  line.before = math.max(line.before, line.last - line.interval)
  save(KEYS[1], line)
  return {-1, 0, -1, #line.heads, 0}
end

local allowed_in = 0
if ARGV[9] then
  enter(line, owner, lanes)
  local mine = place(line, owner)
  if mine and mine.slot <= now + lead then
    local second = load(KEYS[3], tonumber(ARGV[9]))
    local lane, leave, back = ask(second, ARGV[10], 2 ^ mine.lane, 0)
    save(KEYS[3], second)
    if lane < 0 then
      expect(line, owner, now + back)
      save(KEYS[1], line)
      return {-1, 0, back, #line.heads, 0}
    end
    allowed_in = leave
  end
end
local lane, leave, back, slot = ask(line, owner, lanes, more)
save(KEYS[1], line)
return {lane, math.max(leave, allowed_in), back, #line.heads, slot}
