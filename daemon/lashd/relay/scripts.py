"""What the engine does in one step. Lua for Redis 5 and later, and Valkey: no function library, no
command younger than `XADD ... MINID` (Redis 6.2).

All of them say what an engine has in place of what was expected, never an error: an engine that
failed over, was wiped, or is written to by others too, is no exception but a state. Where somebody
has put another type at a key of ours, that counts as nothing, and what is to be written takes its
place.
"""

from __future__ import annotations

_KEPT = """
local function is_a(kind, key) return redis.call('TYPE', key).ok == kind end
local function clear_for(kind, key)
  if not is_a(kind, key) then redis.call('DEL', key) end
end
"""

_LAST = (
    _KEPT
    + """
local function last(key)
  local kind = redis.call('TYPE', key).ok
  if kind == 'none' then return '' end
  if kind ~= 'stream' then return 'that of a ' .. kind end
  local info = redis.call('XINFO', 'STREAM', key)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] end
  end
end
local function id(n) return string.format('%.0f-0', n) end
"""
)
"""The last id of a stream; '' for no stream, and no id for something else."""

PUSH = (
    _LAST
    + """
-- KEYS stream; ARGV expected last id ('' for no stream), first id to keep, lifetime in ms, n of the
-- first, then each event and its seal. Replies whether it was as expected, and the last id.
local have = last(KEYS[1])
if have ~= ARGV[1] then return {0, have} end
local n = tonumber(ARGV[4])
for i = 5, #ARGV, 2 do
  have = redis.call('XADD', KEYS[1], id(n), 'f', ARGV[i], 's', ARGV[i + 1])
  n = n + 1
end
if have ~= '' then
  redis.call('XTRIM', KEYS[1], 'MINID', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return {1, have}
"""
)
"""Compare and append: a connection that was moved to a replica without the last events would else
make a hole for good."""

JUMP = (
    _LAST
    + """
-- KEYS stream, view; ARGV expected last id, where the view stands, begins, view, its seal,
-- lifetime, n, its seal. The stream goes on after n; what is before that is only in the view.
local have = last(KEYS[1])
if have ~= ARGV[1] then return {0, have} end
clear_for('hash', KEYS[2])
redis.call('HSET', KEYS[2], 'at', ARGV[2], 'begins', ARGV[3], 'view', ARGV[4], 's', ARGV[5])
have = redis.call('XADD', KEYS[1], ARGV[7] .. '-0', 's', ARGV[8])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
return {1, have}
"""
)

MAX_DIGITS = 15
"""Of a number that Lua holds exactly."""

VIEW = (
    _KEPT
    + f"""
-- KEYS view; ARGV at, begins, view, seal, lifetime. An older one never replaces a newer one.
clear_for('hash', KEYS[1])
local at = redis.call('HGET', KEYS[1], 'at') or ''
local is_ours = #at <= {MAX_DIGITS} and string.match(at, '^%d+$')
if is_ours and tonumber(at) > tonumber(ARGV[1]) then return at end
redis.call('HSET', KEYS[1], 'at', ARGV[1], 'begins', ARGV[2], 'view', ARGV[3], 's', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return ARGV[1]
"""
)

LASTS = (
    _LAST
    + """
-- KEYS streams and their views, in turns; ARGV lifetime in ms, or 0 to leave it. The last id of
-- each stream and where its view stands; '' for what isn't there.
local found = {}
for i = 1, #KEYS, 2 do
  found[i] = last(KEYS[i])
  found[i + 1] = is_a('hash', KEYS[i + 1]) and redis.call('HGET', KEYS[i + 1], 'at') or ''
  if ARGV[1] ~= '0' then
    redis.call('PEXPIRE', KEYS[i], ARGV[1])
    redis.call('PEXPIRE', KEYS[i + 1], ARGV[1])
  end
end
return found
"""
)

