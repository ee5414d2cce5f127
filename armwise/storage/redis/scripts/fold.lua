-- Moves sums of eras that have faded into the archive of their arm; what is read stays the same.
--
-- KEYS: 1 meta, 2 evidence. ARGV: 1 clock, then per sum: its field, and the field of the archive
-- that it is added to, "" if it is an outcome, which has faded to nothing.
-- Returns how many fields were dropped: none if another clock is in force.

if redis.call('HGET', KEYS[1], 'clock') ~= ARGV[1] then return 0 end
local dropped = 0
for place = 2, #ARGV, 2 do
  -- The sum goes as text, from number to number: no double is involved.
  local sum = redis.call('HGET', KEYS[2], ARGV[place])
  if sum then
    if ARGV[place + 1] ~= '' then redis.call('HINCRBY', KEYS[2], ARGV[place + 1], sum) end
    dropped = dropped + redis.call('HDEL', KEYS[2], ARGV[place])
  end
end
return dropped
