-- Adds the sums of another store, once.
--
-- KEYS: 1 meta, 2 evidence.
-- ARGV: 1 clock, 2 step of the version, 3 name of the addition, 4 number of sums, 5 number of
--       buckets, 6 number of epochs; then fields and packed values of each.
-- Returns {clock} if another clock is in force, else whether anything was added.

local meta, evidence = KEYS[1], KEYS[2]
local FIRST = 7
local once = 'once:' .. ARGV[3]
local held = redis.call('HMGET', meta, 'clock', once)
if held[1] and held[1] ~= ARGV[1] then return {held[1]} end
if held[2] then return 0 end
local version = redis.call('HGET', evidence, 'v') or redis.call('TIME')[1] * 1000000

local first_bucket = FIRST + 2 * ARGV[4]
local first_epoch = first_bucket + 2 * ARGV[5]
local set = {}
local function set_field(field, value)
  set[#set + 1] = field
  set[#set + 1] = value
end

for place = FIRST, first_bucket - 1, 2 do
  local sums, more = read_sums(redis.call('HGET', evidence, ARGV[place])), read_sums(ARGV[place + 1])
  for number = 1, SUMS do
    add(sums, number, more[number])
    if more.high then add_high(sums, number, more.high[number]) end
  end
  set_field(ARGV[place], write_sums(sums))
end
for place = first_bucket, first_epoch - 1, 2 do
  local before = redis.call('HGET', evidence, ARGV[place])
  local outcomes, count, newest = 0, 0, 0
  if before then outcomes, count, newest = struct.unpack('>ddd', before) end
  local more, other_count, other_newest = struct.unpack('>ddd', ARGV[place + 1])
  outcomes = outcomes + more
  count, newest = math.max(count, outcomes, other_count), math.max(newest, other_newest)
  set_field(ARGV[place], struct.pack('>ddd', outcomes, count, newest))
end
for place = first_epoch, #ARGV, 2 do
  local before = tonumber(redis.call('HGET', evidence, ARGV[place]) or '0')
  if tonumber(ARGV[place + 1]) > before then set_field(ARGV[place], ARGV[place + 1]) end
end

redis.call('HSET', meta, 'clock', ARGV[1], once, '1')
redis.call('HSET', evidence, 'v', string.format('%.0f', version + ARGV[2]))
for place = 1, #set, 2 do
  redis.call('HSET', evidence, set[place], set[place + 1])
end
return 1