CLAIM = (
    _KEPT
    + """
-- KEYS meta; ARGV token, incarnation, version, limits, how long a beat counts, lifetime.
-- Says that the home is there. Refused (0) while another relay does so for another daemon. Replies
-- 1 or 0, and the token and incarnation that were there. The clock may have been set back since the
-- beat: then it counts as of now, and no longer than any other.
clear_for('hash', KEYS[1])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local had = redis.call('HMGET', KEYS[1], 'token', 'inc', 'beat')
local token, inc, beat = had[1] or '', had[2] or '', tonumber(had[3] or '') or 0
if beat > now then
  beat = now
  redis.call('HSET', KEYS[1], 'beat', string.format('%.0f', beat))
end
if token ~= ARGV[1] and inc ~= ARGV[2] and now - beat < tonumber(ARGV[5]) then
  return {0, token, inc}
end
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'inc', ARGV[2], 'version', ARGV[3],
  'limits', ARGV[4], 'beat', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return {1, token, inc}
"""
)

ROWS = (
    _LAST
    + """
-- KEYS list, rows; ARGV how many changes are kept, lifetime, how many rows the home has (-1
-- where that is not known yet), then session id and row, '' where it was removed. Replies whether
-- there are as many here, and marks rows with it: an engine that evicts takes a whole hash.
clear_for('stream', KEYS[1])
clear_for('hash', KEYS[2])
local n = tonumber(string.match(last(KEYS[1]), '^%d+'))
if not n or n > 9e15 then
  -- No list yet, or somebody else's: beyond 2^53 Lua can't count. One that begins counts from the
  -- clock in microseconds, where none before it has been: a mirror of one that was lost finds
  -- that this is another.
  redis.call('DEL', KEYS[1])
  local t = redis.call('TIME')
  n = t[1] * 1000000 + t[2]
end
for i = 4, #ARGV, 2 do
  n = n + 1
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], id(n), 'i', ARGV[i], 'r', ARGV[i + 1])
  if ARGV[i + 1] == '' then
    redis.call('HDEL', KEYS[2], ARGV[i])
  else
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
  end
end
local is_whole = 1
if ARGV[3] ~= '-1' then
  redis.call('HDEL', KEYS[2], '')
  if redis.call('HLEN', KEYS[2]) ~= tonumber(ARGV[3]) then
    is_whole = 0
  else
    redis.call('HSET', KEYS[2], '', '')
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return is_whole
"""
)

TABLE = (
    _LAST
    + """
-- KEYS list, rows: the last id of the list, and all rows.
return {is_a('stream', KEYS[1]) and last(KEYS[1]) or '',
  is_a('hash', KEYS[2]) and redis.call('HGETALL', KEYS[2]) or {}}
"""
)

HOME = (
    _LAST
    + """
-- KEYS meta, list: the time, the last id of the list, and what meta says.
local t = redis.call('TIME')
local said = {false, false, false, false}
if is_a('hash', KEYS[1]) then
  said = redis.call('HMGET', KEYS[1], 'inc', 'version', 'limits', 'beat')
end
return {string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000)),
  is_a('stream', KEYS[2]) and last(KEYS[2]) or '', said}
"""
)

AFTER = """
-- KEYS streams; ARGV entries of each at most, bytes after which no further stream is begun, then
-- the id after which each is read. What they have, by the stream's place in KEYS.
local found, left = {}, tonumber(ARGV[2])
for i = 1, #KEYS do
  local read = redis.call('XREAD', 'COUNT', ARGV[1], 'STREAMS', KEYS[i], ARGV[i + 2])
  if read then
    found[#found + 1] = {i, read[1][2]}
    for _, entry in ipairs(read[1][2]) do
      for _, field in ipairs(entry[2]) do left = left - #field end
    end
    if left <= 0 then break end
  end
end
return found
"""

WHOLE = (
    _KEPT
    + """
-- KEYS stream, view: the session as a whole, at one moment.
local view = {false, false, false, false}
if is_a('hash', KEYS[2]) then view = redis.call('HMGET', KEYS[2], 'at', 'begins', 'view', 's') end
return {view, is_a('stream', KEYS[1]) and redis.call('XRANGE', KEYS[1], '-', '+') or {}}
"""
)
