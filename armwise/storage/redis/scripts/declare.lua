-- Says by which clock a goal is to fade; returns the one in force: the first that was declared.
--
-- KEYS: 1 meta. ARGV: 1 clock.

local held = redis.call('HGET', KEYS[1], 'clock')
if held then return held end
redis.call('HSET', KEYS[1], 'clock', ARGV[1])
return ARGV[1]
