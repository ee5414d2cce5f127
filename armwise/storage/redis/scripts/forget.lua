-- Drops shards of a slice of dedupe records that no report can need any more.
--
-- KEYS: 1 meta, 2 slices, then the shards. ARGV: 1 slice, 2 now in ms ("" for the server's own),
-- 3 how long records are kept in ms, 4 length of a slice in ms, 5 "1" if these are its last shards.
-- Returns how many shards were dropped, -1 if the slice is still needed.
--
-- The same clock accepts reports and forgets records: no accepted report misses its record.

local generation, number = string.match(ARGV[1], '^(%d+):(.+)$')
local clock = redis.call('HGET', KEYS[1], 'clock')
if not clock then return -1 end
if string.match(clock, '%.(%d+)$') == generation then
  local now = tonumber(ARGV[2])
  if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  number = tonumber(number)
  if not number or (number + 1) * ARGV[4] > now - ARGV[3] then return -1 end
end
local dropped = 0
for place = 3, #KEYS do
  dropped = dropped + redis.call('UNLINK', KEYS[place])
end
if ARGV[5] == '1' then redis.call('HDEL', KEYS[2], ARGV[1]) end
return dropped
