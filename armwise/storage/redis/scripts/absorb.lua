-- Adds the sums of another store, once.
--
-- KEYS: 1 meta, 2 evidence.
-- ARGV: 1 clock, 2 step of the version, 3 name of the addition, 4 and 5 how many values are added
--       and how many become the higher of both; fields and values of these; then buckets.
-- Returns {clock} if another clock is in force, else whether anything was added.

local meta, evidence = KEYS[1], KEYS[2]
local FIRST = 6
local once = 'once:' .. ARGV[3]
local held = redis.call('HMGET', meta, 'clock', once)
if held[1] and held[1] ~= ARGV[1] then return {held[1]} end
if held[2] then return 0 end
local version = redis.call('HGET', evidence, 'v') or redis.call('TIME')[1] * 1000000

local first_higher = FIRST + 2 * ARGV[4]
local first_bucket = first_higher + 2 * ARGV[5]

local higher = {}
for place = first_higher, first_bucket - 1, 2 do
  local before = tonumber(redis.call('HGET', evidence, ARGV[place]) or '-1')
  if tonumber(ARGV[place + 1]) > before then
    higher[#higher + 1] = place
  end
end

-- Sums of any size go as text, from number to number: no double is involved.
local function negated(text)
  return string.sub(text, 1, 1) == '-' and string.sub(text, 2) or '-' .. text
end
for place = FIRST, first_higher - 1, 2 do
  local answer = redis.pcall('HINCRBY', evidence, ARGV[place], ARGV[place + 1])
  if type(answer) == 'table' and answer.err then
    for back = place - 2, FIRST, -2 do
      redis.call('HINCRBY', evidence, ARGV[back], negated(ARGV[back + 1]))
    end
    return answer
  end
end
for _, place in ipairs(higher) do
  redis.call('HSET', evidence, ARGV[place], ARGV[place + 1])
end
for place = first_bucket, #ARGV do
  local outcomes = redis.call('HGET', evidence, ARGV[place] .. '|outcomes') or '0'
  local count = redis.call('HGET', evidence, ARGV[place] .. '|count') or '-1'
  if tonumber(outcomes) > tonumber(count) then
    redis.call('HSET', evidence, ARGV[place] .. '|count', outcomes)
  end
end
redis.call('HSET', meta, 'clock', ARGV[1], once, '1')
redis.call('HSET', evidence, 'v', string.format('%.0f', version + ARGV[2]))
return 1
