-- The sums of an arm in one era, as one value: twelve doubles in the order of
-- armwise.storage.codec.SUMS, and twelve more where one of them has outgrown 2^52, in units of which
-- these are. So sums of any size stay exact, and an outcome changes one field instead of nine.
--
-- Stands at the head of the scripts that use it.

local SUMS, SUM_BYTES, WIDE = 12, 96, 4503599627370496
local TWELVE = '>dddddddddddd'

local function read_sums(text)
  if not text then return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} end
  local sums = {struct.unpack(TWELVE, text)}
  sums[SUMS + 1] = nil -- where the next value would begin
  if #text > SUM_BYTES then
    sums.high = {struct.unpack(TWELVE, text, SUM_BYTES + 1)}
  end
  return sums
end

local function add_high(sums, place, amount)
  if not sums.high then
    sums.high = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
  end
  sums.high[place] = sums.high[place] + amount
end

local function add(sums, place, amount)
  local sum = sums[place] + amount
  if sum >= WIDE then
    add_high(sums, place, 1)
    sum = sum - WIDE
  elseif sum <= -WIDE then
    add_high(sums, place, -1)
    sum = sum + WIDE
  end
  sums[place] = sum
end

local function write_sums(sums)
  local text = struct.pack(TWELVE, unpack(sums, 1, SUMS))
  if sums.high then
    text = text .. struct.pack(TWELVE, unpack(sums.high, 1, SUMS))
  end
  return text
end

