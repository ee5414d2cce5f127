-- Keys that request ids are signed with: a hash of key and number, the highest signs.
--
-- KEYS: 1 keys. ARGV: 1 a key, 2 "1" to sign with it from now on, "" to use it if there is none.
-- Returns keys and numbers.

local held = redis.call('HGETALL', KEYS[1])
local highest, own = 0, -1
for place = 1, #held, 2 do
  local number = tonumber(held[place + 1])
  highest = math.max(highest, number)
  if held[place] == ARGV[1] then own = number end
end
if highest == 0 or (ARGV[2] == '1' and own < highest) then
  redis.call('HSET', KEYS[1], ARGV[1], highest + 1)
  held = redis.call('HGETALL', KEYS[1])
end
return held
