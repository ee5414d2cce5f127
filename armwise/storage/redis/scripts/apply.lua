-- Counts records of one goal: all of them, or none. The same arithmetic as armwise.storage.ledger
-- and armwise.bandit.decay; the shipped store contract compares the integers.
--
-- KEYS: 1 meta, 2 evidence, 3 slices, then shards of dedupe records.
-- ARGV: 1 clock, 2 now in ms ("" for the server's own), 3 longest age in ms, 4 fields per shard,
--       5 step of the version, 6 number of arms; bucket and arm of each; then packed records, as
--       armwise.storage.redis.records makes them.
-- Returns one letter per record; or {clock} if another clock is in force, or {'', slices} if these
-- have filled their shards and the next level is to be sent too: then nothing happened.
--
-- Everything is read, and so every type is checked, before anything is written. A server that is
-- full, read-only or short of replicas refuses a script's first write, never a later one.

local meta, evidence, slices = KEYS[1], KEYS[2], KEYS[3]
local FIRST_SHARD, FIRST_ARM = 4, 7
local FULL_SCORE, TICKS, ERA_TICKS = 10000, 64, 1024
local COST, TOKENS, LATENCY, FAULT, ALL_FACTS, SEED = 1, 2, 4, 8, 15, 16
local max_age, shard_fields, step = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local held = redis.call('HMGET', meta, 'clock', 'since')
if held[1] and held[1] ~= ARGV[1] then
  return {held[1]}
end
local since = tonumber(held[2] or '0')

local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Weights of the ticks 0 to 63: 2^(20 + tick/64), rounded (armwise.bandit.decay).
local WEIGHTS = {
  1048576, 1059994, 1071537, 1083205, 1095000, 1106924, 1118978, 1131163,
  1143480, 1155932, 1168519, 1181244, 1194106, 1207109, 1220254, 1233542,
  1246974, 1260553, 1274279, 1288155, 1302182, 1316362, 1330696, 1345187,
  1359835, 1374642, 1389611, 1404743, 1420040, 1435503, 1451135, 1466937,
  1482910, 1499058, 1515382, 1531883, 1548564, 1565427, 1582474, 1599706,
  1617125, 1634735, 1652536, 1670531, 1688722, 1707110, 1725700, 1744491,
  1763488, 1782691, 1802103, 1821727, 1841564, 1861617, 1881889, 1902381,
  1923097, 1944038, 1965207, 1986607, 2008240, 2030108, 2052214, 2074562,
}

local function divided(number, by)
  return (number - math.fmod(number, by)) / by
end

local half_life, unit = string.match(ARGV[1], '^(%d+)(m?[so])%.')
half_life = tonumber(half_life)

local function tick_of(at_ms, count)
  if not half_life then return 0 end
  return divided((unit == 'o' and count or at_ms) * TICKS, half_life)
end

local function weight(tick)
  local inside = math.fmod(tick, ERA_TICKS)
  return WEIGHTS[math.fmod(inside, TICKS) + 1] * 2 ^ divided(inside, TICKS)
end

local function number_text(number)
  return string.format('%.0f', number)
end

-- Dedupe records: facts (4 bits), kind of revision (2), kind of score (2); then revision and score
-- where they are none of the usual ones, and the tick without leading zeros.

local function read_counted(raw)
  local head = string.byte(raw, 1)
  local known = {facts = head % 16}
  local revision, score, at = math.floor(head / 16) % 4, math.floor(head / 64), 2
  if revision == 3 then
    known.revision = string.byte(raw, at) * 256 + string.byte(raw, at + 1)
    at = at + 2
  else
    known.revision = revision - 1
  end
  if score == 3 then
    known.score = string.byte(raw, at) * 256 + string.byte(raw, at + 1)
    at = at + 2
  elseif score > 0 then
    known.score = (score - 1) * FULL_SCORE
  end
  known.tick = 0
  for place = at, #raw do
    known.tick = known.tick * 256 + string.byte(raw, place)
  end
  return known
end

local function two_bytes(number)
  return string.char(math.floor(number / 256), number % 256)
end

local ticks = {}
local function tick_text(tick)
  if not ticks[tick] then
    local text, rest = '', tick
    while rest > 0 do
      local low = math.fmod(rest, 256)
      text, rest = string.char(low) .. text, (rest - low) / 256
    end
    ticks[tick] = text
  end
  return ticks[tick]
end

local function write_counted(known)
  local revision, score, middle = known.revision + 1, 0, ''
  if revision > 2 then
    revision, middle = 3, two_bytes(known.revision)
  end
  if known.score == 0 then
    score = 1
  elseif known.score == FULL_SCORE then
    score = 2
  elseif known.score then
    score, middle = 3, middle .. two_bytes(known.score)
  end
  return string.char(known.facts + revision * 16 + score * 64) .. middle .. tick_text(known.tick)
end

-- Reading: what each record changes, as if the ones before it had been written.

local arms = {}
for number = 0, tonumber(ARGV[6]) - 1 do
  local at = FIRST_ARM + 2 * number
  arms[number] = {bucket = ARGV[at], stem = ARGV[at] .. '|' .. ARGV[at + 1] .. '|', eras = {}}
end

local lengths = {}
local levels, new_levels = {}, {}
local function use_level(slice, level)
  if not levels[slice] then
    levels[slice] = tonumber(redis.call('HGET', slices, slice) or '-1')
  end
  if level > levels[slice] then
    levels[slice], new_levels[slice] = level, level
  end
end

local counted, deeper = {}, {}
local function look_up(slice, field, first, second, third)
  local shards = {KEYS[FIRST_SHARD + first], KEYS[FIRST_SHARD + second], KEYS[FIRST_SHARD + third]}
  for level = 1, 3 do
    local shard = shards[level]
    if not shard then break end
    local raw = redis.call('HGET', shard, field)
    if raw then
      local known = read_counted(raw)
      known.shard, known.field = shard, field
      return known
    end
    local length = lengths[shard] or redis.call('HLEN', shard)
    if length < shard_fields or level == 3 then
      if length == 0 then use_level(slice, level - 1) end
      lengths[shard] = length + 1
      return {revision = -1, facts = 0, shard = shard, field = field}
    end
    lengths[shard] = length
  end
  deeper[slice] = true
end

local seen = {}
local function find(slice, field, first, second, third)
  local of_slice = seen[slice]
  if not of_slice then
    of_slice = {}
    seen[slice] = of_slice
  end
  local known = of_slice[field]
  if not known then
    known = look_up(slice, field, first, second, third)
    of_slice[field] = known
    counted[#counted + 1] = known
  end
  return known
end

local groups, buckets, version = {}, {}, nil
local function group_of(arm, tick)
  local era = divided(tick, ERA_TICKS)
  local group = arm.eras[era]
  if not group then
    local field, bucket_field = arm.stem .. number_text(era), arm.bucket .. '|b'
    local held = redis.call('HMGET', evidence, field, bucket_field, 'v')
    group = {field = field, sums = read_sums(held[1])}
    arm.eras[era] = group
    groups[#groups + 1] = group
    version = held[3]
    local bucket = buckets[bucket_field]
    if not bucket then
      bucket = {outcomes = 0, count = 0, newest = 0}
      if held[2] then
        bucket.outcomes, bucket.count, bucket.newest = struct.unpack('>ddd', held[2])
      end
      buckets[bucket_field] = bucket
    end
    group.bucket = bucket
  end
  return group
end

local function add_facts(sums, news, cost, tokens, latency)
  if bit.band(news, COST) ~= 0 then
    add(sums, 6, cost)
    add(sums, 7, 1)
  end
  if bit.band(news, TOKENS) ~= 0 then
    add(sums, 8, tokens)
    add(sums, 9, 1)
  end
  if bit.band(news, LATENCY) ~= 0 then
    add(sums, 10, latency)
    add(sums, 11, 1)
  end
  if news >= FAULT then
    add(sums, 5, 1)
  end
end

local function add_score(sums, score, w, sign)
  local successes, squares = 0, 0
  if score == FULL_SCORE then
    successes, squares = w, w
  elseif score > 0 then
    local square = divided(score * score + FULL_SCORE / 2, FULL_SCORE)
    successes = divided(w * score + FULL_SCORE / 2, FULL_SCORE)
    squares = divided(w * square + FULL_SCORE / 2, FULL_SCORE)
  end
  add(sums, 1, sign * successes)
  add(sums, 2, sign * (w - successes))
  add(sums, 3, sign * squares)
  add(sums, 12, sign)
end

local function settle(text)
  local number, first, second, third, decided, count, cost, tokens, latency, revision, score, flags,
    field, at = struct.unpack('>HHHHdddddI4HBc11', text)
  if now - decided > max_age or decided < since then return 'e' end
  local known = find(string.sub(text, at), field, first, second, third)
  if not known then return 'e' end -- the whole call is made again with more shards
  local arm, is_seed, status, is_news, first_outcomes = arms[number], flags >= SEED, 'd', false, 0
  local is_new = not known.tick
  if is_new then
    known.tick = tick_of(decided < now and decided or now, count)
    status, is_news = 'a', true
  end
  local group = group_of(arm, known.tick)
  local sums = group.sums
  if is_seed and is_new then
    add(sums, 12, -1) -- its outcome adds one: a seed is in no report rate
  elseif is_new then
    add(sums, 4, 1)
  end
  local news = bit.band(flags, ALL_FACTS - known.facts)
  if news ~= 0 then
    add_facts(sums, news, cost, tokens, latency)
    known.facts, status, is_news = known.facts + news, 'a', true
  end
  known.is_changed = known.is_changed or is_news
  revision = revision - 1
  if score > 0 then score = score - 1 else score = nil end
  if revision > known.revision then
    status = known.revision < 0 and 'a' or 'r'
    if known.revision < 0 and not is_seed then first_outcomes = 1 end
    if score ~= known.score then
      local w = weight(known.tick)
      if known.score then add_score(sums, known.score, w, -1) end
      if score then add_score(sums, score, w, 1) end
      is_news = true
    end
    known.revision, known.score, known.is_changed = revision, score, true
  elseif revision >= 0 then
    if revision < known.revision then
      status = 's'
    else
      status = score == known.score and 'd' or 'c'
    end
  end
  group.is_changed = group.is_changed or is_news
  if is_news or first_outcomes > 0 then
    local bucket = group.bucket
    bucket.outcomes = bucket.outcomes + first_outcomes
    bucket.count = math.max(bucket.count, bucket.outcomes, count)
    bucket.newest = math.max(bucket.newest, known.tick)
    bucket.is_changed = true
  end
  return status
end

local statuses = {}
for place = FIRST_ARM + 2 * tonumber(ARGV[6]), #ARGV do
  statuses[#statuses + 1] = settle(ARGV[place])
end
if next(deeper) then
  local answer = {''}
  for slice in pairs(deeper) do
    answer[#answer + 1] = slice
  end
  return answer
end

-- Writing.

local set = {}
for _, group in ipairs(groups) do
  if group.is_changed then
    set[#set + 1] = group.field
    set[#set + 1] = write_sums(group.sums)
  end
end
for field, bucket in pairs(buckets) do
  if bucket.is_changed then
    set[#set + 1] = field
    set[#set + 1] = struct.pack('>ddd', bucket.outcomes, bucket.count, bucket.newest)
  end
end
if #set > 0 then
  -- Begins with the time, so that a server that has lost everything repeats no version.
  redis.call('HSET', evidence, 'v', number_text((version or now * 1000) + step), unpack(set))
end
if not held[1] then
  redis.call('HSET', meta, 'clock', ARGV[1])
end
for _, known in ipairs(counted) do
  if known.is_changed then
    redis.call('HSET', known.shard, known.field, write_counted(known))
  end
end
for slice, level in pairs(new_levels) do
  redis.call('HSET', slices, slice, level)
end
return table.concat(statuses)
