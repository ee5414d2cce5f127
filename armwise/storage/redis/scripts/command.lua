-- One command on one key. A cluster finds the server of a script by the key it declares; for a bare
-- command the client library would first have to ask the server which words are keys.
--
-- KEYS: 1 key. ARGV: 1 command, then what follows the key.

return redis.call(ARGV[1], KEYS[1], unpack(ARGV, 2))
