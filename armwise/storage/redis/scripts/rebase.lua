-- Lets a goal fade by another clock: its evidence is replaced by what it weighs now.
--
-- KEYS: 1 meta, 2 evidence of the present clock, 3 evidence of the new one.
-- ARGV: 1 present clock, 2 version that the new evidence was computed from, 3 new clock,
--       4 now in ms ("" for the server's own), 5 step of the version; then fields and values.
-- Returns {clock} if another clock is in force, else whether nothing had changed meanwhile.

local meta = KEYS[1]
local FIRST = 6
local clock = redis.call('HGET', meta, 'clock')
if clock and clock ~= ARGV[1] then return {clock} end
local version = redis.call('HGET', KEYS[2], 'v')
if (version or '0') ~= ARGV[2] then return 0 end

local time = redis.call('TIME')
local now = tonumber(ARGV[4]) or time[1] * 1000 + math.floor(time[2] / 1000)
version = (version or time[1] * 1000000) + ARGV[5]

redis.call('HSET', meta, 'clock', ARGV[3], 'since', string.format('%.0f', now))
redis.call('UNLINK', KEYS[2], KEYS[3])
redis.call('HSET', KEYS[3], 'v', string.format('%.0f', version))
for place = FIRST, #ARGV, 2 do
  redis.call('HSET', KEYS[3], ARGV[place], ARGV[place + 1])
end
return 1
