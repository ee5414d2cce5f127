-- Reads all evidence of a goal.
--
-- KEYS: 1 meta, 2 evidence. ARGV: 1 clock, 2 version that the caller holds ("" for none).
-- Returns nothing if the goal is not known; {clock} if another clock is in force; the version if
-- the caller holds it; else {version, fields and values}.

local clock = redis.call('HGET', KEYS[1], 'clock')
if not clock then return false end
if clock ~= ARGV[1] then return {clock} end
local version = redis.call('HGET', KEYS[2], 'v') or '0'
if version == ARGV[2] then return version end
return {version, redis.call('HGETALL', KEYS[2])}
