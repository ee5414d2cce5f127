-- Moves sums of eras that have faded into the archive of their arm; what is read stays the same.
--
-- KEYS: 1 meta, 2 evidence. ARGV: 1 clock, then fields of sums, each with that of its archive.
-- Returns how many fields were dropped: none if another clock is in force.

if redis.call('HGET', KEYS[1], 'clock') ~= ARGV[1] then return 0 end
local WEIGHTED = 3 -- successes, failures and squares: they have faded to nothing
local dropped = 0
for place = 2, #ARGV, 2 do
  local held = redis.call('HGET', KEYS[2], ARGV[place])
  if held then
    local archive, more = read_sums(redis.call('HGET', KEYS[2], ARGV[place + 1])), read_sums(held)
    for number = WEIGHTED + 1, SUMS do
      add(archive, number, more[number])
      if more.high then add_high(archive, number, more.high[number]) end
    end
    redis.call('HSET', KEYS[2], ARGV[place + 1], write_sums(archive))
    dropped = dropped + redis.call('HDEL', KEYS[2], ARGV[place])
  end
end
return dropped
