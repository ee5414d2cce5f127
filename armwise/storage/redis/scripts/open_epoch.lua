-- Begins an arm anew, unless it is in that epoch or beyond already.
--
-- KEYS: 1 meta, 2 evidence. ARGV: 1 clock, 2 step of the version, 3 field, 4 epoch.
-- Returns {clock} if another clock is in force, else whether the epoch was opened.

local clock = redis.call('HGET', KEYS[1], 'clock')
if clock and clock ~= ARGV[1] then return {clock} end
local held = redis.call('HMGET', KEYS[2], ARGV[3], 'v')
if tonumber(ARGV[4]) <= tonumber(held[1] or '0') then return 0 end
local version = held[2] or redis.call('TIME')[1] * 1000000
redis.call(
  'HSET', KEYS[2], ARGV[3], ARGV[4], 'v', string.format('%.0f', version + ARGV[2]))
if not clock then redis.call('HSET', KEYS[1], 'clock', ARGV[1]) end
return 1
